"""Draw what a second of audio costs, by the way batches are put together."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from house_style import Palette, figure, publish
from matplotlib.figure import Figure

HERE = Path(__file__).parent
WAYS = {
    "padded": ("padded before encoding", "rust"),
    "encoded_apart": ("encoded apart, decoded together", "accent"),
}
BAR = 0.38


def draw(palette: Palette) -> Figure:
    """Pairs of bars, an arrangement each; the padding stands beside its name."""
    data = json.loads((HERE / "data.json").read_text(encoding="utf-8"))["values"]
    made, (axes,) = figure(3.4)
    rows = data["arrangements"]
    for number, (way, (label, colour)) in enumerate(WAYS.items()):
        places = [row + (0.5 - number) * BAR for row in range(len(rows))]
        costs = [row[way]["cpu_ms_per_audio_s"] for row in rows.values()]
        axes.barh(places, costs, height=BAR - 0.04, color=palette[colour], label=label)
        for place, cost in zip(places, costs, strict=True):
            axes.annotate(
                f"{cost:.1f}", (cost, place), (4, 0), textcoords="offset points",
                va="center", color=palette["muted"],
            )  # fmt: skip
    names = [
        f"{name.replace('-', ' ')}\n{row['padding_percent']:.0f}% padding"
        for name, row in rows.items()
    ]
    axes.set_yticks(range(len(rows)), names)
    axes.invert_yaxis()
    axes.tick_params(length=0)
    axes.set_xlabel("CPU ms for a second of audio")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(0, 1.16), ncols=2)
    return made


if __name__ == "__main__":
    publish(HERE, draw)
