"""Is a drawing plain, in the palette, narrow enough and legible in print?"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from press.findings import Finding
from press.mermaid.config import SCHEMES
from press.theme import Theme

WIDEST = 760  # px, natural width
MEASURE = 125 / 25.4 * 96  # px, the printed column of 125 mm
SMALLEST = 7.0  # pt, in print
PT = 72 / 96  # points in a px
NAMESPACE = "{http://www.w3.org/2000/svg}"
SHAPES = ("rect", "circle", "ellipse", "line", "polyline", "polygon", "path")
PLAIN = frozenset(("svg", "title", "text", *SHAPES))
STYLED = frozenset(("style", "class", "filter", "clip-path", "mask"))
PAINTS = ("fill", "stroke")


def gate(source: Path, drawings: dict[str, str], theme: Theme) -> Iterator[Finding]:
    """Findings about a diagram's drawings (SVG text by scheme), told of its source."""
    try:
        roots = {scheme: ET.fromstring(drawings[scheme]) for scheme in SCHEMES}
        for scheme, root in roots.items():
            yield from _plain(source, scheme, root)
            yield from _colours(source, scheme, root, theme)
        width = float(roots["light"].get("width", "0"))
        yield from _width(source, width)
        yield from _text(source, roots["light"], width)
    except (ET.ParseError, ValueError) as error:
        what = f"a drawing can't be read ({error})"
        yield Finding(source, 1, "diagram-shape", what, "run `make diagrams`")


def _tag(node: ET.Element) -> str:
    return node.tag.removeprefix(NAMESPACE)


def _plain(source: Path, scheme: str, root: ET.Element) -> Iterator[Finding]:
    tags = {_tag(node) for node in root.iter()} - PLAIN
    names = {name for node in root.iter() for name in node.attrib} & STYLED
    for odd in [*(f"<{tag}>" for tag in sorted(tags)), *sorted(names)]:
        yield Finding(
            source,
            1,
            "diagram-shape",
            f"the {scheme} drawing holds {odd}, which readers draw differently",
            "run `make diagrams`; if it stays, use another kind of diagram",
        )


def _colours(
    source: Path, scheme: str, root: ET.Element, theme: Theme
) -> Iterator[Finding]:
    known = {"none", *theme.palette[scheme].values()}
    used = {node.get(paint, "none") for node in root.iter() for paint in PAINTS}
    for colour in sorted(used - known):
        yield Finding(
            source,
            1,
            "diagram-colour",
            f"the {scheme} drawing has {colour}, which isn't in the palette",
            "use house classes; name the variable in press/mermaid/config.py",
        )


def _width(source: Path, width: float) -> Iterator[Finding]:
    if width > WIDEST:
        yield Finding(
            source,
            1,
            "diagram-wide",
            f"the drawing is {width:.0f} px wide, more than {WIDEST}",
            "turn it (TB for LR), shorten labels, or make it two diagrams",
        )


def _text(source: Path, root: ET.Element, width: float) -> Iterator[Finding]:
    """Text is as large as drawn, or less where the column forces it to shrink."""
    scale = min(1.0, MEASURE / width) if width else 1.0
    sizes = {
        float(node.get("font-size", "0")): node.text
        for node in root.iter(f"{NAMESPACE}text")
    }
    if sizes and (printed := min(sizes) * scale * PT) < SMALLEST:
        yield Finding(
            source,
            1,
            "diagram-small-text",
            f"“{sizes[min(sizes)]}” is printed at {printed:.1f} pt, "
            f"less than {SMALLEST:.0f}",
            f"make the drawing narrower than its {width:.0f} px",
        )
