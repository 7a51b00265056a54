"""The words of the manuscript as sentences, and a report of what they are like.

`press prose` counts and never refuses; what it looks for stands in `words.yml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from statistics import fmean, pstdev
from typing import Any

from press.book import Book, Page
from press.source import CITATION, LABEL, plain, scan, split_front_matter
from press.words import MEASURES, Bounds, Words, hits, own_words

ITEM = re.compile(r"^[ \t>]*(?:[-*+]|\d+\.)[ \t]+(?:\[[ x]\][ \t]+)?")
NO_PROSE = re.compile(r"^[ \t]*(?:#|!!!|:::|\||<|: |!\[|\$\$|\{|>)")
NOTE = re.compile(r"\[\^[^\]\s]+\]:?")
SENTENCE_END = re.compile(r"(?<=[.!?])[”’\")\]]*\s+(?=[“‘\"(\[]?[A-Z0-9$@])")
SHORTENED = re.compile(r"\b(?:e\.g|i\.e|cf|vs|ch|no|vol|p|pp|Fig|Dr|St)\.$", re.I)
WORD = re.compile(r"[\w’'-]*\w[\w’'-]*")


@dataclass(frozen=True)
class Passage:
    """A paragraph or list item of running text, without its marks."""

    page: Page
    line: int
    text: str
    bold_led: bool = False

    @property
    def words(self) -> list[str]:
        """The words, in lower case."""
        return [word.casefold() for word in WORD.findall(self.text)]


@dataclass(frozen=True)
class Hit:
    """Where a listed word stands."""

    name: str
    path: str
    line: int


@dataclass(frozen=True)
class Report:
    """What was counted in a chapter; rates are per thousand words."""

    chapter: str
    words: int
    voice: float
    reveals: float
    bold_led: int
    sentence_mean: float
    sentence_deviation: float
    stock: float
    stock_words: tuple[Hit, ...]
    unwanted: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return asdict(self)


def passages(page: Page) -> list[Passage]:
    """The paragraphs and list items of a page, as plain text."""
    return [Passage(page, *found) for found in _passages(page.text)]


@lru_cache(maxsize=1024)
def _passages(page_text: str) -> tuple[tuple[int, str, bool], ...]:
    """Of each passage: the line it begins on, its text, whether bold leads it."""
    found: list[tuple[int, str, bool]] = []
    marks = scan(page_text)
    lines = marks.masked.split("\n")
    source = split_front_matter(page_text)[1].split("\n")
    begun = 0
    for at in range(len(lines) + 1):
        line = lines[at] if at < len(lines) else ""
        parts = not line.strip() or bool(NO_PROSE.match(line))
        if (parts or ITEM.match(line)) and begun < at:
            text, bold_led = _spoken(source[begun:at])
            if WORD.search(text):
                found.append((marks.first_line + begun, text, bold_led))
        if parts:
            begun = at + 1
        elif ITEM.match(line):
            begun = at
    return tuple(found)


def _spoken(lines: Sequence[str]) -> tuple[str, bool]:
    """The plain text of a passage's lines, and whether it begins in bold."""
    text = " ".join(line.strip() for line in lines)
    text = NOTE.sub("", ITEM.sub("", text)).strip()
    return plain(LABEL.sub("", CITATION.sub("", text))), text.startswith("**")


def sentences(text: str) -> list[str]:
    """The sentences of a passage."""
    found: list[str] = []
    for part in SENTENCE_END.split(text):
        if found and SHORTENED.search(found[-1]):
            found[-1] += f" {part}"
        else:
            found.append(part)
    return found


def report(book: Book, words: Words) -> list[Report]:
    """A report for each chapter that is begun, and one for what stands around."""
    groups = [
        (f"{chapter.number}. {chapter.title}", chapter.pages)
        for chapter in book.chapters
        if chapter.status != "planned"
    ]
    around = tuple(page for page in book.pages if page.chapter is None)
    return [
        _report(book, name, pages, words)
        for name, pages in [*groups, ("outside the chapters", around)]
    ]


def lines(report: Report) -> list[str]:
    """A report for people; a star marks what the book wants otherwise."""
    out = [report.chapter, f"  {report.words:>7,}  words"]
    for key, name in MEASURES.items():
        star = " *" if key in report.unwanted else ""
        out.append(f"  {getattr(report, key):>7}  {name}{star}")
    out += [
        f"           {hit.path}:{hit.line}: {hit.name}" for hit in report.stock_words
    ]
    return out


def _report(book: Book, name: str, pages: Sequence[Page], lists: Words) -> Report:
    texts = [passage for page in pages for passage in passages(page)]
    words = [word for passage in texts for word in passage.words]
    lengths = [
        len(WORD.findall(sentence))
        for passage in texts
        for sentence in sentences(passage.text)
    ]
    reveals = sum(
        len(lists.reveal.findall(passage.text)) if lists.reveal else 0
        for passage in texts
    )
    found = [hit for page in pages for hit in _hits(book, page, lists.stock)]
    thousands = len(words) / 1000 or 1
    counts = {
        "voice": round(sum(word in lists.voice for word in words) / thousands, 1),
        "reveals": round(reveals / thousands, 1),
        "bold_led": sum(passage.bold_led for passage in texts),
        "sentence_mean": round(fmean(lengths or [0]), 1),
        "sentence_deviation": round(pstdev(lengths or [0]), 1),
        "stock": round(len(found) / thousands, 1),
    }
    unwanted = tuple(
        k
        for k, v in counts.items()
        if not _within(v, lists.wanted.get(k, (None, None)))
    )
    return Report(
        name, len(words), **counts, stock_words=tuple(found), unwanted=unwanted
    )


def _within(value: float, bounds: Bounds) -> bool:
    low, high = bounds
    return (low is None or value >= low) and (high is None or value <= high)


def _hits(
    book: Book, page: Page, patterns: dict[str, re.Pattern[str]]
) -> Iterator[Hit]:
    text = own_words(page)
    path = page.path.relative_to(book.root).as_posix()
    for name, offset in sorted(hits(text, patterns), key=lambda hit: hit[1]):
        yield Hit(name, path, page.scan.first_line + text.count("\n", 0, offset))
