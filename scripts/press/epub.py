"""The EPUB: captured pages to content documents, navigation and one package."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from press.book import Book
from press.build import epoch
from press.capture import CapturedPage
from press.ebook import cover, front, nav, package
from press.ebook.breaks import Breaks
from press.ebook.content import Converter
from press.ebook.document import Document
from press.ebook.images import Images
from press.ebook.links import unresolved
from press.ebook.package import Item
from press.findings import Finding, PressError, refuse
from press.printing.pages import CONTENTS, COVER, IMPRINT, TITLE, part_anchor
from press.theme import Theme

NAV_TITLE = "Contents"
FRONT_PLACES = (COVER, TITLE, IMPRINT)
BEFORE_CONTENTS = len(FRONT_PLACES)
STYLE_SHEET = "epub/book.css"
OMITTED = ("landing",)
FONT = re.compile(r"url\(\.\./fonts/([\w.-]+)\)")


def write(
    book: Book, pages: list[CapturedPage], path: Path, page_map: dict[str, Any]
) -> None:
    """Write the EPUB of the captured pages to `path`.

    `page_map` is what the PDF tells of its pages, or empty. Raises `PressError`
    for a link or an image that leads nowhere and for what an EPUB can't hold.
    """
    theme = Theme.load(book.root / "theme")
    images = Images(book, theme.palette["light"]["paper"])
    documents = _documents(book, theme, pages, page_map, images)
    refuse(unresolved(documents, book))
    language = book.edition.language
    written = [d for d in documents if d.href != nav.NAV_FILE]
    content = [
        Item(f"doc-{number}", d.href, d.markup(language), *d.properties())
        for number, d in enumerate(written, 1)
    ]
    spine = [item.id for item in content]
    spine.insert(BEFORE_CONTENTS, "nav")
    package.save(
        book,
        path,
        [*_navigation(book, documents), *content, *_look(book, theme), *images.items()],
        spine,
        _features(documents),
        page_map.get("identifier", "") if nav.page_list(documents) else "",
        epoch(book),
    )


def _documents(
    book: Book,
    theme: Theme,
    pages: list[CapturedPage],
    page_map: dict[str, Any],
    images: Images,
) -> list[Document]:
    """All content documents in reading order."""
    contents = book.generated("contents")
    by_url = {page.url: page.src for page in pages}
    breaks = Breaks(
        page_map.get("pages", ()),
        page_map.get("blocks", {}),
        page_map.get("places", {}),
    )
    converter = Converter(book, by_url, breaks, images.add)
    parts = {part.number: part for part in book.parts}
    made = front.pages(book, theme, bool(page_map))
    for document, place in zip(made, FRONT_PLACES, strict=True):
        breaks.open(document, place)
    made.append(nav.stand_in())
    breaks.open(made[-1], CONTENTS)
    for page in pages:
        if page.kind in OMITTED or (contents and page.src == contents.src):
            continue
        if page.part in parts:
            part = parts.pop(page.part)
            made.append(front.part(part))
            breaks.open(made[-1], part_anchor(part))
        made.append(converter.document(page))
    return made


def _navigation(book: Book, documents: list[Document]) -> list[Item]:
    """The navigation document and the NCX."""
    edition = book.edition
    page = nav.page(documents, NAV_TITLE, edition.language)
    ncx = nav.ncx(documents, edition.title, edition.identifier)
    return [Item("nav", nav.NAV_FILE, page, "nav"), Item("ncx", "toc.ncx", ncx)]


def _look(book: Book, theme: Theme) -> list[Item]:
    """The style sheet, the fonts that it names and the cover."""
    path = theme.folder / STYLE_SHEET
    css = theme.fill(path.read_text(encoding="utf-8"))
    fonts = theme.folder / "fonts"
    items = [Item("style", "css/book.css", css.encode())]
    for number, name in enumerate(dict.fromkeys(FONT.findall(css)), 1):
        font = fonts / name
        if not font.is_file():
            message = f"the theme has no font {name}"
            raise PressError(Finding(path, 1, "epub-font", message, "add it"))
        items.append(Item(f"font-{number}", f"fonts/{name}", font.read_bytes()))
    picture = cover.png(book)
    items.append(Item("cover-image", front.COVER_IMAGE, picture, "cover-image"))
    return items


def _features(documents: list[Document]) -> tuple[str, ...]:
    """Accessibility features that this edition has beyond every edition's."""
    math = ("MathML",) if any(d.has_math() for d in documents) else ()
    pages = package.PAGE_FEATURES if nav.page_list(documents) else ()
    index = ("index",) if any(d.role == "index" for d in documents) else ()
    return (*math, *pages, *index)
