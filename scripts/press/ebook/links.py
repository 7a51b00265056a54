"""Links of the EPUB: what each kind means, and whether it leads somewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from press import fragment
from press.book import Book
from press.ebook.document import Document, meaning
from press.findings import Finding
from press.fragment import drop, find, having, text_of

NAV = "../nav.xhtml"
SCHEMES = ("http:", "https:", "mailto:")


def mark(body: etree._Element) -> None:
    """Say what links to terms, sources and Book 1 are; drop repeated places."""
    for link in find(body, f".//h:a[{having('again')}]"):
        _drop_repeated(link)
    for link in find(body, f".//h:a[{having('term')}]"):
        meaning(link, "glossref", "doc-glossref")
    for link in find(body, f".//h:span[{having('cite')}]/h:a"):
        meaning(link, "biblioref", "doc-biblioref")
    for link in find(body, f".//h:a[{having('book1')}]"):
        _name_place(link)


def _name_place(link: etree._Element) -> None:
    """After a link to Book 1, its place there, as far as the text doesn't say it."""
    where, text = link.get("data-where", ""), text_of(link)
    chapter, _, title = where.partition(", “")
    if title and title.rstrip("”") in text:
        where = chapter
    if where and not text.startswith(where.split(",")[0]):
        link.tail = f" ({where})" + (link.tail or "")


def _drop_repeated(link: etree._Element) -> None:
    """Take out an index entry's further place on a page that it names already."""
    before = link.getprevious()
    if before is not None and not (before.tail or "").strip(" ,"):
        before.tail = None
    drop(link)


def line_of(book: Book, src: str, text: str) -> int:
    """The line of the manuscript page that holds `text`, else 1."""
    source = book.by_src[src].text
    return source.count("\n", 0, max(source.find(text), 0)) + 1


def unresolved(documents: list[Document], book: Book) -> Iterator[Finding]:
    """Links that lead nowhere, and ids that a file has twice."""
    ids = {document.name: document.ids() for document in documents}
    for document in documents:
        path = book.by_src[document.src].path if document.src else book.root
        for link in find(document.section, ".//h:a[@href]"):
            href = link.get("href")
            if not _leads_somewhere(href, document.name, ids):
                anchor = href.partition("#")[2] or href
                line = line_of(book, document.src, anchor) if document.src else 1
                message = f"the link to {href} leads nowhere"
                fix = "mend the link or its target"
                yield Finding(path, line, "epub-link", message, fix)
        for name, count in Counter(ids[document.name]).items():
            if count > 1:
                message = f"the id “{name}” is there twice"
                yield Finding(path, 1, "epub-id", message, "rename one")


def _leads_somewhere(href: str, here: str, ids: dict[str, list[str]]) -> bool:
    """Whether the link goes to a page of the book or out of it to a known scheme."""
    if fragment.ABSOLUTE.match(href) or href == NAV:
        return href == NAV or href.startswith(SCHEMES)
    name, _, anchor = href.partition("#")
    known = ids.get(name or here)
    return known is not None and (not anchor or anchor in known)
