"""The cover as pixels, for shelves and readers that show no SVG."""

from __future__ import annotations

import resvg_py

from press.book import Book
from press.printing import cover

WIDTH = 1600  # pixels; shops ask for 1,000 at least on the shorter side


def png(book: Book) -> bytes:
    """The print edition's cover, its words already outlines, as a PNG file."""
    drawing = cover.svg(book)
    return bytes(
        resvg_py.svg_to_bytes(svg_string=drawing, width=WIDTH, skip_system_fonts=True)
    )
