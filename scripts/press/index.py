"""The index: what terms, marks and short headings give, sorted and nested."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from press.book import Book, Page
from press.data import load_mapping
from press.findings import Finding
from press.glossary import Term

LONGEST_HEADING = 48
POINTERS = ("see", "see_also")
SENTENCE = re.compile(r"^(What|How|Why|When|Where|Who|Which|Is|Are|Do|Does)\b|[?!:]")
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
    return NOT_SLUG.sub("-", text.casefold()).strip("-")


def sort_key(name: str) -> tuple[str, str]:
    """Letters and digits first; punctuation does not count."""
    return (NOT_SLUG.sub(" ", name.casefold()).strip(), name)


def split(target: str) -> list[str]:
    """The levels of a target: "batching/dynamic" is "batching", "dynamic"."""
    return [level.replace("-", " ").strip() for level in target.split("/")]


def build(book: Book, terms: dict[str, Term], path: Path) -> Entry:
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
    _pointers(top, path)
    return top


def _headings(page: Page) -> Iterator[tuple[str, str]]:
    """Headings short enough to be entries, with their anchors."""
    if page.kind != "section":
        return
    for heading in page.scan.headings:
        short = len(heading.text) <= LONGEST_HEADING and heading.level <= 2
        if short and heading.label and not SENTENCE.search(heading.text):
            yield heading.text, heading.label


def _pointers(top: Entry, path: Path) -> None:
    """Add what `index.yml` says: see, and see also."""
    for name, targets in _given(path, "see").items():
        top.sub(str(name)).see = str(targets)
    for name, targets in _given(path, "see_also").items():
        top.sub(str(name)).see_also = tuple(map(str, targets))


def _given(path: Path, key: str) -> dict[str, Any]:
    records = load_mapping(path)
    return (records[key].value if key in records else None) or {}


def faults(top: Entry, path: Path) -> Iterator[Finding]:
    """What is wrong with `index.yml`: unknown keys, pointers that lead nowhere."""
    for key, record in load_mapping(path).items():
        if key not in POINTERS:
            yield Finding(
                path,
                record.line,
                "index",
                f"“{key}” is not known",
                f"use {' or '.join(POINTERS)}",
            )
            continue
        for targets in _given(path, key).values():
            for target in [targets] if key == "see" else targets:
                entry = top.entries.get(str(target).casefold())
                if entry is None or not (entry.places or entry.entries):
                    yield Finding(
                        path,
                        record.line,
                        "index-see",
                        f"the index has no entry “{target}” to send the reader to",
                        "mark that entry somewhere or take the pointer out",
                    )
