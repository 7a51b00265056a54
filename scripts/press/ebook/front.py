"""Pages of the EPUB that no manuscript page gives: cover, title, imprint, parts."""

from __future__ import annotations

from lxml import etree

from press.book import Book, Part
from press.ebook.content import TITLE_PAGE, file_name
from press.ebook.document import Document, meaning
from press.fragment import element, tag
from press.markdown import day
from press.printing import matter
from press.theme import Theme

COVER = "cover.xhtml"
COVER_IMAGE = "images/cover.png"
IMPRINT = "imprint.xhtml"
TYPE_NOTICE = "The typeface of the text is the one that your reader offers."
PAGES_NOTICE = "Page numbers are those of the PDF of this edition."


def pages(book: Book, theme: Theme, has_pages: bool) -> list[Document]:
    """Cover, title page and imprint; `has_pages` if the PDF's pages are marked."""
    return [_cover(book), _title_page(book), _imprint(book, theme, has_pages)]


def _cover(book: Book) -> Document:
    edition = book.edition
    words = [edition.title, edition.subtitle, edition.author]
    alt = f"Cover: {'. '.join(filter(None, words))}."
    image = element("img", src=f"../{COVER_IMAGE}", alt=alt, role="doc-cover")
    section = meaning(element("section", class_="cover"), "cover")
    section.append(image)
    return Document(COVER, "Cover", section, "frontmatter", None, "cover")


def _title_page(book: Book) -> Document:
    edition = book.edition
    section = element("section", class_="title-page")
    meaning(section, "titlepage", label="title")
    section.append(element("h1", edition.title, id="title"))
    companion = edition.series.get("companion")
    for name, text in {
        "subtitle": edition.subtitle,
        "author": edition.author,
        "series": f"Companion to {companion}" if companion else "",
        "version": f"Version {edition.version}, {day(edition.date)}",
    }.items():
        if text:
            section.append(element("p", text, class_=name))
    return Document(TITLE_PAGE, "Title page", section, "frontmatter", 0, "titlepage")


def _imprint(book: Book, theme: Theme, has_pages: bool) -> Document:
    """The facts of the print edition's imprint, and what is only true here."""
    section = element("section", class_="imprint")
    meaning(section, "copyright-page", label="imprint")
    section.append(element("h1", "Imprint", id="imprint"))
    section.extend(list(matter.imprint(book, theme)))
    section.append(element("p", TYPE_NOTICE))
    if has_pages:
        section.append(element("p", PAGES_NOTICE))
    return Document(IMPRINT, "Imprint", section, "frontmatter", 0, "copyright-page")


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
