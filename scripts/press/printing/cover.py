"""The cover: a drawing of the theme whose words are set as outlines.

`theme/print/cover.svg` holds `<text data-slot="title">` and the like. Each is
replaced by the outlines of the book's own words, so that the cover needs no
font where it is shown.
"""

from __future__ import annotations

from pathlib import Path

from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont
from lxml import etree

from press.book import Book
from press.fragment import SVG
from press.printing import fonts
from press.theme import Theme

TEMPLATE = "print/cover.svg"


def svg(book: Book) -> str:
    """The cover of this book as SVG text that needs no fonts."""
    theme = Theme.load(book.root / "theme")
    text = (theme.folder / TEMPLATE).read_text(encoding="utf-8")
    root = etree.fromstring(theme.fill(text).encode())
    words = slots(book)
    ends: dict[str, float] = {}
    for slot in list(root.iter(f"{{{SVG}}}text")):
        name = slot.get("data-slot", "")
        top = float(slot.get("y")) + ends.get(slot.get("data-below", ""), 0.0)
        drawn, ends[name] = outlines(slot, words.get(name, ""), top, theme)
        slot.getparent().replace(slot, drawn)
    return etree.tostring(root, encoding="unicode")


def slots(book: Book) -> dict[str, str]:
    """The words that a cover can show."""
    edition = book.edition
    return {
        "title": edition.title,
        "subtitle": edition.subtitle,
        "author": edition.author,
        "series": series(book),
        "version": f"Version {edition.version}",
    }


def series(book: Book) -> str:
    """What the book says of the one that it belongs to."""
    companion = book.edition.series.get("companion")
    return f"Companion to {companion}" if companion else ""


def outlines(
    slot: etree._Element, words: str, y: float, theme: Theme
) -> tuple[etree._Element, float]:
    """The words as one path, broken into lines of the slot's width.

    `y` is the first line's baseline; the last line's is returned beside the path.
    """
    size = float(slot.get("font-size"))
    step = float(slot.get("data-leading", size))
    face = _face(slot.get("font-family"), int(slot.get("font-weight")), theme)
    with TTFont(face) as font:
        setter = _Setter(font, size, float(slot.get("letter-spacing", "0")))
        lines = setter.broken(words, float(slot.get("data-width")))
        x = float(slot.get("x"))
        drawn = [setter.path(line, x, y + step * n) for n, line in enumerate(lines)]
    path = etree.Element(f"{{{SVG}}}path", d=" ".join(drawn), fill=slot.get("fill"))
    path.tail = slot.tail
    return path, y + step * max(len(lines) - 1, 0)


def _face(family: str, weight: int, theme: Theme) -> Path:
    """The upright face of the family that comes nearest in weight."""
    known = [f for f in fonts.faces(theme) if not f.italic]
    fitting = [f for f in known if f.family == family] or known
    return min(fitting, key=lambda face: abs(face.weight - weight)).path


class _Setter:
    """Sets lines of text in one font at one size (units of the drawing)."""

    def __init__(self, font: TTFont, size: float, spacing: float) -> None:
        self.glyphs = font.getGlyphSet()
        self.names = font.getBestCmap()
        self.scale = size / font["head"].unitsPerEm
        self.spacing = spacing

    def broken(self, words: str, width: float) -> list[str]:
        """The words in as few lines as fit, the lines as even as can be."""
        lines = self._filled(words, width)
        narrower = width
        while len(lines) > 1:
            narrower -= width / 100
            again = self._filled(words, narrower)
            if len(again) > len(lines) or max(map(self.width, again)) > width:
                break
            lines = again
        return lines

    def _filled(self, words: str, width: float) -> list[str]:
        lines: list[str] = []
        for word in words.split():
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self.width(longer) <= width:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def width(self, line: str) -> float:
        """How wide the line runs."""
        glyphs = [self.glyphs[self._name(c)].width * self.scale for c in line]
        return sum(glyphs) + self.spacing * len(glyphs)

    def path(self, line: str, x: float, y: float) -> str:
        """The line's outlines, its baseline beginning at (x, y)."""
        pen = SVGPathPen(
            self.glyphs, lambda value: f"{value:.2f}".rstrip("0").rstrip(".")
        )
        for character in line:
            glyph = self.glyphs[self._name(character)]
            glyph.draw(TransformPen(pen, (self.scale, 0, 0, -self.scale, x, y)))
            x += glyph.width * self.scale + self.spacing
        return pen.getCommands()

    def _name(self, character: str) -> str:
        return self.names.get(ord(character), ".notdef")


def _short(value: float) -> str:
    """A coordinate with two decimals at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
