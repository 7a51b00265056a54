"""An EPUB as the rules look at it: its files, its package, its documents."""

from __future__ import annotations

import posixpath
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urldefrag

from lxml import etree

from press.findings import Finding, PressError

NS = {
    "h": "http://www.w3.org/1999/xhtml",
    "m": "http://www.w3.org/1998/Math/MathML",
    "o": "http://www.idpf.org/2007/opf",
    "c": "urn:oasis:names:tc:opendocument:xmlns:container",
    "n": "http://www.daisy.org/z3986/2005/ncx/",
    "epub": "http://www.idpf.org/2007/ops",
    "svg": "http://www.w3.org/2000/svg",
    "xlink": "http://www.w3.org/1999/xlink",
}
CONTAINER = "META-INF/container.xml"
XHTML = "application/xhtml+xml"
NCX = "application/x-dtbncx+xml"
FIX = "build the EPUB again"


@dataclass(frozen=True)
class Item:
    """A file of the manifest."""

    name: str
    media_type: str
    properties: frozenset[str]


@dataclass(frozen=True)
class Archive:
    """The files of an EPUB by their names in the archive."""

    path: Path
    files: dict[str, bytes]

    def place(self, name: str) -> Path:
        """Where a finding says that a file lies."""
        return self.path / name

    def tree(self, name: str) -> etree._Element:
        """A file as XML; raises `PressError` when it isn't."""
        try:
            return etree.fromstring(self.files[name])
        except KeyError:
            what = f"the EPUB has no {name}"
            raise PressError(Finding(self.path, 1, "epub-broken", what, FIX)) from None
        except etree.XMLSyntaxError as error:
            line = error.lineno or 1
            found = Finding(self.place(name), line, "epub-broken", error.msg, FIX)
            raise PressError(found) from None

    @cached_property
    def package_name(self) -> str:
        """The name of the package document."""
        found = self.tree(CONTAINER).find(".//c:rootfile", NS)
        return "" if found is None else found.get("full-path", "")

    @cached_property
    def package(self) -> etree._Element:
        """The package document."""
        return self.tree(self.package_name)

    @cached_property
    def items(self) -> dict[str, Item]:
        """The manifest, by id."""
        return {
            node.get("id"): Item(
                self.target(self.package_name, node.get("href", ""))[0],
                node.get("media-type", ""),
                frozenset(node.get("properties", "").split()),
            )
            for node in self.package.iterfind("o:manifest/o:item", NS)
        }

    @cached_property
    def spine(self) -> list[str]:
        """The files of the spine, in order."""
        refs = self.package.iterfind("o:spine/o:itemref", NS)
        return [self.items[ref.get("idref")].name for ref in refs]

    @cached_property
    def documents(self) -> dict[str, etree._Element]:
        """All content documents of the spine, by name."""
        return {name: self.tree(name) for name in self.spine}

    @cached_property
    def nav(self) -> str:
        """The name of the navigation document, or ""."""
        names = (i.name for i in self.items.values() if "nav" in i.properties)
        return next(names, "")

    def target(self, name: str, href: str) -> tuple[str, str]:
        """File and anchor that a link in file `name` leads to."""
        path, anchor = urldefrag(href)
        if not path:
            return name, unquote(anchor)
        joined = posixpath.join(posixpath.dirname(name), unquote(path))
        return posixpath.normpath(joined), unquote(anchor)


def read(path: Path) -> Archive:
    """Open an EPUB; raises `PressError` when it is damaged."""
    try:
        with zipfile.ZipFile(path) as opened:
            names = [n for n in opened.namelist() if not n.endswith("/")]
            return Archive(path, {name: opened.read(name) for name in names})
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        what = f"the archive is damaged: {error}"
        raise PressError(Finding(path, 1, "epub-broken", what, FIX)) from None


def find(node: etree._Element, path: str) -> list:
    """What an XPath finds, with the prefixes that EPUBs use."""
    return node.xpath(path, namespaces=NS)
