"""The PDF: captured pages set as a printed book, tagged as PDF/UA-1.

The book is laid out in three documents that share fonts and are then joined:
first the chapters, so that their pages are known; then the index and the
front matter, which print those pages as plain numbers. No page number waits
for a second pass.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import weasyprint
from lxml import etree

from press.book import Book
from press.capture import CapturedPage
from press.findings import refuse
from press.fragment import element, text_of
from press.printing import cover, fonts, index, matter, pages
from press.printing.layout import Setter
from press.printing.pages import Sheets
from press.printing.places import Places

Report = Callable[[str], None]

cover_svg = cover.svg


def write(
    book: Book, captured: list[CapturedPage], path: Path, report: Report
) -> dict[str, Any]:
    """Set the whole book and write it to `path`; returns the page map.

    The map has `pages` (the labels of all pages), `blocks` (by source the
    number of the first block that begins on a page, with the page's label) and
    `identifier`. Raises `PressError` for what can't be set: a missing image or
    anchor, a character that no typeface has.
    """
    sheets = Sheets(book, tuple(captured))
    setter = Setter(sheets)
    check_characters(setter, captured)
    report("Setting the chapters")
    main = setter.document(_main_matter(sheets))
    places = Places(main.pages)
    report("Setting index and front matter")
    places.add(_index(setter, places).pages)
    front = setter.document(_front_matter(setter, places))
    leaves = [*front.pages, *_filler(setter, len(front.pages))]
    report("Writing the PDF")
    setter.save(front.copy([*leaves, *places.pages]), path, len(leaves))
    places.put_before(leaves)
    return {**places.page_map(sheets), "identifier": _identifier(book)}


def write_chapter(
    book: Book, captured: list[CapturedPage], number: int, path: Path, report: Report
) -> None:
    """Set one chapter alone, in the same look; what it refers to keeps its text."""
    sheets = Sheets(book, tuple(captured))
    setter = Setter(sheets)
    chapter = book.chapter(number)
    mine = [page for page in captured if page.chapter == number]
    check_characters(setter, mine)
    report(f"Setting chapter {number}")
    made = matter.chapter(sheets, chapter)
    pages.cut_links(made)
    setter.save(setter.document([made]), path, front=0)


def check_characters(setter: Setter, chosen: list[CapturedPage]) -> None:
    """Raise `PressError` for characters of these pages that no typeface has."""
    texts = [text_of(setter.sheets.section(page)) for page in chosen]
    docs = setter.sheets.book.docs
    refuse(fonts.uncovered(chosen, texts, setter.theme, docs))


def _main_matter(sheets: Sheets) -> list[etree._Element]:
    """Parts with their chapters, then the back matter but for the index."""
    made = []
    for part in sheets.book.parts:
        made.append(matter.part_page(part, sheets))
        made += [matter.chapter(sheets, each) for each in part.chapters]
    made += [
        sheets.section(page)
        for page in sheets.pages
        if page.kind == "back" and not pages.is_index(page)
    ]
    return made


def _index(setter: Setter, places: Places) -> weasyprint.Document:
    """The index, its places turned into pages, on the pages that follow."""
    made = []
    for page in filter(pages.is_index, setter.sheets.pages):
        section = setter.sheets.section(page)
        index.number(section, places.position)
        made.append(section)
    return setter.document(made, start=len(places.pages) + 1)


def _front_matter(setter: Setter, places: Places) -> list[etree._Element]:
    """Cover, title, imprint, contents and the manuscript's front matter."""
    sheets = setter.sheets
    made = [
        matter.cover_page(sheets.book),
        matter.title_page(sheets.book),
        matter.imprint(sheets.book, setter.theme),
        matter.contents(sheets, places.label),
    ]
    for page in sheets.pages:
        if page.kind == "front" and not pages.is_contents(page):
            section = sheets.section(page)
            pages.fill_far(section, places.label)
            made.append(section)
    return made


def _filler(setter: Setter, count: int) -> list[weasyprint.Page]:
    """A blank left page when the front matter ends on a right one."""
    if count % 2 == 0:
        return []
    blank = element("section", class_="blank")
    return setter.document([blank], start=count + 1).pages


def _identifier(book: Book) -> str:
    """The URN of this edition's PDF."""
    edition = book.edition
    name = f"{edition.identifier}/pdf/{edition.version}/{edition.date}"
    return uuid.uuid5(uuid.NAMESPACE_URL, name).urn
