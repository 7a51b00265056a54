"""The index: what terms, marks and short headings give, sorted and nested."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from press.book import Book, Page
from press.data import load_mapping
from press.findings import Finding, PressError
from press.glossary import Term

LONGEST_HEADING = 48
POINTERS = ("see", "see_also")
SHAPE = "write `see: {name: entry}` or `see_also: {name: [entry, …]}`"
SENTENCE = re.compile(r"^(What|How|Why|When|Where|Who|Which|Is|Are|Do|Does)\b|[?!:]")
APOSTROPHES = dict.fromkeys(map(ord, "'’"))
ARTICLE = re.compile(r"^(?:The|An?)\s+")
SINGLE_HYPHEN = re.compile(r"(?<!-)-(?!-)")
NOT_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass
class Entry:
    """An index entry: its places (page, anchor), sub-entries and pointers."""

    name: str
    places: list[tuple[Page, str]] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    see: str = ""
    see_also: tuple[str, ...] = ()

    def sub(self, name: str) -> Entry:
        """The sub-entry of this name, made when it isn't there."""
        return self.entries.setdefault(name.casefold(), Entry(name))

    def sorted(self) -> list[Entry]:
        """The sub-entries in the order of the alphabet."""
        return sorted(self.entries.values(), key=lambda entry: sort_key(entry.name))


def slug(text: str) -> str:
    """A text as part of an id: lower case, digits and hyphens."""
    return NOT_SLUG.sub("-", _bare(text)).strip("-")


def sort_key(name: str) -> tuple[str, str]:
    """Letters and digits first; punctuation and accents do not count."""
    return (NOT_SLUG.sub(" ", _bare(name)).strip(), name)


def _bare(text: str) -> str:
    """Lower case without accents and apostrophes: "Ångström's" is "angstroms"."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    kept = (sign for sign in apart if not unicodedata.combining(sign))
    return "".join(kept).translate(APOSTROPHES)


def split(target: str) -> list[str]:
    """The levels of a target: "batching/real--time" is "batching", "real-time".

    A link's target holds no spaces, so a hyphen stands for one and two for a
    hyphen.
    """
    return [
        SINGLE_HYPHEN.sub(" ", level).replace("--", "-").strip()
        for level in target.split("/")
    ]


def build(
    book: Book, terms: dict[str, Term], pointers: Iterable[Pointer] = ()
) -> Entry:
    """The whole index as a nameless entry that holds all others."""
    top = Entry("")
    for page in book.pages:
        counts: dict[str, int] = {}
        for mark in page.scan.marks:
            if mark.kind == "index":
                levels, anchor = split(mark.target), f"ix-{slug(mark.target)}"
            elif mark.kind == "term" and mark.target in terms:
                levels, anchor = [terms[mark.target].name], f"term-{mark.target}"
            else:
                continue
            counts[anchor] = counts.get(anchor, 0) + 1
            entry = top
            for level in levels:
                entry = entry.sub(level)
            entry.places.append((page, f"{anchor}-{counts[anchor]}"))
        for name, anchor in _headings(page):
            top.sub(name).places.append((page, anchor))
    for pointer in pointers:
        entry = top.sub(pointer.name)
        if pointer.also:
            entry.see_also = pointer.targets
        else:
            entry.see = pointer.targets[0]
    return top


def _headings(page: Page) -> Iterator[tuple[str, str]]:
    """Headings short enough to be entries, without their article, and anchors."""
    if page.kind != "section":
        return
    for heading in page.scan.headings:
        short = len(heading.text) <= LONGEST_HEADING and heading.level <= 2
        if short and heading.label and not SENTENCE.search(heading.text):
            yield ARTICLE.sub("", heading.text), heading.label


@dataclass(frozen=True)
class Pointer:
    """What `index.yml` says of an entry: where else to look."""

    name: str
    targets: tuple[str, ...]
    also: bool
    line: int


def load(path: Path) -> tuple[Pointer, ...]:
    """Read `index.yml`; raises `PressError` for keys and shapes it doesn't know."""
    pointers: list[Pointer] = []
    for key, record in load_mapping(path).items():
        if key not in POINTERS or not isinstance(record.value, dict | None):
            message, fix = f"“{key}” is no mapping the press knows", SHAPE
            raise PressError(Finding(path, record.line, "index", message, fix))
        for name, targets in (record.value or {}).items():
            line = record.lines.get(str(name), record.line)
            listed = targets if isinstance(targets, list) else [targets]
            if key == "see" and len(listed) != 1:
                message = f"“{name}” sends the reader to {len(listed)} entries"
                raise PressError(Finding(path, line, "index", message, SHAPE))
            texts = tuple(map(str, listed))
            pointers.append(Pointer(str(name), texts, key == "see_also", line))
    return tuple(pointers)


def faults(top: Entry, pointers: Iterable[Pointer], path: Path) -> Iterator[Finding]:
    """Pointers that lead nowhere."""
    for pointer in pointers:
        for target in pointer.targets:
            entry = top.entries.get(target.casefold())
            if entry is None or not (entry.places or entry.entries):
                yield Finding(
                    path,
                    pointer.line,
                    "index-see",
                    f"the index has no entry “{target}” to send the reader to",
                    "mark that entry somewhere or take the pointer out",
                )
