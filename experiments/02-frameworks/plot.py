"""Draw what each server adds to a request, and how much model is left behind it."""

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
NAMES = {
    "starlette": "Starlette, ours",
    "litserve": "LitServe",
    "bentoml": "BentoML",
    "ray": "Ray Serve",
    "mlserver": "MLServer",
    "kserve": "KServe’s server",
    "pytriton": "PyTriton",
}
CROWD = "32"


def draw(palette: Palette) -> Figure:
    """Left, a request that asks for nothing; right, clips that 32 callers get heard.

    Clips are counted against what the model did in the same minutes without any
    server, because the core's pace changes; Starlette without batches is 1.
    """
    data = json.loads((HERE / "data.json").read_text(encoding="utf-8"))["values"]
    ordered = sorted(data["servers"].items(), key=lambda item: -added_ms(item[1]))
    made, (cost, pace) = figure(3.6, ncols=2, sharey=True)
    rows = range(len(ordered))
    cost.set_yticks(rows, [NAMES[name] for name, _ in ordered])
    one = heard(data["servers"]["starlette"]["alone"])
    for row, (_, server) in zip(rows, ordered, strict=True):
        _cost(cost, row, added_ms(server), palette)
        _pace(pace, row, server, one, palette)
    cost.set_xlim(0, 1.2 * max(added_ms(server) for _, server in ordered))
    cost.set_title("A request to no model (ms of the core)", loc="left", fontsize=11)
    pace.axvline(1, color=palette["rule"], linewidth=0.8, zorder=0)
    pace.set_xlim(0, None)
    pace.set_title("Clips heard, Starlette one by one = 1", loc="left", fontsize=11)
    pace.legend(
        frameon=False,
        loc="upper left",
        bbox_to_anchor=(0.5, 0.88),
        handletextpad=0.2,
        labelcolor="linecolor",
    )
    return made


def added_ms(server: dict[str, Any]) -> float:
    """Milliseconds of the server's core that a request takes without a model."""
    return 1000 / float(server["no-op"][CROWD]["per_s"])


def heard(way: dict[str, Any]) -> float:
    """Clips heard behind a server, for each that the model alone would have."""
    return float(way[CROWD]["per_s"]) * float(way["model_ms"]) / 1000


def _cost(axes: Axes, row: int, took: float, palette: Palette) -> None:
    axes.barh(row, took, height=0.6, color=palette["slate"])
    axes.annotate(
        f"{took:.1f}",
        (took, row),
        (4, 0),
        textcoords="offset points",
        va="center",
    )


def _pace(
    axes: Axes, row: int, server: dict[str, Any], one: float, palette: Palette
) -> None:
    for way, colour, label in (
        ("alone", "muted", "one by one"),
        ("batched", "accent", "in batches"),
    ):
        if way in server:
            axes.plot(
                heard(server[way]) / one,
                row,
                marker="o",
                linestyle="",
                color=palette[colour],
                label=label if row == 0 else None,
            )


if __name__ == "__main__":
    publish(HERE, draw)
