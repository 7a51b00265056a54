"""What a chapter of this book holds, as the book itself says in `skeleton.yml`.

A book without that file has no such rules. `pages` holds from status `begun` on;
`sections` and the files of a chapter hold from `draft` on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from press import data
from press.book import Book, Chapter
from press.findings import Finding, PressError

FILE = "skeleton.yml"
BEGUN = ("begun", "draft", "reviewed")
DRAFT = ("draft", "reviewed")
Range = tuple[int, int | None]
ANY: Range = (0, None)
HAS = {
    "table": r"^\s*\|[\s:|-]+\|\s*$",
    "figure": r"\]\((?:diagram|plot):",
    "listing": r"^\s*```",
    "fact": r"\]\(fact:",
    "cite": r"\[@\w",
    "ref": r"(?<![\w@\\`])@(?:fig|tbl|lst|eq|sec|ch)-",
}
SHOWN = ("fig", "tbl", "lst")
CHOICES = {"has": tuple(HAS), "captions": SHOWN, "introduced": SHOWN}


@dataclass(frozen=True)
class Pages:
    """Rules for what a begun chapter's pages show."""

    captions: tuple[str, ...] = ()  # kinds that need a caption
    introduced: tuple[str, ...] = ()  # kinds that the text names before they appear
    description: int = 0  # words of a figure's description, at least
    columns: int = 0  # widest line of a listing
    tests: str = ""  # folder whose tests name each listing's file
    terms: bool = False  # the first use of a glossary term is marked
    doors: str = ""  # labels of sections that define terms in passing begin so


@dataclass(frozen=True)
class Sections:
    """Rules for the pages of a chapter that keep its promises."""

    promises: Range = ANY
    words: Range = ANY


@dataclass(frozen=True)
class Piece:
    """A part that a page must have: where it is and what it holds.

    It is what stands before the first heading (`lead`), below a heading whose
    text matches `heading` or whose label begins with `label`, in call-outs of a
    kind (`callout`), or else the whole page.
    """

    part: str
    lead: bool = False
    heading: str = ""
    label: str = ""
    callout: str = ""
    count: int = 1
    words: Range = ANY
    items: Range = ANY
    linked: bool = False  # each item has a reference, a citation or a link
    fact_within: int = 0  # a number from the ledger among the first words
    has: tuple[str, ...] = ()  # table, figure, listing, fact, cite or ref
    levels: tuple[str, ...] = ()  # an item begins with each of these, in italics


@dataclass(frozen=True)
class Skeleton:
    """All rules: for pages, for sections and for each file of a chapter."""

    pages: Pages = Pages()
    sections: Sections = Sections()
    meta: tuple[str, ...] = ()
    files: dict[str, tuple[Piece, ...]] = field(default_factory=dict)


def load(docs: Path) -> Skeleton:
    """Read `skeleton.yml`; raises `PressError` for what it doesn't know."""
    path = docs / FILE
    return _parsed(path, data.read_text(path)) if path.exists() else Skeleton()


@lru_cache(maxsize=16)
def _parsed(path: Path, text: str) -> Skeleton:
    files: dict[str, tuple[Piece, ...]] = {}
    rules: dict[str, Any] = {}
    for key, record in data.parse_mapping(path, text).items():
        given = record.value
        try:
            if key in ("pages", "sections"):
                rules[key] = _made(Pages if key == "pages" else Sections, given)
            elif key == "meta" and isinstance(given, list):
                rules[key] = tuple(map(str, given))
            elif key.endswith(".md") and isinstance(given, list):
                files[key] = tuple(_made(Piece, entry) for entry in given)
            else:
                raise ValueError("this is no rule that the press knows")
        except ValueError as error:
            fix = "write pages, sections, meta: [key, …] or file.md: [{part: …}, …]"
            finding = Finding(
                path, record.line, "skeleton-file", f"“{key}”: {error}", fix
            )
            raise PressError(finding) from None
    return Skeleton(**rules, files=files)


def _made(kind: Any, given: Any) -> Any:
    """A rule from its mapping; raises `ValueError` for what it can't be made of."""
    if not isinstance(given, dict):
        raise ValueError(f"{given} is no mapping")
    types = {entry.name: str(entry.type) for entry in fields(kind)}
    unknown = sorted(map(str, given.keys() - types.keys()))
    if unknown:
        raise ValueError(f"{unknown[0]} is none of {', '.join(types)}")
    values = {key: _value(key, types[key], value) for key, value in given.items()}
    if kind is Piece and not values.get("part"):
        raise ValueError("a part has no name")
    return kind(**values)


def _value(key: str, kind: str, value: Any) -> Any:
    """A key's value as its rule holds it; raises `ValueError` for another kind."""
    if kind == "Range":
        return _range(key, value)
    if kind.startswith("tuple"):
        names = tuple(map(str, value)) if isinstance(value, list) else (str(value),)
        strange = [name for name in names if name not in CHOICES.get(key, names)]
        if strange:
            raise ValueError(
                f"{key}: {strange[0]} is none of {', '.join(CHOICES[key])}"
            )
        return names
    if type(value).__name__ != kind:
        raise ValueError(f"{key}: {value} is no {kind}")
    if key == "heading":
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"{value} is no pattern: {error}") from None
    return value


def _range(key: str, value: Any) -> Range:
    """`3` is at least three, `[3, 8]` three to eight."""
    pair = value if isinstance(value, list) else [value]
    if not 1 <= len(pair) <= 2 or not all(type(number) is int for number in pair):
        raise ValueError(f"{key}: {value} is no number and no [least, most]")
    return pair[0], pair[1] if len(pair) == 2 else None


def chapters(book: Book, statuses: tuple[str, ...]) -> list[Chapter]:
    """The chapters whose status is one of these."""
    return [chapter for chapter in book.chapters if chapter.status in statuses]
