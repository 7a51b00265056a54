"""Draw misses and delays against the room that there is for models."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from house_style import Palette, figure, publish
from matplotlib.axes import Axes
from matplotlib.figure import Figure

HERE = Path(__file__).parent
LINES = {
    "round-robin-lru": ("rust", "-"),
    "round-robin-pinned": ("rust", ":"),
    "zipf-lru": ("accent", "-"),
    "zipf-pinned": ("accent", ":"),
}
NAMES = (
    # words, colour, where: models that there is room for, percent
    ("in turn, LRU", "rust", (4.2, 102)),
    ("in turn, pinned", "rust", (6.6, 65)),
    ("by popularity", "accent", (1.2, 15)),
)
MOST_MS = 2000


def draw(palette: Palette) -> Figure:
    """Left, the share of misses by room; right, how long 95% of requests take."""
    data = json.loads((HERE / "data.json").read_text(encoding="utf-8"))["values"]
    made, (misses, delays) = figure(3.9, ncols=2)
    _lines(misses, data["simulation"], "miss_percent", palette)
    _lines(delays, data["simulation"], "p95_ms", palette)
    misses.set_ylim(0, 110)
    misses.set_ylabel("requests whose model isn’t loaded (%)")
    delays.set_ylim(0, MOST_MS)
    delays.set_ylabel("95% of requests are answered within (ms)")
    for words, colour, place in NAMES:
        misses.annotate(words, place, color=palette[colour], va="bottom")
    delays.annotate(
        "in turn, LRU:\nonly with room for 12",
        (12.4, 1500),
        color=palette["rust"],
        ha="right",
    )
    misses.set_title("line: LRU; dots: all but one pinned", loc="left", fontsize=11)
    return made


def _lines(axes: Axes, data: dict[str, Any], what: str, palette: Palette) -> None:
    for name, (colour, line) in LINES.items():
        rows = {int(k): row[what] for k, row in data[name].items() if what in row}
        axes.plot(
            list(rows),
            list(rows.values()),
            line,
            color=palette[colour],
            linewidth=1.6,
            marker="o",
            markersize=3.5,
        )
    axes.set_xlim(0.5, 12.5)
    axes.set_xticks([1, *range(2, 13, 2)])
    axes.set_xlabel("models of 12 that there is room for")


if __name__ == "__main__":
    publish(HERE, draw)
