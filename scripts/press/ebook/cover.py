"""The cover as pixels, for shelves and readers that show no SVG."""

from __future__ import annotations

import resvg_py

from press.book import Book
from press.printing import cover

DPI = 96  # what a millimetre of the drawing is before it is scaled to WIDTH
WIDTH = 1780  # pixels, ten for each millimetre of a page 178 mm wide

DPI = 96  # what a millimetre of the drawing is reckoned by


def png(book: Book) -> bytes:
    """The print edition's cover, its words already outlines, as a PNG file."""
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=cover.svg(book), width=WIDTH, dpi=DPI, skip_system_fonts=True
        )
    )
