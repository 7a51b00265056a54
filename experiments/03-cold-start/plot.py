"""Draw starts end to end, stage by stage."""

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
COLOURS = {
    "interpreter": "slate",
    "imports": "ochre",
    "file": "muted",
    "digests": "plum",
    "engine": "ochre",
    "weights": "moss",
    "warm-up": "rust",
    "first words": "accent",
}
NAMES = {
    "interpreter": "interpreter",
    "imports": "imports",
    "file": "the clip’s file",
    "digests": "digests",
    "weights": "weights",
    "warm-up": "warm-up",
    "first words": "first words",
}
ROWS = {
    "from-disk": "from disk, compiled",
    "nothing-compiled": "nothing compiled",
    "compiled": "compiled",
    "without-warm-up": "without warm-up",
}


def draw(palette: Palette) -> Figure:
    """A bar for each way to start, and a short one for a fork."""
    data = json.loads((HERE / "data.json").read_text(encoding="utf-8"))["values"]
    made, (axes,) = figure(3.5)
    for row, name in enumerate(ROWS):
        _bar(axes, row, data["first_words"][name]["stages_ms"], palette)
    forked = data["fork"]["fork_ms"] + data["fork"]["first_words_ms"]
    _bar(axes, len(ROWS), {"first words": forked}, palette)
    axes.set_yticks(range(len(ROWS) + 1), [*ROWS.values(), "forked when warm"])
    axes.invert_yaxis()
    axes.tick_params(length=0)
    axes.set_xlabel("from the start of the process to the first words (ms)")
    for stage, label in NAMES.items():
        axes.barh([0], [0], color=palette[COLOURS[stage]], label=label)
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(-0.02, 1.26), ncols=4)
    return made


def _bar(axes: Axes, row: int, stages: dict[str, Any], palette: Palette) -> None:
    left = 0.0
    for stage, took in stages.items():
        axes.barh(
            row,
            took,
            left=left,
            height=0.6,
            color=palette[COLOURS[stage]],
            edgecolor=palette["paper"],
            linewidth=0.8,
        )
        left += took
    axes.annotate(
        f"{left:.0f}", (left, row), (5, 0), textcoords="offset points", va="center"
    )


if __name__ == "__main__":
    publish(HERE, draw)
