"""Rules for the PDF: its links, the pages that it prints, its edges, its tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import hypot, inf
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Name

from press.checks.outputs.epub import letters
from press.findings import Finding
from press.mermaid.gate import SMALLEST

LEADER = re.compile(r"(?: \.){3,} ?(?P<label>\w+)")
SEE = re.compile(r"p\.\s*(?P<label>\w+)\)")
RUN = re.compile(r"(?P<label>\w+)(?:–(?P<last>\w+))?")
TYPED = re.compile(r"\w+\u2010\w+")
EDGE = 1.0  # pt that a glyph may reach over its page's edge
FIX = "build the PDF again, and look at `press/printing`"


@dataclass(frozen=True)
class Link:
    """A link: its page (from 0), what it is printed on, where it leads."""

    page: int
    box: tuple[float, float, float, float]
    text: str
    name: str
    target: int | None

    @property
    def top(self) -> float:
        """The height of its upper edge."""
        return self.box[3]


@dataclass(frozen=True)
class Pdf:
    """An open PDF, by its structure and by its text."""

    path: Path
    index: str = "Index"  # the title of the index

    @cached_property
    def file(self) -> pikepdf.Pdf:
        """Its objects."""
        return pikepdf.open(self.path)

    @cached_property
    def text_pages(self) -> list[Any]:
        """Its pages as PDFium reads them."""
        import pypdfium2

        self.__dict__["_document"] = document = pypdfium2.PdfDocument(self.path)
        return [page.get_textpage() for page in document]

    @cached_property
    def texts(self) -> list[str]:
        """The text of each page."""
        return [page.get_text_range() for page in self.text_pages]

    @cached_property
    def labels(self) -> list[str]:
        """The labels of the pages, as their folios say."""
        return [page.label for page in self.file.pages]

    @cached_property
    def names(self) -> dict[str, Any]:
        """Destinations by name."""
        held = self.file.Root.get(Name.Names, {}).get(Name.Dests)
        tree = {} if held is None else pikepdf.NameTree(held)
        return {str(name): target for name, target in tree.items()}

    @cached_property
    def numbers(self) -> dict[tuple[int, int], int]:
        """Pages (from 0) by their objects."""
        return {page.obj.objgen: n for n, page in enumerate(self.file.pages)}

    def target(self, place: Any) -> int | None:
        """The page that a destination names, or None."""
        if isinstance(place, pikepdf.String | Name):
            place = self.names.get(str(place))
        if isinstance(place, pikepdf.Dictionary):
            place = place.get(Name.D)
        if isinstance(place, Array) and len(place):
            return self.numbers.get(getattr(place[0], "objgen", None))
        return None

    @cached_property
    def links(self) -> list[Link]:
        """All links within the file."""
        return [
            self._link(number, note)
            for number, page in enumerate(self.file.pages)
            for note in page.get(Name.Annots, [])
            if note.get(Name.Subtype) == Name.Link and _place(note) is not None
        ]

    def _link(self, number: int, note: pikepdf.Object) -> Link:
        xs = sorted(float(note.Rect[i]) for i in (0, 2))
        ys = sorted(float(note.Rect[i]) for i in (1, 3))
        box = xs[0], ys[0], xs[1], ys[1]
        text = self.text_pages[number].get_text_bounded(*box)
        place = _place(note)
        return Link(number, box, text.strip(), str(place), self.target(place))

    def finding(self, page: int, code: str, message: str) -> Finding:
        """A finding on a page, which stands for the line."""
        return Finding(self.path, page + 1, code, message, FIX)


def _place(note: pikepdf.Object) -> Any:
    """Where a link within the file leads; None for one that leads out of it."""
    action = note.get(Name.A)
    if action is None:
        return note.get(Name.Dest)
    return action.get(Name.D) if action.get(Name.S) == Name.GoTo else None


def links(pdf: Pdf) -> Iterator[Finding]:
    """Every link and every bookmark leads to a page."""
    for link in pdf.links:
        if link.target is None:
            what = f"the link “{link.text}” leads to “{link.name}”, which is nowhere"
            yield pdf.finding(link.page, "pdf-link", what)
    for title, target in bookmarks(pdf):
        if target is None:
            what = f"the bookmark “{title}” leads nowhere"
            yield pdf.finding(0, "pdf-link", what)
        elif not letters(title) or letters(title) not in letters(pdf.texts[target]):
            what = f"the bookmark “{title}” leads to a page without that title"
            yield pdf.finding(target, "pdf-bookmark", what)


def bookmarks(pdf: Pdf) -> Iterator[tuple[str, int | None]]:
    """All bookmarks with the pages that they lead to."""
    with pdf.file.open_outline() as outline:
        waiting = list(outline.root)
    while waiting:
        item = waiting.pop(0)
        waiting[:0] = item.children
        place = item.destination
        if place is None and item.action is not None:
            place = item.action.get(Name.D)
        yield item.title, pdf.target(place)


def page_numbers(pdf: Pdf) -> Iterator[Finding]:
    """A printed page number is that of the page its link leads to."""
    for link, label in [*led(pdf), *seen(pdf), *indexed(pdf)]:
        if link.target is not None and pdf.labels[link.target] != label:
            right = pdf.labels[link.target]
            what = f"“{_short(link)}” says page {label} and leads to page {right}"
            yield pdf.finding(link.page, "pdf-page-number", what)


def _short(link: Link) -> str:
    return " ".join(LEADER.sub("", link.text).split())[:60]


def led(pdf: Pdf) -> Iterator[tuple[Link, str]]:
    """Numbers that leaders lead to, each with the link of its entry."""
    for number, text in enumerate(pdf.texts):
        here = [link for link in pdf.links if link.page == number]
        for match in LEADER.finditer(text):
            _, low, _, high = pdf.text_pages[number].get_charbox(match.start("label"))
            above = [link for link in here if link.top >= (low + high) / 2]
            if above:
                yield min(above, key=lambda link: link.top), match["label"]


def seen(pdf: Pdf) -> Iterator[tuple[Link, str]]:
    """Numbers in brackets behind references: “(p. 11)”."""
    for link in pdf.links:
        if match := SEE.search(link.text):
            yield link, match["label"]


def indexed(pdf: Pdf) -> Iterator[tuple[Link, str]]:
    """Numbers in the index, which is the last thing in the book."""
    starts = [n for title, n in bookmarks(pdf) if title == pdf.index and n]
    for link in pdf.links:
        match = RUN.fullmatch(link.text)
        if match and starts and link.page >= starts[-1]:
            yield link, match["label"]


def contents(pdf: Pdf) -> Iterator[Finding]:
    """The page that an entry leads to has the words of the entry."""
    for link, _ in led(pdf):
        if link.target is not None:
            page = letters(pdf.texts[link.target])
            missing = [w for w in _short(link).split() if letters(w) not in page]
            if missing:
                where = pdf.labels[link.target]
                what = f"“{_short(link)}” isn't on page {where}, where its entry leads"
                yield pdf.finding(link.page, "pdf-contents", what)


def edges(pdf: Pdf) -> Iterator[Finding]:
    """No text stands beyond the edge of its page."""
    for number, page in enumerate(pdf.text_pages):
        box = [float(edge) for edge in pdf.file.pages[number].trimbox]
        for n in range(page.count_rects()):
            left, bottom, right, top = page.get_rect(n)
            low, high = min(bottom, top), max(bottom, top)
            over = max(box[0] - left, box[1] - low, right - box[2], high - box[3])
            if over > EDGE:
                text = page.get_text_bounded(left, low, right, high).strip()
                what = f"“{text[:60]}” reaches {over:.0f} pt beyond the page"
                yield pdf.finding(number, "pdf-edge", what)


def sizes(pdf: Pdf) -> Iterator[Finding]:
    """No text is smaller than 7 pt, line numbers and marks of notes included."""
    for number, page in enumerate(pdf.text_pages):
        by_size: dict[float, str] = {}
        for n in range(page.count_chars()):
            size = round(_size(page, n), 1)
            if size < SMALLEST:
                by_size[size] = by_size.get(size, "") + page.get_text_range(n, 1)
        for size, text in by_size.items():
            what = f"“{text[:60]}” is printed at {size} pt, less than {SMALLEST:.0f}"
            yield pdf.finding(number, "pdf-small-text", what)


def _size(page: Any, n: int) -> float:
    """The size of a glyph's type in pt; what PDFium adds between lines has none."""
    from pypdfium2 import raw

    if raw.FPDFText_IsGenerated(page, n):
        return inf
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(page, n, matrix)
    return raw.FPDFText_GetFontSize(page, n) * hypot(matrix.c, matrix.d)


def hyphens(pdf: Pdf) -> Iterator[Finding]:
    """Who searches for a word with a hyphen types what the keyboard has."""
    for number, text in enumerate(pdf.texts):
        if match := TYPED.search(text):
            what = f"“{match[0]}” has a hyphen that nobody types (U+2010)"
            yield pdf.finding(number, "pdf-hyphen", what)


def accessible(pdf: Pdf) -> Iterator[Finding]:
    """The file keeps PDF/UA-1."""
    import page as validation

    for failure in validation.validate_pdf(pdf.path, profile="ua1").failures:
        what = f"{failure.rule_id}: {failure.message}"
        yield pdf.finding(0, "pdf-ua", what)


RULES = (links, page_numbers, contents, edges, sizes, hyphens, accessible)


def check(pdf: Pdf) -> list[Finding]:
    """All findings of all rules, each once, sorted."""
    return sorted({found for rule in RULES for found in rule(pdf)})
