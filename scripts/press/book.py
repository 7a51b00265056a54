"""The book as data: its parts, chapters and pages, read from `mkdocs.yml`.

The navigation is the book. A top-level entry that holds sections is a part and
each of those sections is a chapter, whose first page is its opener; what
stands before the first part is front matter, what stands after the last is
back matter. Numbers follow from the order and are never typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from press import data, edition
from press.edition import Edition
from press.findings import Finding, PressError
from press.source import (
    GENERATED,
    Heading,
    Scan,
    scan,
    split_front_matter,
    typographic,
)

STATUSES = ("planned", "begun", "draft", "reviewed")
WORDS_PER_MINUTE = 220
NAV_FIXES = {
    "nav-twice": "take one entry out",
    "nav-no-file": "create the page or take the entry out",
    "nav-shape": "list parts, in them chapters, in those pages",
}
NUMERALS = (
    *((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC")),
    *((50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")),
)
TYPED_NUMBER = re.compile(r"^(?:Part [IVXLC]+\.?|\d+\.?)\s+")


@dataclass(frozen=True)
class Page:
    """A page of the manuscript. `src` is its path below the manuscript folder."""

    path: Path
    src: str
    kind: str  # landing, front, chapter (an opener), section or back
    text: str
    meta: dict[str, Any]
    nav_title: str = ""
    part: int | None = None
    chapter: int | None = None
    number: str = ""

    @cached_property
    def scan(self) -> Scan:
        """The marks of the page."""
        return scan(self.text)

    @property
    def heading(self) -> Heading | None:
        """The page's title heading, if it has one."""
        return next((h for h in self.scan.headings if h.level == 1), None)

    @property
    def title(self) -> str:
        """The title without its number."""
        return self.heading.text if self.heading else self.src

    @property
    def place(self) -> str:
        """What an index or a back link calls the page: its number or title."""
        return self.number or self.title


@dataclass(frozen=True)
class Chapter:
    """A chapter: its number, its opener and its pages (opener first)."""

    number: int
    pages: tuple[Page, ...]

    @property
    def opener(self) -> Page:
        """The chapter's first page."""
        return self.pages[0]

    @property
    def title(self) -> str:
        """The chapter's title."""
        return self.opener.title

    @property
    def status(self) -> str:
        """How far it is: planned, begun, draft or reviewed."""
        return str(self.opener.meta.get("status", "planned"))

    @property
    def minutes(self) -> int:
        """Reading time of the whole chapter in minutes, at least one."""
        words = sum(page.scan.words for page in self.pages)
        return max(1, round(words / WORDS_PER_MINUTE))


@dataclass(frozen=True)
class Part:
    """A part of the book: its number, title and chapters."""

    number: int
    title: str
    chapters: tuple[Chapter, ...]

    @property
    def roman(self) -> str:
        """The part's number in roman numerals."""
        return roman(self.number)


@dataclass(frozen=True)
class Book:
    """The manuscript and its data, as one value that every stage reads."""

    root: Path
    docs: Path
    config: dict[str, Any]
    edition: Edition
    pages: tuple[Page, ...]
    parts: tuple[Part, ...]
    findings: tuple[Finding, ...] = field(default=())

    @cached_property
    def by_src(self) -> dict[str, Page]:
        """Pages by their path below the manuscript folder."""
        return {page.src: page for page in self.pages}

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """All chapters in order."""
        return tuple(chapter for part in self.parts for chapter in part.chapters)

    def chapter(self, number: int) -> Chapter:
        """The chapter with this number; raises `KeyError` when there is none."""
        for chapter in self.chapters:
            if chapter.number == number:
                return chapter
        raise KeyError(number)

    def generated(self, block: str) -> Page | None:
        """The page that holds the generated block `::: {#block}`."""
        return self._generated.get(block)

    @cached_property
    def _generated(self) -> dict[str, Page]:
        found: dict[str, Page] = {}
        for page in self.pages:
            for name in GENERATED.findall(page.scan.masked):
                found.setdefault(name, page)
        return found


def load(root: Path) -> Book:
    """Read the book whose `mkdocs.yml` lies in `root`.

    Raises `PressError` when the configuration itself can't be used; faults of
    single pages are kept in `findings`, so that a run can report them together.
    """
    root = root.resolve()
    config_path = root / "mkdocs.yml"
    config = edition.read_config(config_path)
    docs = root / config["docs_dir"]
    found: list[Finding] = []
    reader = _Reader(docs, config_path, found)
    pages, parts = reader.walk(config["nav"])
    found += reader.strays()
    return Book(
        root,
        docs,
        config,
        edition.read(config, config_path),
        tuple(pages),
        tuple(parts),
        tuple(found),
    )


def roman(number: int) -> str:
    """A number from 1 to 3999 in roman numerals."""
    made = ""
    for value, numeral in NUMERALS:
        count, number = divmod(number, value)
        made += numeral * count
    return made


class _Reader:
    """Walks the navigation once, reading and numbering its pages."""

    def __init__(self, docs: Path, config_path: Path, found: list[Finding]) -> None:
        self.docs, self.config_path, self.found = docs, config_path, found
        self.seen: set[str] = set()
        self.config_text = data.read_text(config_path)

    def walk(self, nav: list[Any]) -> tuple[list[Page], list[Part]]:
        pages: list[Page] = []
        parts: list[Part] = []
        chapters = 0
        for title, entry in map(_entry, nav):
            if not isinstance(entry, list):
                kind = "landing" if entry == "index.md" else self._side(parts)
                pages += self._page(entry, kind, title)
            elif _is_part(entry):
                part = self._part(len(parts) + 1, title, entry, chapters)
                chapters += len(part.chapters)
                parts.append(part)
                pages += [page for ch in part.chapters for page in ch.pages]
            else:
                for sub_title, src in map(_entry, entry):
                    pages += self._page(src, self._side(parts), sub_title)
        return pages, parts

    @staticmethod
    def _side(parts: list[Part]) -> str:
        return "back" if parts else "front"

    def _part(self, number: int, title: str, entry: list[Any], before: int) -> Part:
        chapters: list[Chapter] = []
        for nav_title, srcs in map(_entry, entry):
            index = before + len(chapters) + 1
            chapter = self._chapter(number, index, nav_title, srcs)
            if chapter:
                chapters.append(chapter)
        return Part(number, TYPED_NUMBER.sub("", title), tuple(chapters))

    def _chapter(
        self, part: int, number: int, title: str, srcs: list[Any]
    ) -> Chapter | None:
        pages: list[Page] = []
        section = 0
        for sub_title, src in map(_entry, self._entries(title, srcs)):
            kind = "section" if pages else "chapter"
            for page in self._page(src, kind, sub_title or title, part, number):
                shown = str(number)
                if kind == "section":
                    numbered = not page.meta.get("unnumbered", False)
                    section += numbered
                    shown = f"{number}.{section}" if numbered else ""
                pages.append(replace(page, number=shown))
        if pages:
            self._check_title(title, pages[0], number)
        return Chapter(number, tuple(pages)) if pages else None

    def _entries(self, title: str, srcs: Any) -> list[Any]:
        """A chapter's entries; a part's page outside a chapter is a finding."""
        if isinstance(srcs, list):
            return srcs
        self.seen.add(str(srcs))
        self._nav_finding(srcs, "nav-shape", "stands in a part outside its chapters")
        return []

    def _check_title(self, title: str, opener: Page, number: int) -> None:
        expected = f"{number}. {opener.title}"
        if typographic(title) != expected:
            self.found.append(
                Finding(
                    self.config_path,
                    self._line(title),
                    "nav-title",
                    f"the navigation calls chapter {number} “{title}”, its page "
                    f"“{opener.title}”",
                    f"write “{expected}”",
                )
            )

    def _page(
        self,
        src: Any,
        kind: str,
        nav_title: str = "",
        part: int | None = None,
        chapter: int | None = None,
    ) -> list[Page]:
        """The page in a list, or an empty list and a finding."""
        path = self.docs / str(src)
        if not isinstance(src, str):
            self._nav_finding(nav_title, "nav-shape", "is nested too deep or empty")
            return []
        if src in self.seen:
            self._nav_finding(src, "nav-twice", "is in the navigation twice", nth=2)
            return []
        self.seen.add(src)
        if not path.is_file():
            self._nav_finding(src, "nav-no-file", "is in the navigation but not there")
            return []
        text = self._read(data.read_text, path) or path.read_bytes().decode(
            "utf-8", "replace"
        )
        meta = self._read(front_matter, path, text) or {}
        return [Page(path, src, kind, text, meta, nav_title, part, chapter)]

    def _read(self, reader: Callable[..., Any], *given: Any) -> Any:
        """What a reader gives, or None and its findings: the page stays."""
        try:
            return reader(*given)
        except PressError as error:
            self.found.extend(error.findings)
            return None

    def _nav_finding(self, entry: Any, code: str, what: str, nth: int = 1) -> None:
        line = self._line(str(entry), nth)
        message = f"“{entry}” {what}"
        fix = NAV_FIXES[code]
        self.found.append(Finding(self.config_path, line, code, message, fix))

    def _line(self, entry: str, nth: int = 1) -> int:
        """The line of the `nth` place where the navigation names `entry`."""
        named = re.compile(rf"""[\s"']{re.escape(entry)}["']?(?::.*|\s*(?:#.*)?)$""")
        lines = enumerate(self.config_text.split("\n"), 1)
        places = [number for number, line in lines if named.search(line)]
        return places[:nth][-1] if places else 1

    def strays(self) -> Iterator[Finding]:
        """Markdown files that no entry of the navigation names."""
        for path in sorted(self.docs.rglob("*.md")):
            src = path.relative_to(self.docs).as_posix()
            if src not in self.seen:
                yield Finding(
                    path,
                    1,
                    "not-in-nav",
                    "the page is not in the navigation",
                    "name it under `nav:` in mkdocs.yml or delete it",
                )


def front_matter(path: Path, text: str) -> dict[str, Any]:
    """A page's front matter; raises `PressError` when it is malformed."""
    block, body, _ = split_front_matter(text)
    if body.startswith("---\n"):
        message, fix = "the front matter is never closed", "end it with a line of ---"
        raise PressError(Finding(path, 1, "front-matter", message, fix))
    below_the_marks = "\n" + block
    records = data.parse_mapping(path, below_the_marks) if block.strip() else {}
    return {key: record.value for key, record in records.items()}


def _entry(item: Any) -> tuple[str, Any]:
    """One entry of the navigation as (title, path or list)."""
    if isinstance(item, dict):
        title, value = next(iter(item.items()), ("", None))
        return str(title), value
    return "", item


def _is_part(entry: list[Any]) -> bool:
    return any(isinstance(_entry(item)[1], list) for item in entry)
