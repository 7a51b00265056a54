"""Draw what two cores hear in a second, by the way they are used."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from house_style import Palette, figure, publish
from matplotlib.figure import Figure

HERE = Path(__file__).parent
COLOURS = {"one": "slate", "two": "accent"}


def draw(palette: Palette) -> Figure:
    """Left, audio heard in a second; right, the CPU time for a second of audio."""
    data = json.loads((HERE / "data.json").read_text(encoding="utf-8"))["values"]
    made, (heard, cost) = figure(3.3, ncols=2, sharey=True)
    colours = [palette[COLOURS[name.partition("-")[0]]] for name in data]
    for axes, key, label in (
        (heard, "audio_s_per_s", "seconds of audio heard in a second"),
        (cost, "cpu_ms_per_audio_s", "CPU ms for a second of audio"),
    ):
        values = [row[key] for row in data.values()]
        axes.barh(range(len(data)), values, height=0.62, color=colours)
        axes.set_xlabel(label)
        for row, value in enumerate(values):
            axes.annotate(
                f"{value:.0f}", (value, row), (4, 0), textcoords="offset points",
                va="center", color=palette["muted"],
            )  # fmt: skip
    names = [name.replace("-", " ") for name in data]
    heard.set_yticks(range(len(data)), [_two_lines(name) for name in names])
    heard.invert_yaxis()
    heard.tick_params(length=0)
    cost.tick_params(length=0)
    return made


def _two_lines(name: str) -> str:
    """Processes above, threads below."""
    first, second, rest = name.split(" ", 2)
    return f"{first} {second},\n{rest}"


if __name__ == "__main__":
    publish(HERE, draw)
