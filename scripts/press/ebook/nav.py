"""Navigation of the EPUB: contents, landmarks and page list; NCX for old readers."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from press.ebook.document import OPS, XML, Document, meaning, serialise
from press.fragment import XHTML, element, tag

NCX = "http://www.daisy.org/z3986/2005/ncx/"
NAV_FILE = "nav.xhtml"
STYLES = "css/book.css"
SHOWN_KINDS = ("part", "chapter")
LANDMARKS = {
    "cover": "Cover",
    "titlepage": "Title page",
    "preface": "Preface",
    "glossary": "Glossary",
    "bibliography": "References",
    "loi": "List of figures",
    "lot": "List of tables",
    "index": "Index",
}


@dataclass
class Entry:
    """A line of the contents and the lines below it."""

    label: str
    href: str
    kind: str = ""
    children: list[Entry] = field(default_factory=list)


def contents(documents: list[Document]) -> list[Entry]:
    """Parts over chapters over sections over their headings, in spine order."""
    top: list[Entry] = []
    open_lists = [top]
    for document in documents:
        if document.level is None:
            continue
        entry = Entry(document.label, document.href, document.role)
        entry.children = [
            Entry(text, f"{document.href}#{anchor}")
            for text, anchor in document.headings
        ]
        del open_lists[document.level + 1 :]
        open_lists[-1].append(entry)
        open_lists.append(entry.children)
    return top


def page_list(documents: list[Document]) -> list[Entry]:
    """The pages of the PDF, in order."""
    return [
        Entry(label, f"{document.href}#{anchor}")
        for document in documents
        for label, anchor in document.pages
    ]


def landmarks(documents: list[Document]) -> list[tuple[str, Entry]]:
    """Where readers jump to, with the `epub:type` of each place."""
    found = [("toc", Entry("Contents", f"{NAV_FILE}#toc"))]
    body = next((d for d in documents if d.matter == "bodymatter"), None)
    for document in documents:
        if document is body:
            found.append(("bodymatter", Entry("Start of the text", document.href)))
        if document.role in LANDMARKS:
            found.append((document.role, Entry(document.label, document.href)))
    return sorted(found, key=lambda pair: pair[0] != "cover")


def stand_in() -> Document:
    """The navigation document among the others: it holds the contents' page mark."""
    empty = element("section")
    return Document(NAV_FILE, "", empty, "frontmatter", level=None, folder="")


def page(documents: list[Document], title: str, language: str) -> bytes:
    """The navigation document; its contents are also a page of the book."""
    root = etree.Element(tag("html"), nsmap={None: XHTML, "epub": OPS})
    root.set("lang", language)
    root.set(f"{{{XML}}}lang", language)
    head = etree.SubElement(root, tag("head"))
    head.append(element("meta", charset="utf-8"))
    head.append(element("title", title))
    head.append(element("link", rel="stylesheet", type="text/css", href=STYLES))
    body = meaning(etree.SubElement(root, tag("body")), "frontmatter")
    for document in documents:
        if document.href == NAV_FILE:
            body.extend(list(copy.deepcopy(document.section)))
    body.append(_nav("toc", "h1", title, _list(contents(documents))))
    marks = _list([entry for _, entry in landmarks(documents)])
    for item, (kind, _) in zip(marks, landmarks(documents), strict=True):
        meaning(item[0], kind)
    body.append(_hidden(_nav("landmarks", "h2", "Landmarks", marks)))
    pages = page_list(documents)
    if pages:
        body.append(_hidden(_nav("page-list", "h2", "Pages", _list(pages))))
    return serialise(root)


def _nav(kind: str, level: str, title: str, listed: etree._Element) -> etree._Element:
    role = {"toc": "doc-toc", "page-list": "doc-pagelist"}.get(kind, "")
    made = meaning(element("nav", id=kind), kind, role, f"{kind}-title")
    made.append(element(level, title, id=f"{kind}-title"))
    made.append(listed)
    return made


def _hidden(node: etree._Element) -> etree._Element:
    node.set("hidden", "hidden")
    return node


def _list(entries: list[Entry]) -> etree._Element:
    listed = element("ol")
    listed.text = "\n"
    for entry in entries:
        item = etree.SubElement(listed, tag("li"))
        if entry.kind in SHOWN_KINDS:
            item.set("class", entry.kind)
        item.append(element("a", entry.label, href=entry.href))
        if entry.children:
            item.append(_list(entry.children))
        item.tail = "\n"
    return listed


def ncx(documents: list[Document], title: str, uid: str) -> bytes:
    """The same contents and pages for readers of EPUB 2."""
    entries, pages = contents(documents), page_list(documents)
    order = _play_order(documents, [*_flat(entries), *pages])
    numbers = [int(page.label) for page in pages if page.label.isdigit()]
    root = etree.Element(f"{{{NCX}}}ncx", nsmap={None: NCX}, version="2005-1")
    head = _add(root, "head")
    for name, content in {
        "dtb:uid": uid,
        "dtb:depth": str(_depth(entries)),
        "dtb:totalPageCount": str(len(pages)),
        "dtb:maxPageNumber": str(max(numbers, default=0)),
    }.items():
        _add(head, "meta", name=name, content=content)
    _text(root, "docTitle", title)
    _points(_add(root, "navMap"), entries, order)
    if pages:
        _targets(_add(root, "pageList"), pages, order)
    return etree.tostring(
        root, encoding="utf-8", xml_declaration=True, pretty_print=True
    )


def _play_order(documents: list[Document], entries: list[Entry]) -> dict[str, int]:
    """Reading order of the places that are linked to, counted from 1."""
    linked = {entry.href for entry in entries}
    places = [
        href
        for document in documents
        for href in (document.href, *(f"{document.href}#{i}" for i in document.ids()))
        if href in linked
    ]
    return {href: number for number, href in enumerate(places, 1)}


def _flat(entries: list[Entry]) -> Iterator[Entry]:
    for entry in entries:
        yield entry
        yield from _flat(entry.children)


def _depth(entries: list[Entry]) -> int:
    return max((1 + _depth(entry.children) for entry in entries), default=0)


def _points(above: etree._Element, entries: list[Entry], order: dict[str, int]) -> None:
    for entry in entries:
        number = str(order[entry.href])
        point = _add(above, "navPoint", id=f"nav-{number}", playOrder=number)
        _text(point, "navLabel", entry.label)
        _add(point, "content", src=entry.href)
        _points(point, entry.children, order)


def _targets(above: etree._Element, pages: list[Entry], order: dict[str, int]) -> None:
    _text(above, "navLabel", "Pages")
    for page in pages:
        number = str(order[page.href])
        kind = "normal" if page.label.isdigit() else "front"
        made = _add(
            above, "pageTarget", id=f"page-{number}", type=kind, playOrder=number
        )
        if kind == "normal":
            made.set("value", page.label)
        _text(made, "navLabel", page.label)
        _add(made, "content", src=page.href)


def _add(above: etree._Element, name: str, /, **attributes: str) -> etree._Element:
    return etree.SubElement(above, f"{{{NCX}}}{name}", attributes)


def _text(above: etree._Element, name: str, text: str) -> None:
    _add(_add(above, name), "text").text = text
