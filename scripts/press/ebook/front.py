"""Pages of the EPUB that no manuscript page gives: cover, title, imprint, parts."""

from __future__ import annotations

import os

from lxml import etree

from press.book import Book, Part
from press.ebook.content import TITLE_PAGE, file_name
from press.ebook.document import Document, meaning
from press.fragment import element, tag
from press.markdown import day

COVER = "cover.xhtml"
COVER_IMAGE = "images/cover.png"
IMPRINT = "imprint.xhtml"
LOCAL = ("http://127.0.0.1", "http://localhost")
NOTICE = (
    "Code is set in JetBrains Mono, © The JetBrains Mono Project Authors, under the "
    "SIL Open Font License 1.1. Everything else is set in the typefaces that your "
    "reader offers."
)
PAGES_NOTICE = "Page numbers are those of the PDF of this edition."


def pages(book: Book, has_pages: bool) -> list[Document]:
    """Cover, title page and imprint."""
    return [_cover(book), _title_page(book), _imprint(book, has_pages)]


def _cover(book: Book) -> Document:
    edition = book.edition
    words = [edition.title, edition.subtitle, edition.author]
    alt = "Cover: " + ". ".join(word for word in words if word) + "."
    image = element("img", src=f"../{COVER_IMAGE}", alt=alt, role="doc-cover")
    section = meaning(element("section", class_="cover"), "cover")
    section.append(image)
    return Document(COVER, "Cover", section, "frontmatter", None, "cover")


def _title_page(book: Book) -> Document:
    edition = book.edition
    section = element("section", class_="title-page")
    meaning(section, "titlepage", label="title")
    section.append(element("h1", edition.title, id="title"))
    if edition.subtitle:
        section.append(element("p", edition.subtitle, class_="subtitle"))
    section.append(element("p", edition.author, class_="author"))
    section.append(element("p", _version(book), class_="version"))
    return Document(TITLE_PAGE, "Title page", section, "frontmatter", 0, "titlepage")


def _version(book: Book) -> str:
    return f"Version {book.edition.version}, {day(book.edition.date)}"


def _imprint(book: Book, has_pages: bool) -> Document:
    section = element("section", class_="imprint")
    meaning(section, "copyright-page", label="imprint")
    section.append(element("h1", "Imprint", id="imprint"))
    section.extend(element("p", line) for line in imprint(book))
    places = [
        place for place in (book.edition.site_url, book.edition.repo_url) if place
    ]
    for place in places:
        if not place.startswith(LOCAL):
            paragraph = etree.SubElement(section, tag("p"))
            paragraph.append(element("a", place, href=place))
    section.append(element("p", NOTICE))
    if has_pages:
        section.append(element("p", PAGES_NOTICE))
    return Document(IMPRINT, "Imprint", section, "frontmatter", 0, "copyright-page")


def imprint(book: Book) -> list[str]:
    """What the imprint says of the edition, a paragraph each."""
    edition = book.edition
    commit = os.environ.get("PRESS_RELEASE_COMMIT", "")
    lines = [
        f"{edition.title}. {edition.subtitle}".rstrip(". ") + ".",
        _version(book) + (f", commit {commit}." if commit else "."),
        edition.rights,
        statuses(book),
        f"Identifier: {edition.identifier}",
    ]
    if edition.series:
        lines.insert(2, f"A companion to {edition.series.get('companion', '')}.")
    return [line for line in lines if line]


def statuses(book: Book) -> str:
    """How far the chapters are: `Chapter 1 is begun; chapters 2–13 are planned.`"""
    runs: list[tuple[str, list[int]]] = []
    for chapter in book.chapters:
        if runs and runs[-1][0] == chapter.status:
            runs[-1][1].append(chapter.number)
        else:
            runs.append((chapter.status, [chapter.number]))
    told = [
        f"chapters {numbers[0]}–{numbers[-1]} are {status}"
        if len(numbers) > 1
        else f"chapter {numbers[0]} is {status}"
        for status, numbers in runs
    ]
    text = "; ".join(told)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def part(given: Part) -> Document:
    """A part's own page, with links to its chapters."""
    name = f"Part {given.roman}"
    anchor = f"part-{given.number}"
    section = meaning(element("section", class_="part"), "part", "doc-part", anchor)
    title = element("h1", id=anchor)
    number = etree.SubElement(title, tag("span"))
    number.set("class", "part-number")
    number.text, number.tail = name, f" {given.title}"
    section.append(title)
    listed = etree.SubElement(section, tag("ul"))
    for chapter in given.chapters:
        item = etree.SubElement(listed, tag("li"))
        label = f"{chapter.number}. {chapter.title}"
        item.append(element("a", label, href=file_name(chapter.opener.src)))
    return Document(
        f"part-{given.number}.xhtml",
        f"{name}. {given.title}",
        section,
        "bodymatter",
        0,
        "part",
    )
