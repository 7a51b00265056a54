"""A packed EPUB as tests look at it, and a page map for the fixture book."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from lxml import etree

from press import fragment
from press.book import roman
from press.capture import CapturedPage

NS = {
    "h": "http://www.w3.org/1999/xhtml",
    "m": "http://www.w3.org/1998/Math/MathML",
    "o": "http://www.idpf.org/2007/opf",
    "dc": "http://purl.org/dc/elements/1.1/",
    "n": "http://www.daisy.org/z3986/2005/ncx/",
    "epub": "http://www.idpf.org/2007/ops",
    "svg": "http://www.w3.org/2000/svg",
}
ROOT = "EPUB/"
BLOCKS_A_PAGE = 5


def page_map(pages: list[CapturedPage]) -> dict[str, Any]:
    """What a PDF would tell whose pages hold five blocks, the first two empty."""
    labels, blocks = ["i", "ii"], {}
    places = {"title": "i", "imprint": "ii"}
    numbers = {"roman": 2, "arabic": 0}
    for page in pages:
        kind = "roman" if page.kind in ("landing", "front") else "arabic"
        found = [n for n in fragment.parse(page).iter() if n.get(fragment.BLOCK)]
        for node in found[::BLOCKS_A_PAGE]:
            numbers[kind] += 1
            count = numbers[kind]
            labels.append(roman(count).lower() if kind == "roman" else str(count))
            number = int(node.get(fragment.BLOCK))
            blocks.setdefault(page.src, []).append([number, labels[-1]])
    return {
        "pages": labels,
        "places": places,
        "blocks": blocks,
        "identifier": "urn:uuid:a-pdf",
    }


@dataclass(frozen=True)
class Epub:
    """The bytes of an EPUB, and what is in it."""

    content: bytes

    @cached_property
    def zip(self) -> zipfile.ZipFile:
        """The archive."""
        return zipfile.ZipFile(io.BytesIO(self.content))

    @cached_property
    def names(self) -> set[str]:
        """All files, named from the package's folder."""
        return {name.removeprefix(ROOT) for name in self.zip.namelist()}

    def tree(self, name: str) -> etree._Element:
        """A file of the package as XML."""
        return etree.fromstring(self.zip.read(ROOT + name))

    @cached_property
    def package(self) -> etree._Element:
        """The package document."""
        return self.tree("content.opf")

    @cached_property
    def items(self) -> dict[str, etree._Element]:
        """The manifest, by id."""
        return {i.get("id"): i for i in self.package.iterfind(".//o:item", NS)}

    @cached_property
    def spine(self) -> list[str]:
        """The files of the spine, in order."""
        refs = self.package.iterfind(".//o:itemref", NS)
        return [self.items[ref.get("idref")].get("href") for ref in refs]

    @cached_property
    def documents(self) -> dict[str, etree._Element]:
        """All content documents of the spine, by name."""
        return {name: self.tree(name) for name in self.spine}

    @cached_property
    def ids(self) -> dict[str, list[str]]:
        """The ids of each content document, in order."""
        return {name: d.xpath("//@id") for name, d in self.documents.items()}

    def find(self, path: str) -> list[tuple[str, Any]]:
        """What an XPath finds in the content documents, with the file's name."""
        return [
            (name, found)
            for name, document in self.documents.items()
            for found in document.xpath(path, namespaces=NS)
        ]

    def nav(self, kind: str) -> etree._Element:
        """A part of the navigation document: toc, landmarks or page-list."""
        (found,) = self.documents["nav.xhtml"].xpath(
            f"//h:nav[@epub:type='{kind}']", namespaces=NS
        )
        return found

    def place(self, name: str, href: str) -> tuple[int, int]:
        """Where in reading order the target of a link in file `name` lies."""
        file, anchor = target(name, href)
        at = self.ids[file].index(anchor) + 1 if anchor else 0
        return self.spine.index(file), at

    def meta(self, name: str) -> list[str]:
        """The values of a `meta` property, in order."""
        path = f".//o:meta[@property='{name}']/text()"
        return self.package.xpath(path, namespaces=NS)


def target(name: str, href: str) -> tuple[str, str]:
    """File and anchor that a link in file `name` leads to."""
    path, _, anchor = href.partition("#")
    if not path:
        return name, anchor
    parts: list[str] = []
    for part in (PurePosixPath(name).parent / path).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts), anchor
