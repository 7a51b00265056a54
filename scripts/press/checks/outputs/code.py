"""Code comes out of each output as it went in: line by line, nothing cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from press import listings
from press.book import Book, Page
from press.checks.outputs import archive
from press.checks.outputs.archive import find
from press.checks.outputs.site import Site
from press.ebook.content import file_name
from press.findings import Finding
from press.markdown import CIRCLED
from press.site import address
from press.source import Fence

MARKS = dict.fromkeys(map(ord, CIRCLED))
FIX = "see what changes code on its way to this output"


@dataclass(frozen=True)
class Code:
    """A block of code of the manuscript: its page, its first line, its text."""

    page: Page
    line: int
    lines: tuple[str, ...]


def blocks(book: Book) -> list[Code]:
    """All code of the book, as its sources have it."""
    return [
        Code(page, fence.line, _lines(book, page, fence))
        for page in book.pages
        for fence in page.scan.fences
    ]


def _lines(book: Book, page: Page, fence: Fence) -> tuple[str, ...]:
    source = listings.parse(fence.info)
    if source is None:
        opening = page.text.split("\n")[fence.line - 1]
        indent = opening[: len(opening) - len(opening.lstrip())]
        return _trimmed(line.removeprefix(indent) for line in fence.body)
    file = listings.locate(book.root, page.path.parent, source["path"])
    cut = listings.cut(file, source["path"], source["section"])
    return _trimmed(text for _, text in cut.lines)


def _trimmed(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple("\n".join(line.rstrip() for line in lines).strip("\n").split("\n"))


def in_epub(book: Book, path: Path) -> Iterator[Finding]:
    """The EPUB's code is the source's."""
    opened = archive.read(path)
    shown = {name.rpartition("/")[2]: d for name, d in opened.documents.items()}
    for page in book.pages:
        document = shown.get(file_name(page.src))
        if document is not None:
            found = [_text(pre) for pre in find(document, "//h:pre")]
            yield from _compared(book, page, found, "the EPUB")


def on_site(book: Book, site: Site) -> Iterator[Finding]:
    """The site's code is the source's."""
    for page in book.pages:
        document = site.pages[f"{address(book, page)}index.html"]
        found = [_text(pre) for pre in document.xpath("//article//pre")]
        yield from _compared(book, page, found, "the site")


def _text(pre: etree._Element) -> tuple[str, ...]:
    """What a block shows, without the marks of call-outs."""
    return _trimmed("".join(pre.itertext()).translate(MARKS).split("\n"))


def _compared(
    book: Book, page: Page, found: Sequence[tuple[str, ...]], output: str
) -> Iterator[Finding]:
    wanted = [code for code in blocks(book) if code.page is page]
    if len(wanted) != len(found):
        what = f"{output} shows {len(found)} of {len(wanted)} blocks of code"
        yield Finding(page.path, 1, "code-lost", what, FIX)
        return
    for code, lines in zip(wanted, found, strict=True):
        if code.lines != lines:
            pairs = zip([*code.lines, ""], [*lines, ""], strict=False)
            line = next((a or b for a, b in pairs if a != b), "")
            what = f"{output} changes “{line.strip()}”"
            yield Finding(page.path, code.line, "code-lost", what, FIX)


def in_pdf(book: Book, texts: Sequence[str]) -> Iterator[Finding]:
    """Each line of code stands whole on a page; `texts` are the pages'."""
    printed = _close("".join(texts))
    for code in blocks(book):
        if code.page.kind == "landing":
            continue
        for line in code.lines:
            if _close(line) not in printed:
                what = f"the PDF cuts “{line.strip()}”"
                yield Finding(code.page.path, code.line, "code-lost", what, FIX)


def _close(text: str) -> str:
    """A text without white space, to compare what lines break."""
    return "".join(text.translate(MARKS).split())
