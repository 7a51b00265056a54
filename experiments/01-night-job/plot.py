"""Draw what the dashboard shows and what the users see, by the length of a piece."""

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
LINES = (
    ("first_stable_ms", "first stable word, from the start of speech", "rust"),
    ("partial_ms", "partials that ran, from the arrival of their audio", "accent"),
)


def draw(palette: Palette) -> Figure:
    """Left, two 95th percentiles; right, what became of the hearings."""
    data = json.loads((HERE / "data.json").read_text(encoding="utf-8"))["values"]
    rows = {"0": data["plans"]["calm"], **data["pieces"]}
    made, (times, counts) = figure(3.9, ncols=2, width_ratios=(1.5, 1))
    _times(times, rows, palette)
    _counts(counts, rows, palette)
    names = ["none", *(f"{name} s" for name in data["pieces"])]
    for axes in (times, counts):
        axes.set_xticks(range(len(names)), names)
        axes.tick_params(length=0)
        axes.set_ylim(0)
        axes.set_xlabel("piece of the archive")
    return made


def _times(axes: Axes, rows: dict[str, Any], palette: Palette) -> None:
    for measure, label, colour in LINES:
        p95s = [row[measure]["p95"] for row in rows.values()]
        axes.plot(p95s, "o-", color=palette[colour], label=label, linewidth=1.6)
    axes.set_title("95th percentiles (ms)", loc="left", fontsize=11, pad=40)
    axes.legend(
        frameon=False, loc="lower left", bbox_to_anchor=(-0.03, 0.98), borderpad=0
    )


def _counts(axes: Axes, rows: dict[str, Any], palette: Palette) -> None:
    ran = [row["partials"] for row in rows.values()]
    lost = [row["lost"] for row in rows.values()]
    axes.bar(range(len(ran)), ran, color=palette["accent"], label="ran")
    axes.bar(
        range(len(ran)), lost, bottom=ran, color=palette["rust"], label="never ran"
    )
    axes.set_title("Hearings asked for", loc="left", fontsize=11, pad=40)
    axes.legend(
        frameon=False,
        loc="lower left",
        bbox_to_anchor=(-0.03, 0.98),
        borderpad=0,
        ncols=2,
    )


if __name__ == "__main__":
    publish(HERE, draw)
