"""Draw where a word's milliseconds go: means end to end, one user and eight."""

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
STAGES = {
    "packet": ("packet", "slate"),
    "step": ("wait for the step", "ochre"),
    "agreement": ("second hearing", "rust"),
    "endpoint": ("end of the segment", "plum"),
    "hear": ("VAD", "slate"),
    "queue": ("queue", "moss"),
    "decode": ("model", "accent"),
    "transport": ("transport", "slate"),
}
LABELLED_MS = 60
LETTER_MS = 23
"""About the width of a letter."""
BAR = 0.44


def draw(palette: Palette) -> Figure:
    """Above, the means end to end; below, what 95% of words stay below."""
    data = json.loads((HERE / "data.json").read_text(encoding="utf-8"))["values"]
    users = data["users"]
    made, (means, spreads) = figure(6.6, nrows=2, height_ratios=(1, 3))
    _means(means, users, palette)
    _spreads(spreads, users, palette)
    return made


def _means(axes: Axes, users: dict[str, Any], palette: Palette) -> None:
    for place, row in enumerate(users.values()):
        left = 0.0
        for stage, (label, colour) in STAGES.items():
            width = row["stages"][stage]["mean"]
            axes.barh(
                place,
                width,
                left=left,
                height=0.7,
                color=palette[colour],
                edgecolor=palette["paper"],
                linewidth=1,
            )
            named = width >= LETTER_MS * (len(label) + 1)
            if width >= LABELLED_MS:
                axes.text(
                    left + width / 2,
                    place,
                    f"{label}\n{width:.0f}" if named else f"{width:.0f}",
                    color=palette["paper"],
                    ha="center",
                    va="center",
                    linespacing=1.15,
                )
            left += width
        axes.annotate(
            f"{left:.0f} ms",
            (left, place),
            (5, 0),
            textcoords="offset points",
            va="center",
        )
    axes.set_yticks(range(len(users)), _names(users))
    axes.invert_yaxis()
    axes.tick_params(length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set_xticks([])
    axes.set_title("Means, which add up", loc="left", fontsize=11)


def _spreads(axes: Axes, users: dict[str, Any], palette: Palette) -> None:
    names = [label for label, _ in STAGES.values()] + ["all"]
    for number, (colour, row) in enumerate(
        zip(("accent", "rust"), users.values(), strict=True)
    ):
        rows = [row["stages"][stage] for stage in STAGES] + [row["total"]]
        places = [at + (number - 0.5) * BAR for at in range(len(rows))]
        p95s = [each["p95"] for each in rows]
        axes.barh(
            places,
            p95s,
            height=BAR - 0.05,
            color=palette[colour],
            label=_names(users)[number],
        )
        for place, p95 in zip(places, p95s, strict=True):
            axes.annotate(
                f"{p95:.0f}",
                (p95, place),
                (4, 0),
                textcoords="offset points",
                va="center",
                color=palette["muted"],
            )
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.tick_params(length=0)
    axes.set_title("95th percentiles, which don’t", loc="left", fontsize=11)
    axes.set_xlabel("ms, from the end of the spoken word")
    axes.legend(frameon=False, loc="upper right")


def _names(users: dict[str, Any]) -> list[str]:
    return ["one user" if number == "1" else f"{number} users" for number in users]


if __name__ == "__main__":
    publish(HERE, draw)
