"""Draw what callers got around a change of the model, event by event."""

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
WAYS = {
    "swap": "beside, in the process",
    "replace": "beside, another process",
    "restart": "end it, start it again",
}
KINDS = {"partial": "accent", "final": "rust"}


def draw(palette: Palette) -> Figure:
    """A panel for each way: how late each event was, by when it came."""
    data = json.loads((HERE / "data.json").read_text(encoding="utf-8"))["values"]
    made, panels = figure(3.6, ncols=len(WAYS), sharey=True, sharex=True)
    for axes, (way, title) in zip(panels, WAYS.items(), strict=True):
        _panel(axes, data["events"][way], palette)
        axes.set_title(title, loc="left", fontsize=11)
    panels[0].set_ylim(bottom=0)
    panels[0].set_ylabel("how late an event was (s)")
    panels[1].set_xlabel("seconds from the change")
    for kind, colour in KINDS.items():
        panels[0].plot([], [], "o", color=palette[colour], markersize=4, label=kind)
    panels[0].legend(frameon=False, loc="upper left", handletextpad=0.1)
    return made


def _panel(axes: Axes, events: list[dict[str, Any]], palette: Palette) -> None:
    for kind, colour in KINDS.items():
        own = [event for event in events if event["kind"] == kind]
        axes.plot(
            [event["at"] for event in own],
            [event["late"] for event in own],
            "o",
            color=palette[colour],
            markersize=3,
            alpha=0.8,
        )
    axes.axvline(0, color=palette["muted"], linewidth=0.8)


if __name__ == "__main__":
    publish(HERE, draw)
