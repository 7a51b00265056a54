"""Labels: the numbers that figures, tables, listings, equations and sections get.

Numbers run by chapter ("Figure 3-2") and follow the order of the navigation.
A page outside a chapter numbers its figures "1", "2", … within itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from press.book import Book, Page
from press.findings import Finding
from press.source import KINDS, TRAILING_LABEL, Heading, Mark, scan

NAMES = {
    "fig": "Figure",
    "tbl": "Table",
    "lst": "Listing",
    "eq": "Equation",
    "sec": "Section",
    "ch": "Chapter",
}
NUMBERED = ("fig", "tbl", "lst", "eq")


@dataclass(frozen=True)
class Label:
    """A label with its number, its caption or title, and its place."""

    id: str
    kind: str
    number: str
    title: str
    page: Page
    line: int

    @property
    def text(self) -> str:
        """What a reference prints: "Figure 1-2", or the title in quotes."""
        if self.number:
            return f"{NAMES[self.kind]} {self.number}"
        return f"“{self.title}”"

    @property
    def href(self) -> str:
        """The address from the manuscript's root, as MkDocs' links take it."""
        return f"/{self.page.src}#{self.id}"


@dataclass(frozen=True)
class Labels:
    """All labels by id, and the findings that collecting them gave."""

    by_id: dict[str, Label]
    findings: tuple[Finding, ...]

    def of(self, kind: str) -> tuple[Label, ...]:
        """The labels of one kind in the book's order."""
        return tuple(label for label in self.by_id.values() if label.kind == kind)


def collect(book: Book) -> Labels:
    """Number every label of the book; duplicates become findings."""
    by_id: dict[str, Label] = {}
    found: list[Finding] = []
    for chapter in (None, *book.chapters):
        pages = chapter.pages if chapter else _outside(book)
        counts: Counter[str] = Counter()
        for page in pages:
            if chapter is None:
                counts.clear()
            for label in _page_labels(page, counts):
                first = by_id.setdefault(label.id, label)
                if first is not label:
                    found.append(_duplicate(label, first))
    places = {page.src: place for place, page in enumerate(book.pages)}
    ordered = sorted(by_id.values(), key=lambda la: (places[la.page.src], la.line))
    return Labels({label.id: label for label in ordered}, tuple(found))


def undefined(book: Book, labels: Labels) -> Iterator[Finding]:
    """References to labels that nothing defines."""
    for page in book.pages:
        for mark in page.scan.of("ref"):
            if mark.target not in labels.by_id:
                yield Finding(
                    page.path,
                    mark.line,
                    "label-unknown",
                    f"no label “{mark.target}” is defined",
                    f"label something {{#{mark.target}}}{_near(mark, labels)}",
                )


def _near(mark: Mark, labels: Labels) -> str:
    from difflib import get_close_matches

    close = get_close_matches(mark.target, labels.by_id, 1)
    return f" or write @{close[0]}" if close else ""


def _outside(book: Book) -> tuple[Page, ...]:
    return tuple(page for page in book.pages if page.chapter is None)


def _page_labels(page: Page, counts: Counter[str]) -> Iterator[Label]:
    headings = {heading.label: heading for heading in page.scan.headings}
    captions = _captions(page.text)
    for mark in page.scan.labels:
        kind = mark.target.split("-", 1)[0]
        if kind not in KINDS or "-" not in mark.target:
            continue
        if kind in NUMBERED:
            counts[kind] += 1
            lead = f"{page.chapter}-" if page.chapter else ""
            number = f"{lead}{counts[kind]}"
            yield Label(
                mark.target, kind, number, captions.get(mark.line, ""), page, mark.line
            )
        elif heading := headings.get(mark.target):
            number = page.number if heading.level == 1 else ""
            yield Label(mark.target, kind, number, _title(heading), page, mark.line)


def _title(heading: Heading) -> str:
    return heading.text


@lru_cache(maxsize=1024)
def _captions(page_text: str) -> dict[int, str]:
    """Caption texts of a page by the line that carries their label."""
    captions: dict[int, str] = {}
    text: list[str] = []
    first = scan(page_text).first_line
    source = page_text.split("\n")
    for number, line in enumerate(map(str.strip, source[first - 1 :]), first):
        if line.startswith(": "):
            text = [line[2:]]
        elif text and line:
            text.append(line)
        else:
            text = []
        if text and line.endswith("}"):
            captions[number] = TRAILING_LABEL.sub("", " ".join(text))
    return captions


def _duplicate(label: Label, first: Label) -> Finding:
    return Finding(
        label.page.path,
        label.line,
        "label-twice",
        f"“{label.id}” is already the label of {first.page.src}, line {first.line}",
        "rename one (`press rename OLD NEW` follows the references)",
    )
