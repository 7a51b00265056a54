"""Rules across the outputs: site, EPUB and PDF hold the same book.

The site and the EPUB are compared word by word, page by page of the manuscript.
The PDF is compared with the EPUB block by block: it has no pages of the
manuscript's, breaks words, and prints page numbers and running heads.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

import pikepdf
from lxml import etree
from pikepdf import Name

from press.book import Page
from press.checks.outputs import archive
from press.checks.outputs.built import Built
from press.ebook.content import file_name
from press.findings import Finding
from press.site import address

FIX = "see what changes it on its way to this output"
# What an output adds: the site its navigation; the EPUB the marks of pages and
# call-outs, and in each cell of a stacked table its column.
ADDED = {
    *("headerlink", "above", "site-only", "md-button", "footnote-backref", "used-in"),
    *("column", "co"),
}
ADDED_ROLES = {"doc-pagebreak", "doc-backlink"}
BREAKS = {
    "math",
    "svg",
    "sup",
    "img",
    "pre",
    "aside",
    "table",
}  # drawn or moved in print
APART = {"label", "where"}  # parts of a caption that stand apart in print
BLOCKS = {"p", "h1", "h2", "h3", "h4", "li", "dt", "dd", "td", "th", "figcaption"}
WHERE = re.compile(r"^ \(Book 1, [^()“]*(?:“.*?”)?\)")
TICKS = dict.fromkeys(map(ord, "☐☑"))  # boxes that a browser draws
SEE = re.compile(r"\(p\.\s*\w+\)")
JOINED = dict.fromkeys(map(ord, "-\u00ad\u2010\u2011\ufffe\u2060\u200b"))


def _name(node: etree._Element) -> str:
    return str(node.tag).rpartition("}")[2]


def _added(node: etree._Element) -> bool:
    classes = _classes(node)
    if "kind" in classes:  # of a box that has a title, too
        return bool((node.tail or "").strip())
    return (
        not isinstance(node.tag, str)
        or bool(ADDED & classes)
        or node.get("role") in ADDED_ROLES
    )


def _classes(node: etree._Element) -> set[str]:
    return set((node.get("class") or "").split())


def _texts(node: etree._Element) -> Iterator[str]:
    """The text of an element without what its output adds."""
    if not _added(node):
        yield node.text or ""
        for child in node:
            yield from _texts(child)
            yield _tail(child)
        if _name(node) in BLOCKS:
            yield " "


def _tail(node: etree._Element) -> str:
    """The text after an element; where Book 1 is read the site says on demand."""
    tail = node.tail or ""
    return WHERE.sub("", tail) if "book1" in _classes(node) else tail


def _both(built: Built) -> Iterator[tuple[Page, etree._Element, etree._Element]]:
    """Pages that the site and the EPUB share, with what each shows of them.

    The index names pages in print and sections elsewhere, so it is left out.
    """
    opened = archive.read(built.epub)
    shown = {name.rpartition("/")[2]: d for name, d in opened.documents.items()}
    for page in built.book.pages:
        document = shown.get(file_name(page.src))
        if document is not None and page is not built.book.generated("index"):
            name = f"{address(built.book, page)}index.html"
            article = built.site.pages[name].xpath("//article")[0]
            yield page, article, archive.find(document, "//h:body")[0]


def words(built: Built) -> Iterator[Finding]:
    """The site and the EPUB have the same words in the same order."""
    for page, article, body in _both(built):
        site, epub = (_words(node) for node in (article, body))
        changes = difflib.SequenceMatcher(None, site, epub, autojunk=False)
        for kind, a, b, c, d in changes.get_opcodes():
            if kind != "equal":
                what = (
                    f"the site says “{_quoted(site, a, b)}” where the EPUB says "
                    f"“{_quoted(epub, c, d)}”"
                )
                yield Finding(page.path, 1, "across-words", what, FIX)


def _words(node: etree._Element) -> list[str]:
    return "".join(_texts(node)).translate(TICKS).split()


def _quoted(words: list[str], first: int, last: int) -> str:
    return " ".join(words[max(0, first - 2) : min(last, first + 10) + 2])


def facts(built: Built) -> Iterator[Finding]:
    """Every quantity is printed with the same value on the site and in the EPUB."""
    for page, article, body in _both(built):
        site, epub = _facts(article), _facts(body)
        for anchor in site.keys() | epub.keys():
            if site.get(anchor) != epub.get(anchor):
                what = (
                    f"{anchor} is “{site.get(anchor, '')}” on the site and "
                    f"“{epub.get(anchor, '')}” in the EPUB"
                )
                yield Finding(page.path, 1, "across-facts", what, FIX)


def _facts(node: etree._Element) -> dict[str, str]:
    found = node.xpath(".//*[contains(concat(' ', @class, ' '), ' fact ')][@id]")
    return {one.get("id"): " ".join("".join(_texts(one)).split()) for one in found}


def numbered(built: Built) -> Iterator[Finding]:
    """Figures, tables, listings and equations come in one order, by their labels."""
    for page, article, body in _both(built):
        site, epub = numbered_in(article), numbered_in(body)
        if site != epub:
            odd = next(
                (pair for pair in zip(site, epub, strict=False) if pair[0] != pair[1]),
                (site[len(epub) :], epub[len(site) :]),
            )
            what = f"the site shows {odd[0]} where the EPUB shows {odd[1]}"
            yield Finding(page.path, 1, "across-numbered", what, FIX)


def numbered_in(node: etree._Element) -> list[tuple[str, str]]:
    """The labels of what has a number, each with the drawing that it shows."""
    kinds = " or ".join(
        f"starts-with(@id, '{k}-')" for k in ("fig", "tbl", "lst", "eq")
    )
    return [
        (one.get("id"), next(iter(_drawings(one)), ""))
        for one in node.xpath(f".//*[{kinds}]")
    ]


def _drawings(node: etree._Element) -> Iterator[str]:
    for image in node.iter(etree.Element):
        source = image.get("src") or ""
        if _name(image) == "img" and "#only-dark" not in source:
            yield source.partition("#")[0].rpartition("/")[2].partition(".")[0]


def pictures(built: Built) -> Iterator[Finding]:
    """The PDF shows the EPUB's pictures, in the EPUB's order, as described there."""
    wanted = [
        (page, " ".join((image.get("alt") or "").split()))
        for page, _, body in _both(built)
        for image in archive.find(body, ".//h:figure//h:img")
    ]
    known = {alt for _, alt in wanted}
    printed = [alt for alt in _alternatives(built.pdf.file) if alt in known]
    if printed != [alt for _, alt in wanted]:
        pairs = zip(wanted, [*printed, *[""] * len(wanted)], strict=False)
        page, alt = next(w for w, p in pairs if w[1] != p)
        what = f"the PDF doesn't show “{alt[:60]}” where the EPUB does"
        yield Finding(page.path, 1, "across-pictures", what, FIX)


def _alternatives(file: pikepdf.Pdf) -> Iterator[str]:
    """The descriptions of a PDF's tagged pictures, in reading order."""
    waiting = [file.Root.get(Name.StructTreeRoot)]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, pikepdf.Array):
            waiting[:0] = list(node)
        elif isinstance(node, pikepdf.Dictionary):
            if Name.Alt in node:
                yield " ".join(str(node.Alt).split())
            waiting[:0] = [node[Name.K]] if Name.K in node else []


def printed(built: Built) -> Iterator[Finding]:
    """The PDF prints every block of the EPUB: words, numbers and captions."""
    pages = [close(SEE.sub("", text)) for text in built.pdf.texts]
    whole = "".join(pages)
    for page, _, body in _both(built):
        for text in _pieces(body):
            wanted = close(text)
            if wanted not in whole and not over_pages(wanted, pages):
                what = f"the PDF doesn't print “{' '.join(text.split())[:70]}”"
                yield Finding(page.path, 1, "across-printed", what, FIX)


def _pieces(body: etree._Element) -> Iterator[str]:
    """The text of blocks, in pieces between what the PDF draws or moves."""
    for block in body.iter(etree.Element):
        if _name(block) in BLOCKS and not _added(block):
            yield from filter(str.strip, _split(block).split("\0"))


def _split(node: etree._Element) -> str:
    parts = [node.text or ""]
    for child in node:
        if not isinstance(child.tag, str) or _name(child) in BREAKS | BLOCKS:
            parts.append("\0")
        elif APART & _classes(child):
            parts += ["\0", _split(child), "\0"]
        elif not _added(child):
            parts.append(_split(child))
            if child.get("href", "").startswith("http"):  # print has a note here
                parts.append("\0")
        parts.append(child.tail or "")
    return "".join(parts)


def close(text: str) -> str:
    """A text to compare what lines break: no white space, no hyphens, one case."""
    plain = unicodedata.normalize("NFKC", text).translate(JOINED)
    return "".join(plain.split()).casefold()


def over_pages(wanted: str, pages: list[str]) -> bool:
    """Whether a text begins on a page and ends on the next one."""
    return any(_broken(wanted, one, two) for one, two in pairwise(pages))


def _broken(wanted: str, one: str, two: str) -> bool:
    if wanted[:1] not in one or wanted[-1:] not in two:
        return False
    low, high = 1, len(wanted)
    while low < high:  # the longest beginning that stands on the first page
        middle = (low + high + 1) // 2
        low, high = (middle, high) if wanted[:middle] in one else (low, middle - 1)
    return wanted[:low] in one and wanted[low:] in two


RULES = (words, facts, numbered, pictures, printed)
