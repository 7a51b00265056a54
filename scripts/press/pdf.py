"""The PDF: captured pages set as a printed book, tagged as PDF/UA-1.

The book is laid out in three documents that share fonts and are then joined:
first the chapters, so that their pages are known; then the index and the
front matter, which print those pages as plain numbers. No page number waits
for a second pass.
"""

from __future__ import annotations

import gc
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree

from press.book import Book
from press.capture import CapturedPage
from press.findings import refuse
from press.fragment import text_of
from press.printing import fonts, matter, pages
from press.printing.galleys import Galley, Galleys
from press.printing.layout import Setter, begins
from press.printing.pages import Sheets
from press.theme import Theme

if TYPE_CHECKING:
    import weasyprint  # at run time by press.printing, which does it faster

Report = Callable[[str], None]


def write(
    book: Book, captured: list[CapturedPage], path: Path, report: Report
) -> dict[str, Any]:
    """Set the whole book and write it to `path`; returns the page map.

    The map has `pages` (the labels of all pages), `places` (the labels of the
    cover, title page, imprint, contents and parts), `blocks` (by source the
    number of the first block that begins on a page, with the page's label) and
    `identifier`. Raises `PressError` for what can't be set: a missing image or
    anchor, a character that no typeface has; and for what the pages have lost.
    """
    try:
        return _write(_sheets(book, captured), path, report)
    finally:
        gc.collect()  # the pages hold one another; what comes next would sweep them


def _write(sheets: Sheets, path: Path, report: Report) -> dict[str, Any]:
    setter = Setter(sheets)
    check_characters(setter, list(sheets.pages))
    report("Setting the pages of the PDF")
    galleys = Galleys(setter, _galleys(sheets))
    galleys.settle()
    report("Writing the PDF")
    labels, leaves = zip(*galleys.leaves(), strict=True)
    front = sum(not label.isdecimal() for label in labels)
    setter.save(galleys.galleys[0].laid.copy(leaves), path, front)
    return {
        "pages": list(labels),
        "places": _places(galleys, sheets.book),
        "blocks": _blocks(sheets, labels, leaves),
        "identifier": _identifier(sheets.book),
    }


def write_chapter(
    book: Book, captured: list[CapturedPage], number: int, path: Path, report: Report
) -> None:
    """Set one chapter alone, in the same look; what it refers to keeps its text."""
    sheets = _sheets(book, captured)
    setter = Setter(sheets)
    chapter = book.chapter(number)
    mine = [page for page in captured if page.chapter == number]
    check_characters(setter, mine)
    report(f"Setting chapter {number}")
    made = matter.chapter(sheets, chapter)
    pages.cut_links(made)
    galley = Galley([made])
    Galleys(setter, [galley]).settle()
    setter.save(galley.laid, path, front=0)


def check_characters(setter: Setter, chosen: list[CapturedPage]) -> None:
    """Raise `PressError` for characters of these pages that no typeface has."""
    texts = [text_of(setter.sheets.section(page)) for page in chosen]
    docs = setter.sheets.book.docs
    refuse(fonts.uncovered(chosen, texts, setter.theme, docs))


def _sheets(book: Book, captured: list[CapturedPage]) -> Sheets:
    return Sheets(book, tuple(captured), Theme.load(book.root / "theme"))


def _galleys(sheets: Sheets) -> list[Galley]:
    """The book as galleys in the order of its pages."""
    opening = [
        matter.cover_page(sheets.book),
        matter.title_page(sheets.book),
        matter.imprint(sheets.book, sheets.theme),
        matter.contents(sheets),
    ]
    sides: dict[str, list[etree._Element]] = {"front": [], "back": []}
    for page in sheets.pages:
        if page.kind in sides and not pages.is_contents(page):
            make = matter.back if page.kind == "back" else Sheets.section
            sides[page.kind].append(make(sheets, page))
    chapters = [
        Galley([matter.part_page(part, sheets)] * (n == 0) + [made])
        for part in sheets.book.parts
        for n, made in enumerate(matter.chapter(sheets, c) for c in part.chapters)
    ]
    made = [Galley(opening, roman=True), Galley(sides["front"], roman=True)]
    made += [*chapters, Galley(sides["back"])]
    return [galley for galley in made if galley.sections]


def _places(galleys: Galleys, book: Book) -> dict[str, str]:
    """The labels of pages that no block of the manuscript begins."""
    names = [pages.COVER, pages.TITLE, pages.IMPRINT, pages.CONTENTS]
    names += [pages.part_anchor(part) for part in book.parts]
    return {name: galleys.label(name) for name in names}


def _blocks(
    sheets: Sheets, labels: tuple[str, ...], leaves: tuple[weasyprint.Page, ...]
) -> dict[str, list[list[Any]]]:
    """By source, the number of the first block that begins on each page.

    A figure that moved to a later page than the text behind it begins none, so
    numbers rise with the pages.
    """
    found: dict[str, list[list[Any]]] = {}
    last: dict[str, int] = {}
    seen: set[str] = set()
    for label, leaf in zip(labels, leaves, strict=True):
        begun: dict[str, int] = {}
        here = set(begins(leaf._page_box)) - seen
        seen |= here
        for block in here:
            number, _, place = block.partition(":")
            src, at = sheets.pages[int(number)].src, int(place)
            if at > last.get(src, -1):
                begun[src] = min(at, begun.get(src, at))
        for src, at in begun.items():
            found.setdefault(src, []).append([at, label])
            last[src] = at
    return found


def _identifier(book: Book) -> str:
    """The URN of this edition's PDF."""
    edition = book.edition
    name = f"{edition.identifier}/pdf/{edition.version}/{edition.date}"
    return uuid.uuid5(uuid.NAMESPACE_URL, name).urn
