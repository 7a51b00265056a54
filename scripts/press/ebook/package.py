"""The package of the EPUB: metadata, manifest, spine and a zip of fixed bytes.

ebooklib only writes the package document and the archive. It never parses a
content file: its HTML parser would lower-case SVG attributes and drop heads.
"""

from __future__ import annotations

import datetime
import os
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from ebooklib import epub
from lxml import etree

from press.book import Book
from press.ebook.document import XML
from press.edition import Edition

OLDEST = 315_532_800  # 1980-01-01, in seconds: no zip knows an earlier date
COMPRESSION = 9
MIMETYPE = "application/epub+zip"
MEDIA_TYPES = {
    ".xhtml": "application/xhtml+xml",
    ".ncx": "application/x-dtbncx+xml",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
    ".woff2": "font/woff2",
}
UID = "pub-id"
FEATURES = (
    "structuralNavigation",
    "tableOfContents",
    "readingOrder",
    "alternativeText",
    "displayTransformability",
)
PAGE_FEATURES = ("pageBreakMarkers", "pageNavigation")
SUMMARY = (
    "All text, code and tables are real text that can be enlarged and restyled. "
    "Every figure has a text alternative that tells what it shows. "
    "Formulas are MathML with their TeX source as alternative text. "
    "Nothing moves, flashes or makes a sound."
)


class Item(epub.EpubItem):
    """A file whose bytes go into the package as they are."""

    def __init__(self, uid: str, name: str, content: bytes, *properties: str) -> None:
        media_type = MEDIA_TYPES[Path(name).suffix.lower()]
        super().__init__(
            uid=uid, file_name=name, media_type=media_type, content=content
        )
        self.properties = list(properties)


class _Archive(zipfile.ZipFile):
    """A zip whose entries all carry one time and no trace of the machine."""

    stamp: tuple[int, ...]

    def writestr(self, name: str, data: bytes | str, **_: object) -> None:
        info = zipfile.ZipInfo(name, self.stamp)
        info.create_system, info.external_attr = 3, 0o644 << 16
        stored = name == "mimetype"
        info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
        super().writestr(info, data, compresslevel=COMPRESSION)


class _Writer(epub.EpubWriter):
    """ebooklib's writer, which names the language, keeps time out and fails loudly."""

    def __init__(self, path: Path, book: epub.EpubBook, epoch: int) -> None:
        moment = datetime.datetime.fromtimestamp(epoch, datetime.UTC)
        super().__init__(str(path), book, {"mtime": moment, "epub3_pages": False})
        self.epoch = epoch

    def _write_opf_file(self, root: etree._Element) -> None:
        root.set(f"{{{XML}}}lang", self.book.language)
        root.attrib.pop("prefix", None)
        super()._write_opf_file(root)

    def write(self) -> None:
        self.out = _Archive(self.file_name, "w")
        self.out.stamp = time.gmtime(max(OLDEST, self.epoch))[:6]
        with self.out:
            self.out.writestr("mimetype", MIMETYPE)
            self._write_container()
            self._write_opf()
            self._write_items()


def save(
    book: Book,
    path: Path,
    items: list[Item],
    spine: list[str],
    features: tuple[str, ...],
    page_source: str,
    epoch: int,
) -> None:
    """Write the package to `path`, whole or not at all.

    `spine` names items by id; `page_source` identifies the PDF that the page
    list follows ("" without one); `epoch` is in seconds.
    """
    package = epub.EpubBook()
    package.metadata = {}
    package.IDENTIFIER_ID = UID
    package.set_identifier(book.edition.identifier)
    package.title, package.language = book.edition.title, book.edition.language
    for namespace, name, value, attributes in _metadata(
        book.edition, features, page_source
    ):
        package.add_metadata(namespace, name, value, attributes)
    for item in items:
        package.add_item(item)
    package.spine = spine
    aside = path.with_name(f".{path.name}.new")
    writer = _Writer(aside, package, epoch)
    writer.process()
    writer.write()
    os.replace(aside, path)


Statement = tuple[str | None, str, str | None, dict[str, str]]


def _metadata(
    edition: Edition, features: tuple[str, ...], page_source: str
) -> Iterator[Statement]:
    """Every statement of the package document but the identifier."""
    yield from _titles(edition)
    yield "DC", "language", edition.language, {}
    yield "DC", "creator", edition.author, {"id": "author"}
    yield _meta("file-as", file_as(edition.author), refines="#author")
    yield _meta("role", "aut", refines="#author", scheme="marc:relators")
    yield "DC", "date", edition.date.isoformat(), {}
    for name in ("publisher", "rights", "description"):
        if getattr(edition, name):
            yield "DC", name, getattr(edition, name), {}
    for subject in edition.subjects:
        yield "DC", "subject", subject, {}
    if edition.series:
        yield _meta("belongs-to-collection", edition.series["name"], id="series")
        yield _meta("collection-type", "series", refines="#series")
        if "position" in edition.series:
            position = str(edition.series["position"])
            yield _meta("group-position", position, refines="#series")
    yield from _accessibility(features, page_source)
    yield None, "meta", None, {"name": "cover", "content": "cover-image"}


def _titles(edition: Edition) -> Iterator[Statement]:
    yield "DC", "title", edition.title, {"id": "title"}
    yield _meta("title-type", "main", refines="#title")
    yield _meta("display-seq", "1", refines="#title")
    if edition.subtitle:
        yield "DC", "title", edition.subtitle, {"id": "subtitle"}
        yield _meta("title-type", "subtitle", refines="#subtitle")
        yield _meta("display-seq", "2", refines="#subtitle")


def _accessibility(features: tuple[str, ...], page_source: str) -> Iterator[Statement]:
    """What is true of every edition; conformance is for a person to certify."""
    for mode in ("textual", "visual"):
        yield _meta("schema:accessMode", mode)
    for modes in ("textual", "textual,visual"):
        yield _meta("schema:accessModeSufficient", modes)
    for feature in (*FEATURES, *features):
        yield _meta("schema:accessibilityFeature", feature)
    yield _meta("schema:accessibilityHazard", "none")
    yield _meta("schema:accessibilitySummary", SUMMARY)
    if page_source:
        yield _meta("pageBreakSource", page_source)


def _meta(name: str, value: str, **attributes: str) -> Statement:
    return None, "meta", value, {"property": name, **attributes}


def file_as(author: str) -> str:
    """A name as it is filed: `Jackson, Steve`."""
    first, _, last = author.rpartition(" ")
    return f"{last}, {first}" if first else last
