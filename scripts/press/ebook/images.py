"""Images of the EPUB: found by their address on the site, made safe and opaque."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from press import figures
from press.book import Book
from press.capture import CapturedPage
from press.ebook.package import MEDIA_TYPES, Item
from press.findings import Finding, PressError
from press.fragment import SVG, image_source

FOLDER = "images"
XLINK = "{http://www.w3.org/1999/xlink}href"
ACTIVE = ("script", "foreignObject", "iframe", "audio", "video")
WITHIN = ("#", "data:")
ELSEWHERE = re.compile(r"@import|url\(\s*['\"]?(?!#|data:|\s|['\"])")
SUPERFLUOUS = ("metadata",)


class Images:
    """The images that pages show, each kept once under its name in the package."""

    def __init__(self, book: Book, paper: str) -> None:
        self.book, self.paper = book, paper
        self.files = figures.shown(book)
        self.content: dict[str, bytes] = {}

    def add(self, src: str, page: CapturedPage) -> str:
        """Keep the image that `page` calls `src`; returns its path in the package.

        Raises `PressError` when there is no such file or it can't be used.
        """
        address = image_source(page, src)
        file = self.files.get(address, self.book.docs / address)
        name = (
            f"{FOLDER}/{address.removeprefix(figures.ASSETS + '/').replace('/', '-')}"
        )
        if name not in self.content:
            self.content[name] = self._read(file, src, page)
        return name

    def _read(self, file: Path, src: str, page: CapturedPage) -> bytes:
        place = self.book.by_src[page.src].path
        if not file.is_file():
            message = f"the image {src} is not there"
            raise PressError(Finding(place, 1, "epub-image", message, "add the file"))
        if file.suffix.lower() not in MEDIA_TYPES:
            message = f"e-readers can't show an image of type {file.suffix}"
            raise PressError(Finding(place, 1, "epub-image", message, "use SVG or PNG"))
        content = file.read_bytes()
        return opaque(content, self.paper, file) if file.suffix == ".svg" else content

    def items(self) -> Iterator[Item]:
        """The images as files of the package."""
        for number, (name, content) in enumerate(sorted(self.content.items()), 1):
            yield Item(f"image-{number}", name, content)


def opaque(content: bytes, paper: str, file: Path) -> bytes:
    """A drawing on paper of its own, so that it can be read in the dark.

    Raises `PressError` for what is no plain picture: malformed XML, entities,
    scripts, foreign objects and links to other files.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        raise _unusable(file, line, f"malformed SVG: {error.msg}") from None
    for node in root.iter():
        _refuse_active(node, file)
    for name in SUPERFLUOUS:
        for node in root.findall(f".//{{{SVG}}}{name}"):
            node.getparent().remove(node)
    box = (root.get("viewBox") or "").split()
    if len(box) != 4:
        raise _unusable(file, 1, "the SVG has no viewBox")
    size = dict(zip(("x", "y", "width", "height"), box, strict=True))
    root.insert(0, etree.Element(f"{{{SVG}}}rect", fill=paper, **size))
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _refuse_active(node: etree._Element, file: Path) -> None:
    if isinstance(node, etree._Entity):
        raise _unusable(file, node.sourceline, f"the SVG has an entity {node.text}")
    if not isinstance(node.tag, str):
        return
    name = etree.QName(node).localname
    link = node.get("href") or node.get(XLINK) or "#"
    if name in ACTIVE:
        raise _unusable(file, node.sourceline, f"the SVG has a <{name}>")
    styles = " ".join((node.text or "", *node.attrib.values()))
    if (name != "a" and not link.startswith(WITHIN)) or ELSEWHERE.search(styles):
        message = f"the SVG has a <{name}> that loads another file"
        raise _unusable(file, node.sourceline, message)


def _unusable(file: Path, line: int, message: str) -> PressError:
    return PressError(Finding(file, line, "epub-svg", message, "draw it again"))
