"""Citations: `[@key, locator]` from `references.bib`, printed author and year."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from pybtex.database import BibliographyData, Entry, Person, parse_string
from pybtex.exceptions import PybtexError
from pybtex.richtext import Text

from press.data import read_text
from press.findings import Finding, PressError, refuse

ENTRY = re.compile(r"^@(?P<type>\w+)\s*\{\s*(?P<key>[^,\s]+)\s*,", re.M)
NO_DATE = "n.d."
OTHERS = "others"  # BibTeX's last author for "and so on"
TEX = re.compile(r"\\[A-Za-z]+|\$")
PLAIN = re.compile(r"(?:[A-Za-z0-9 .,:;()/]|-(?!-))*")  # means itself in LaTeX
ADDRESSES = ("url", "doi", "abstract", "file", "keywords")
CONTAINERS = ("journal", "booktitle", "howpublished", "institution", "publisher")


@dataclass(frozen=True)
class Reference:
    """An entry of the bibliography, ready to print."""

    key: str
    authors: str
    short: str
    year: str
    title: str
    container: str
    details: str
    url: str
    accessed: str
    line: int

    @property
    def label(self) -> str:
        """What a citation prints: "Kwon et al., 2023"."""
        return f"{self.short}, {self.year}"


def load(path: Path) -> dict[str, Reference]:
    """Read a BibTeX file; raises `PressError` with the line of what is malformed."""
    return _parse(path, read_text(path)) if path.exists() else {}


@lru_cache(maxsize=8)
def _parse(path: Path, text: str) -> dict[str, Reference]:
    lines: dict[str, int] = {}
    for match in ENTRY.finditer(text):
        line = text[: match.start()].count("\n") + 1
        if match["key"].lower() in map(str.lower, lines):
            raise PressError(
                Finding(
                    path,
                    line,
                    "bib-twice",
                    f"“{match['key']}” is defined again",
                    "rename or merge the entries",
                )
            )
        lines[match["key"]] = line
    try:
        database: BibliographyData = parse_string(text, "bibtex")
    except PybtexError as error:
        raise PressError(
            Finding(
                path,
                _unbalanced(text) or _error_line(error),
                "bibtex",
                f"malformed BibTeX: {str(error).splitlines()[0]}",
                "mend the entry",
            )
        ) from None
    refuse(
        Finding(path, lines.get(key, 1), "bib-incomplete", f"“{key}” {what}", "mend it")
        for key, entry in database.entries.items()
        for what in _lacking(entry)
    )
    references = [
        _reference(key, entry, lines.get(key, 1))
        for key, entry in database.entries.items()
    ]
    return {ref.key: ref for ref in _told_apart(references)}


def _error_line(error: PybtexError) -> int:
    number = getattr(error, "lineno", None)
    if number is None and hasattr(error, "error_context_info"):
        number = (error.error_context_info or (0, 0))[0]
    return int(number or 1)


def _unbalanced(text: str) -> int:
    """The line of the first entry whose braces don't match, or 0."""
    starts = [match.start() for match in ENTRY.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        entry = text[start:end]
        if len(re.findall(r"(?<!\\)\{", entry)) != len(re.findall(r"(?<!\\)\}", entry)):
            return text.count("\n", 0, start) + 1
    return 0


def _people(entry: Entry) -> list[Person]:
    return entry.persons.get("author") or entry.persons.get("editor") or []


def _lacking(entry: Entry) -> list[str]:
    """What an entry can't be printed without or as, in the words of a finding."""
    lacking = [] if _people(entry) else ["has no author"]
    lacking += [] if "title" in entry.fields else ["has no title"]
    for name, value in entry.fields.items():
        tex = TEX.search("" if name.lower() in ADDRESSES else _text(value))
        lacking += [f"has “{tex[0]}” in its {name}, which isn't set"] if tex else []
    return lacking


def _reference(key: str, entry: Entry, line: int) -> Reference:
    fields = {name.lower(): _text(value) for name, value in entry.fields.items()}
    people = _people(entry)
    names = [_name(person) for person in people]
    return Reference(
        key=key,
        authors=_joined(names),
        short=_short([_family(person) for person in people]),
        year=fields.get("year", NO_DATE),
        title=fields["title"],
        container=next((fields[c] for c in CONTAINERS if fields.get(c)), ""),
        details=_details(fields),
        url=fields.get("url") or _doi(fields),
        accessed=fields.get("urldate", ""),
        line=line,
    )


def _doi(fields: dict[str, str]) -> str:
    return f"https://doi.org/{fields['doi']}" if fields.get("doi") else ""


def _details(fields: dict[str, str]) -> str:
    parts = []
    if fields.get("volume"):
        issue = f"({fields['number']})" if fields.get("number") else ""
        parts.append(f"{fields['volume']}{issue}")
    elif fields.get("number"):
        parts.append(fields["number"])
    if fields.get("edition"):
        parts.append(f"{fields['edition']} edition")
    if fields.get("pages"):
        parts.append(f"pp. {fields['pages'].replace('--', '–')}")
    if fields.get("note"):
        parts.append(fields["note"])
    return ", ".join(parts)


@lru_cache(maxsize=4096)
def _text(value: str) -> str:
    """A BibTeX field as plain Unicode text on one line."""
    text = value if PLAIN.fullmatch(value) else str(Text.from_latex(value))
    return " ".join(text.replace("~", " ").split())


def _family(person: Person) -> str:
    return _text(" ".join([*person.prelast_names, *person.last_names]))


def _name(person: Person) -> str:
    given = " ".join([*person.first_names, *person.middle_names])
    return _text(f"{given} {_family(person)}".strip())


def _joined(names: list[str]) -> str:
    if len(names) > 6 or names[-1] == OTHERS:
        return f"{names[0]} et al."
    if len(names) > 1:
        return ", ".join(names[:-1]) + " and " + names[-1]
    return names[0]


def _short(families: list[str]) -> str:
    if len(families) > 2 or families[-1] == OTHERS:
        return f"{families[0]} et al."
    return " and ".join(families)


def _told_apart(references: list[Reference]) -> list[Reference]:
    """Give entries of the same authors and year the letters a, b, …"""
    groups: dict[str, list[Reference]] = defaultdict(list)
    for ref in references:
        groups[ref.label].append(ref)
    out = []
    for group in groups.values():
        group.sort(key=lambda ref: (ref.title, ref.key))
        for index, ref in enumerate(group):
            letter = chr(ord("a") + index) if len(group) > 1 else ""
            out.append(replace(ref, year=ref.year + letter))
    return sorted(out, key=lambda ref: (ref.authors.casefold(), ref.year, ref.title))
