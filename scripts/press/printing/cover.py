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
    root = _template(theme)
    words = slots(book)
    ends: dict[str, float] = {}
    for slot in list(root.iter(f"{{{SVG}}}text")):
        name = slot.get("data-slot", "")
        top = float(slot.get("y")) + ends.get(slot.get("data-below", ""), 0.0)
        drawn, ends[name] = outlines(slot, words.get(name, ""), top, theme)
        slot.getparent().replace(slot, drawn)
    return etree.tostring(root, encoding="unicode")


def lines(book: Book, name: str) -> list[str]:
    """A slot's words, broken into lines as the cover breaks them."""
    theme = Theme.load(book.root / "theme")
    words = slots(book)[name]
    for slot in _template(theme).iter(f"{{{SVG}}}text"):
        if slot.get("data-slot") == name:
            with TTFont(_face(slot, theme)) as font:
                return _Setter(slot, font).lines(words)
    return [words]


def _template(theme: Theme) -> etree._Element:
    text = (theme.folder / TEMPLATE).read_text(encoding="utf-8")
    return etree.fromstring(theme.fill(text).encode())


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
    step = float(slot.get("data-leading", slot.get("font-size")))
    with TTFont(_face(slot, theme)) as font:
        setter = _Setter(slot, font)
        broken = setter.lines(words)
        x = float(slot.get("x"))
        drawn = [setter.path(line, x, y + step * n) for n, line in enumerate(broken)]
    path = etree.Element(f"{{{SVG}}}path", d=" ".join(drawn), fill=slot.get("fill"))
    path.tail = slot.tail
    return path, y + step * max(len(broken) - 1, 0)


def _face(slot: etree._Element, theme: Theme) -> Path:
    """The upright face of the slot's family that comes nearest in weight."""
    weight = int(slot.get("font-weight"))
    known = [f for f in fonts.faces(theme) if not f.italic]
    fitting = [f for f in known if f.family == slot.get("font-family")] or known
    return min(fitting, key=lambda face: abs(face.weight - weight)).path


class _Setter:
    """Sets a slot's lines in one font (units of the drawing)."""

    def __init__(self, slot: etree._Element, font: TTFont) -> None:
        self.glyphs = font.getGlyphSet()
        self.names = font.getBestCmap()
        self.scale = float(slot.get("font-size")) / font["head"].unitsPerEm
        self.spacing = float(slot.get("letter-spacing", "0"))
        self.measure = float(slot.get("data-width"))

    def lines(self, words: str) -> list[str]:
        """The words in as few lines as fit, the lines as even as can be."""
        broken = self._filled(words, self.measure)
        narrower = self.measure
        while len(broken) > 1:
            narrower -= self.measure / 100
            again = self._filled(words, narrower)
            if len(again) > len(broken) or max(map(self.width, again)) > self.measure:
                break
            broken = again
        return broken

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
