"""Draw starts that crowd, and how soon eight servers are ready."""

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
MOST_S = 5


def draw(palette: Palette) -> Figure:
    """Left, a start's time by the size of its crowd; right, servers that are ready."""
    data = json.loads((HERE / "data.json").read_text(encoding="utf-8"))["values"]
    made, (crowds, ready) = figure(3.7, ncols=2)
    _crowds(crowds, data, palette)
    _ready(ready, data, palette)
    return made


def _crowds(axes: Axes, data: dict[str, Any], palette: Palette) -> None:
    rows = data["together"]["cached"]
    sizes = [int(size) for size in rows]
    foreseen = [row["foreseen_s"] for row in rows.values()]
    axes.plot(sizes, foreseen, color=palette["accent"], linewidth=1.6)
    ways = (("cached", palette["accent"], 0.0), ("from-disk", "none", 0.25))
    for way, face, aside in ways:
        for size, row in data["together"][way].items():
            axes.plot(
                [int(size) + aside] * int(size),
                row["each_s"],
                "o",
                color=palette["accent"],
                markerfacecolor=face,
                markersize=4.5,
            )
    deadline = data["deadline_s"]
    axes.axhline(deadline, color=palette["rust"], linewidth=1.2, linestyle="--")
    axes.annotate(
        "killed if later",
        (0.2, deadline),
        (0, 5),
        textcoords="offset points",
        color=palette["rust"],
    )
    axes.set_xlim(0, 9)
    axes.set_ylim(0, MOST_S)
    axes.set_xticks(sizes)
    axes.set_xlabel("servers that start at once")
    axes.set_ylabel("until a server is ready (s)")
    axes.set_title("What a start takes", loc="left", fontsize=11)


def _ready(axes: Axes, data: dict[str, Any], palette: Palette) -> None:
    all_at_once = str(data["wanted"])
    patient = data["together"]["cached"][all_at_once]["each_s"]
    ends = data["deadlines"]
    lines = {
        "two at a time": (data["limits"]["2"]["each_s"], "moss", (0.1, 6.3)),
        "eight, nobody killed": (patient, "accent", (1.2, 8.3)),
        "eight, killed after 2 s": (ends[all_at_once]["each_s"], "rust", (1.2, 0.25)),
    }
    for label, (times, colour, place) in lines.items():
        steps = [0.0, *times, MOST_S]
        counts = [*range(len(times) + 1), len(times)]
        axes.step(
            steps,
            counts,
            where="post",
            color=palette[colour],
            linewidth=1.8,
            clip_on=False,
            zorder=3,
        )
        axes.annotate(label, place, color=palette[colour])
    axes.set_xlim(0, MOST_S)
    axes.set_ylim(0, 9)
    axes.set_xlabel("since eight servers were wanted (s)")
    axes.set_ylabel("servers that are ready")
    axes.set_title("What comes of eight", loc="left", fontsize=11)


if __name__ == "__main__":
    publish(HERE, draw)
