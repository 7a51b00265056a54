"""Rules for the theme: the files that a build takes from it are there and sound."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from fontTools.ttLib import TTLibError
from fontTools.ttLib.sfnt import SFNTReader
from lxml import etree

from press import data, site
from press.apparatus import Apparatus
from press.findings import Finding, PressError
from press.theme import Theme

FILES = (
    *(f"site/{name}" for name in (*site.STYLES, "book.js", "favicon.svg")),
    *("print/book.css", "print/cover.svg", "epub/book.css"),
)
WOFF2 = b"wOF2"  # its length is in bytes 8 to 11
BACK = "put the theme's file back"


def files(known: Apparatus) -> Iterator[Finding]:
    """The style sheets, the script and the drawings are there, as text."""
    folder = known.book.root / "theme"
    for path in (folder / name for name in FILES):
        try:
            text = data.read_text(path)
            if path.suffix == ".svg":
                etree.fromstring(text.encode())
        except PressError as error:
            yield from error.findings
        except etree.XMLSyntaxError as error:
            what = f"the drawing is no SVG: {error.msg}"
            yield Finding(path, error.lineno or 1, "theme", what, BACK)


def fonts(known: Apparatus) -> Iterator[Finding]:
    """Every face has its font, whole, and the site's faces have theirs."""
    theme = Theme.load(known.book.root / "theme")
    for face in theme.fonts:
        paths = [theme.folder / "fonts" / face.file]
        if face.site:
            paths.append(theme.folder / "site/fonts" / site.served_name(face.file))
        for path in paths:
            if not path.is_file():
                what = f"{face.family} has no file here"
                yield Finding(path, 1, "theme", what, f"{BACK} or mend `fonts:`")
            elif not _is_font(path):
                yield Finding(path, 1, "theme", "the file is no whole font", BACK)


def _is_font(path: Path) -> bool:
    """Whether a file begins as fonts do and is as long as it says."""
    raw = path.read_bytes()
    if raw.startswith(WOFF2):
        return int.from_bytes(raw[8:12]) == len(raw)
    try:
        tables = SFNTReader(io.BytesIO(raw)).tables.values()
    except TTLibError:
        return False
    return all(table.offset + table.length <= len(raw) for table in tables)


BOOK_RULES = (files, fonts)
