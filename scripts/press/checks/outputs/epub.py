"""Rules for an EPUB that validators don't have, or have too softly."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from lxml import etree

from press.checks.outputs import archive
from press.checks.outputs.archive import NCX, NS, XHTML, Archive, find
from press.findings import Finding, PressError

TYPE = f"{{{NS['epub']}}}type"
# Names that XML readers don't know once an HTML parser has lower-cased them.
CAMEL = {
    name.lower(): name
    for name in (
        *("viewBox", "preserveAspectRatio", "gradientUnits", "gradientTransform"),
        *("markerWidth", "markerHeight", "refX", "refY", "patternUnits", "textLength"),
        *("linearGradient", "radialGradient", "clipPath", "textPath", "foreignObject"),
    )
}
CONTENT = {
    "svg": "boolean(//svg:svg)",
    "mathml": "boolean(//m:math)",
    "scripted": "boolean(//h:script | //h:form | //@*[starts-with(name(), 'on')])",
    "remote-resources": "boolean(//*[not(self::h:a)]/@*[name()='src' or name()='href' "
    "or name()='xlink:href'][starts-with(., 'http:') or starts-with(., 'https:')])",
}
ADDRESSES = "//@href | //@src | //@xlink:href"
FILE_NAME = re.compile(r"[\w.-]+\.(?:svg|png|jpe?g|webp|gif)")
WORDS = 10  # words after a page's mark that are looked for on the page


def ids(book: Archive) -> Iterator[Finding]:
    """An id names one place."""
    for name, document in book.documents.items():
        for anchor, count in Counter(document.xpath("//@id")).items():
            if count > 1:
                what = f"the id “{anchor}” stands {count} times"
                fix = "name one place"
                yield Finding(book.place(name), 1, "epub-id", what, fix)


def links(book: Archive) -> Iterator[Finding]:
    """Every link leads to a file of the package, and to a place in it."""
    places = {name: set(d.xpath("//@id")) for name, d in book.documents.items()}
    for name, document in book.documents.items():
        for value in find(document, ADDRESSES):
            node = value.getparent()
            problem = ""
            scheme = urlsplit(value).scheme
            file, anchor = book.target(name, value)
            if scheme:
                linked = node.tag == f"{{{NS['h']}}}a"
                if scheme not in ("http", "https", "mailto") or not linked:
                    problem = f"“{value[:60]}” needs something that the EPUB lacks"
            elif file not in book.files:
                problem = f"“{value}” leads to no file"
            elif anchor and anchor not in places.get(file, set()):
                problem = f"“{value}” leads to a place that isn't there"
            if problem:
                line = node.sourceline or 1
                yield Finding(book.place(name), line, "epub-link", problem, "mend it")


def images(book: Archive) -> Iterator[Finding]:
    """Every image says what it shows, and every drawing keeps its names' case."""
    for name, document in book.documents.items():
        for image in find(document, "//h:img"):
            told = (image.get("alt") or "").strip()
            if not told or FILE_NAME.fullmatch(told):
                what = f"{image.get('src')} has no description"
                line = image.sourceline or 1
                fix = "describe it between the brackets of the image"
                yield Finding(book.place(name), line, "epub-alt", what, fix)
        for drawing in find(document, "//svg:svg"):
            yield from _drawing(book, name, drawing)
    for item in book.items.values():
        if item.media_type == "image/svg+xml":
            yield from _drawing(book, item.name, book.tree(item.name))


def _drawing(book: Archive, name: str, drawing: etree._Element) -> Iterator[Finding]:
    if drawing.get("viewBox") is None:
        what = "the drawing has no viewBox, so readers cut it"
        fix = "write its XML as it is, not as HTML"
        line = drawing.sourceline or 1
        yield Finding(book.place(name), line, "epub-svg", what, fix)
    for node in drawing.iter(etree.Element):
        for used in (etree.QName(node).localname, *node.keys()):
            if used in CAMEL and used != CAMEL[used]:
                what = f"“{used}” is to be written {CAMEL[used]}"
                line = node.sourceline or 1
                yield Finding(book.place(name), line, "epub-svg", what, "mend it")


def order(book: Archive) -> Iterator[Finding]:
    """Contents, spine and NCX have one order, and it names every document."""
    listed = [file for file, _ in targets(book, "toc")]
    spine = {name: place for place, name in enumerate(book.spine)}
    places = [spine.get(name, -1) for name in listed]
    if places != sorted(places):
        at = next(n for n, p in enumerate(places) if p < max(places[: n + 1]))
        what = f"the contents name {listed[at]} out of turn"
        fix = "list documents in the order of the spine"
        yield Finding(book.place(book.nav), 1, "epub-order", what, fix)
    for item in book.items.values():
        if item.media_type == XHTML and item.name not in spine:
            what = f"{item.name} isn't in the spine"
            place = book.place(book.package_name)
            yield Finding(place, 1, "epub-order", what, "add it")
    for ncx in book.items.values():
        if ncx.media_type == NCX and _points(book, ncx.name) != targets(book, "toc"):
            what = "the NCX and the contents differ"
            yield Finding(book.place(ncx.name), 1, "epub-order", what, "use one list")


def _points(book: Archive, name: str) -> list[tuple[str, str]]:
    found = find(book.tree(name), "//n:navMap//n:content/@src")
    return [book.target(name, src) for src in found]


def targets(book: Archive, kind: str) -> list[tuple[str, str]]:
    """Where the links of a part of the navigation lead."""
    found = _nav_links(book, kind)
    return [book.target(book.nav, link.get("href")) for link in found]


def _nav_links(book: Archive, kind: str) -> list[etree._Element]:
    path = f"//h:nav[@epub:type='{kind}']//h:a[@href]"
    return find(book.tree(book.nav), path)


def properties(book: Archive) -> Iterator[Finding]:
    """The manifest says of each document just what it holds."""
    for item in book.items.values():
        if item.media_type != XHTML:
            continue
        document = book.tree(item.name)
        held = {name for name, path in CONTENT.items() if find(document, path)}
        told = item.properties & CONTENT.keys()
        if held != told:
            what = (
                f"the manifest says {sorted(told)} of {item.name}, "
                f"which holds {sorted(held)}"
            )
            place = book.place(book.package_name)
            yield Finding(place, 1, "epub-properties", what, "say what it holds")


def notes(book: Archive) -> Iterator[Finding]:
    """References lead to notes, all notes are referred to and lead back."""
    for name, document in book.documents.items():
        place = book.place(name)
        held = {n.get("id"): n for n in find(document, _typed("footnote"))}
        refs = find(document, _typed("noteref"))
        called = {ref.get("id"): ref.get("href", "").removeprefix("#") for ref in refs}
        for ref in refs:
            if ref.get("href", "").removeprefix("#") not in held:
                what = f"the reference {ref.get('href')} has no note"
                line = ref.sourceline or 1
                yield Finding(place, line, "epub-note", what, "write the note")
        for anchor, note in held.items():
            first = next(iter(find(note, ".//h:a")), None)
            back = "" if first is None else first.get("href", "").removeprefix("#")
            if called.get(back) != anchor:
                what = f"the note {anchor} doesn't lead back to its reference"
                line = note.sourceline or 1
                yield Finding(place, line, "epub-note", what, "call it once")


def _typed(kind: str) -> str:
    held = f"contains(concat(' ', @epub:type, ' '), ' {kind} ')"
    return f"//*[{held}]"


RULES = (ids, links, images, order, properties, notes)


def check(path: Path) -> list[Finding]:
    """All findings of all rules, each once, sorted; a damaged file's alone."""
    try:
        book = archive.read(path)
        return sorted({found for rule in RULES for found in rule(book)})
    except PressError as error:
        return sorted(error.findings)


def pages(
    path: Path, printed: Sequence[tuple[str, str]], begun: Collection[str]
) -> Iterator[Finding]:
    """The page list names the PDF's pages, in order, where their text begins.

    `printed` are the PDF's pages in order, label and text; `begun` the labels of
    those on which a block begins, which have to be listed.
    """
    book = archive.read(path)
    texts = {label: letters(text) for label, text in printed}
    order = {label: n for n, (label, _) in enumerate(printed)}
    place, fix, last = book.place(book.nav), "follow the PDF", -1
    links = _nav_links(book, "page-list")
    for link in links:
        label, line = _label(link), link.sourceline or 1
        if order.get(label, -1) <= last:
            what = f"page {label} is none of the PDF's, or comes out of turn"
            yield Finding(place, line, "epub-pages", what, fix)
        elif problem := _mismarked(book, link, texts[label]):
            what = f"page {label} {problem}"
            yield Finding(place, line, "epub-pages", what, fix)
        last = max(last, order.get(label, -1))
    for label in sorted(set(begun) - set(map(_label, links))):
        yield Finding(place, 1, "epub-pages", f"page {label} isn't listed", fix)


def _label(link: etree._Element) -> str:
    return "".join(link.itertext()).strip()


def _mismarked(book: Archive, link: etree._Element, page: str) -> str:
    """What is wrong with the place that an entry of the page list leads to."""
    file, anchor = book.target(book.nav, link.get("href"))
    mark = next(iter(book.tree(file).xpath("//*[@id=$id]", id=anchor)), None)
    if mark is None or mark.get("aria-label") != _label(link):
        return "leads to no mark of that page"
    return "" if _begins(mark, page) else "is marked before text that isn't on it"


def _begins(mark: etree._Element, page: str) -> bool:
    """Whether the words after a mark stand on the page."""
    text = " ".join(mark.xpath("following::text()")[:60])
    words = [letters(word) for word in text.split()]
    wanted = [word for word in words if len(word) > 2][:WORDS]
    return sum(word in page for word in wanted) * 2 >= len(wanted)


def letters(text: str) -> str:
    """A text's letters and digits in one row, to compare what lines break."""
    return "".join(c for c in text.casefold() if c.isalnum())
