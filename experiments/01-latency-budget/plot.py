"""Draw where the words end up, and where the added-up column claims they do."""

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
PLACES = {
    "client": "slate",
    "network": "accent",
    "policy": "ochre",
    "server": "moss",
    "model": "plum",
}
RIGHT_MS = 1080
LABELLED_MS = 55
NARROW_MS = 100


def draw(palette: Palette) -> Figure:
    """Above, the stages' 95th percentiles end to end; below, the words."""
    data = json.loads((HERE / "data.json").read_text(encoding="utf-8"))["values"]
    made, (column, words) = figure(4.6, nrows=2, sharex=True, height_ratios=(1, 2.6))
    _column(column, data, palette)
    _words(words, data, palette)
    words.set_xlim(0, RIGHT_MS)
    return made


def _column(axes: Axes, data: dict[str, Any], palette: Palette) -> None:
    left = 0.0
    for name, stage in data["stages"].items():
        axes.barh(
            0,
            stage["p95"],
            left=left,
            height=0.62,
            color=palette[PLACES[stage["place"]]],
            edgecolor=palette["paper"],
            linewidth=1,
            clip_on=False,
        )
        if stage["p95"] >= LABELLED_MS:
            label = name.replace("-", " ").replace(" for the ", " for\nthe ")
            axes.text(
                left + stage["p95"] / 2,
                0,
                label.replace("second ", "second\n"),
                color=palette["paper"],
                ha="center",
                va="center",
                linespacing=1.1,
                rotation=90 if stage["p95"] < NARROW_MS else 0,
            )
        left += stage["p95"]
    axes.set_title("The stages’ 95th percentiles, end to end", loc="left", fontsize=11)
    axes.axvline(left, color=palette["rust"], linewidth=1.2, ymax=0.89)
    axes.set_ylim(-0.4, 0.4)
    axes.axis("off")


def _words(axes: Axes, data: dict[str, Any], palette: Palette) -> None:
    width, total = data["histogram"]["bin"], data["total"]
    shares = data["histogram"]["percent"][: RIGHT_MS // width]
    starts = [width * number for number in range(len(shares))]
    late = [start + width / 2 > total["p95"] for start in starts]
    colours = [palette["rust" if is_late else "accent"] for is_late in late]
    axes.bar(
        starts, shares, width=0.86 * width, align="edge", color=colours, clip_on=False
    )
    _mark(axes, total["p95"], "95% of words", palette["ink"], "right", 0.9)
    _mark(axes, total["target"], "target", palette["moss"], "left", 0.9, "--")
    _mark(axes, total["added_p95"], "added up", palette["rust"], "left", 0.55)
    axes.set_title("Simulated words", loc="left", fontsize=11)
    axes.set_xlabel("from the end of the spoken word to a stable word on screen (ms)")
    axes.set_ylabel(f"% of words per {width} ms")


def _mark(
    axes: Axes,
    at: float,
    text: str,
    colour: str,
    side: str,
    height: float,
    line: str = "-",
) -> None:
    """A vertical line with its label to one side, `height` up the axes."""
    axes.axvline(at, color=colour, linestyle=line, linewidth=1.2)
    axes.annotate(
        f"{text}\n{at:.0f} ms",
        (at, height),
        (-5 if side == "right" else 5, 0),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        color=colour,
        ha=side,
        va="center",
        linespacing=1.2,
    )


if __name__ == "__main__":
    publish(HERE, draw)
