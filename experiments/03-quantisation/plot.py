"""Draw what eight bits save: memory, and time with one beam and with five."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from house_style import Palette, figure, publish
from matplotlib.axes import Axes
from matplotlib.figure import Figure

HERE = Path(__file__).parent
BAR = 0.38


def draw(palette: Palette) -> Figure:
    """Left, MB after loading; right, CPU seconds for a second of audio."""
    data = json.loads((HERE / "data.json").read_text(encoding="utf-8"))["values"]
    types = data["types"]
    made, (memory, time) = figure(2.6, ncols=2, sharey=True)
    weights = [row["weights_mb"] for row in types.values()]
    _bars(memory, weights, 0, 0.6, palette["moss"], "{:.0f}", palette)
    for place, (beams, colour) in enumerate((("1", "accent"), ("5", "plum"))):
        costs = [row[f"beams_{beams}"]["cpu_per_audio_s"] for row in types.values()]
        shift = (place - 0.5) * BAR
        _bars(time, costs, shift, BAR - 0.04, palette[colour], "{:.2f}", palette)
        time.barh([0], [0], color=palette[colour], label=f"beam of {beams}")
    memory.set_yticks(range(len(types)), list(types))
    memory.invert_yaxis()
    memory.set_xlabel("memory after loading (MB)")
    time.set_xlabel("CPU s for a second of audio")
    time.legend(frameon=False, loc="lower right")
    for axes in (memory, time):
        axes.tick_params(length=0)
        axes.margins(x=0.3)
    return made


def _bars(
    axes: Axes,
    values: list[float],
    shift: float,
    height: float,
    colour: str,
    form: str,
    palette: Palette,
) -> None:
    """A bar for each type, with its number behind it."""
    places = [row + shift for row in range(len(values))]
    axes.barh(places, values, height=height, color=colour)
    for place, value in zip(places, values, strict=True):
        axes.annotate(
            form.format(value), (value, place), (4, 0), textcoords="offset points",
            va="center", color=palette["muted"],
        )  # fmt: skip


if __name__ == "__main__":
    publish(HERE, draw)
