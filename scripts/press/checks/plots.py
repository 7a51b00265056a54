"""Rules for data plots: in the palette, legible in print, in light and in dark.

Matplotlib writes text as outlines, in groups whose scale is the size of the type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from press import figures
from press.apparatus import Apparatus
from press.findings import Finding
from press.mermaid.gate import MEASURE, PT, SMALLEST
from press.theme import SCHEMES, Theme

NS = {"svg": "http://www.w3.org/2000/svg"}
COLUMN = MEASURE * PT  # pt, the printed column
EM = 100  # units of an outline's em
COLOUR = re.compile(r"#[0-9a-f]{6}\b")
SCALE = re.compile(r"scale\((?P<size>[\d.]+)")
CONTRAST = 4.5  # WCAG AA for text


def plots(known: Apparatus) -> Iterator[Finding]:
    """A plot has the palette's colours alone, and text that can be read anywhere."""
    theme = Theme.load(known.book.root / "theme")
    for path in sorted(set(figures.shown(known.book).values())):
        scheme = path.suffixes[0].removeprefix(".") if path.name[:5] == "plot." else ""
        if scheme in SCHEMES:
            yield from judged(path, etree.parse(path).getroot(), theme.palette[scheme])


def judged(
    path: Path, root: etree._Element, palette: dict[str, str]
) -> Iterator[Finding]:
    """What is wrong with a plot, given one scheme's colours by name."""
    painted = {
        colour
        for node in root.iter(etree.Element)
        for name in ("style", "fill", "stroke")
        for colour in COLOUR.findall(node.get(name, ""))
    }
    for colour in sorted(painted - set(palette.values())):
        what = f"the plot has {colour}, which isn't in the palette"
        yield _finding(path, "plot-colour", what)
    texts = root.xpath(".//svg:g[starts-with(@id, 'text_')]/svg:g", namespaces=NS)
    width = float(root.get("width", "0").removesuffix("pt"))
    scale = min(1.0, COLUMN / width) if width else 1.0
    placed = (SCALE.search(text.get("transform", "")) for text in texts)
    sizes = [float(match["size"]) for match in placed if match]
    if sizes and (printed := min(sizes) * EM * scale) < SMALLEST:
        what = f"its smallest text is printed at {printed:.1f} pt, less than {SMALLEST}"
        yield _finding(path, "plot-small-text", what)
    used = {colour for t in texts for colour in COLOUR.findall(t.get("style", ""))}
    for colour in sorted(used - {palette["paper"], palette["surface"]}):  # on a bar
        if (ratio := contrast(colour, palette["paper"])) < CONTRAST:
            what = f"text in {colour} has a contrast of {ratio:.1f}, not {CONTRAST}"
            yield _finding(path, "plot-contrast", what)


def _finding(path: Path, code: str, what: str) -> Finding:
    fix = "mend `plot.py` or the house style, then `make figures`"
    return Finding(path, 1, code, what, fix)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours (`#rrggbb`), from 1 to 21, as WCAG defines it."""
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    red, green, blue = map(_linear, parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


BOOK_RULES = (plots,)
