"""The book's plot style: one drawing function, a light and a dark SVG.

Colours come from `theme/theme.yml`, the typeface from `theme/fonts`. A figure
is 7.5 inches wide: 720 pixels on the site, and in print, where the measure is
125 mm, its smallest type is still 7 points.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")

from matplotlib import font_manager
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from press.theme import Theme

ROOT = Path(__file__).resolve().parents[1]
WIDTH_IN = 7.5
SMALL_PT = 10.8
FALLBACK = "DejaVu Sans"

Palette = dict[str, str]


def publish(folder: Path, draw: Callable[[Palette], Figure]) -> None:
    """Write `plot.light.svg` and `plot.dark.svg` into `folder`."""
    theme = Theme.load(ROOT / "theme")
    family = _typeface(theme)
    for scheme, palette in theme.palette.items():
        with mpl.rc_context(_style(palette, family)):
            figure = draw(palette)
            part = folder / f"plot.{scheme}.part"
            figure.savefig(part, format="svg", metadata={"Date": None, "Creator": None})
            part.replace(folder / f"plot.{scheme}.svg")
            plt.close(figure)


def figure(height_in: float, **options: object) -> tuple[Figure, list[Axes]]:
    """A figure of the book's width and its axes, as a list."""
    made, axes = plt.subplots(
        figsize=(WIDTH_IN, height_in), squeeze=False, layout="constrained", **options
    )
    return made, list(axes.flat)


def _typeface(theme: Theme) -> str:
    """The theme's sans face if its files are here, else matplotlib's own."""
    wanted = theme.type["sans"].split(",")[0].strip('" ')
    for path in sorted((ROOT / "theme" / "fonts").rglob("*.ttf")):
        if path.name.startswith(wanted):
            font_manager.fontManager.addfont(path)
    known = {font.name for font in font_manager.fontManager.ttflist}
    return wanted if wanted in known else FALLBACK


def _style(palette: Palette, family: str) -> dict[str, object]:
    ink, muted, rule = palette["ink"], palette["muted"], palette["rule"]
    return {
        "svg.hashsalt": "book",
        "svg.fonttype": "path",
        "font.family": family,
        "font.size": SMALL_PT,
        "axes.labelsize": SMALL_PT,
        "xtick.labelsize": SMALL_PT,
        "ytick.labelsize": SMALL_PT,
        "figure.facecolor": palette["paper"],
        "savefig.facecolor": palette["paper"],
        "axes.facecolor": "none",
        "axes.edgecolor": rule,
        "axes.labelcolor": muted,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": False,
        "grid.color": rule,
        "grid.linewidth": 0.6,
        "text.color": ink,
        "xtick.color": rule,
        "ytick.color": rule,
        "xtick.labelcolor": muted,
        "ytick.labelcolor": muted,
        "patch.linewidth": 0,
    }
