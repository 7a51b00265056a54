"""Draw delays against rate and against the window: lived and foreseen."""

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
LIMITS = {1: "rust", 2: "ochre", 8: "accent"}
LIVED = {"limit-1-window-0": "rust", "limit-8-window-0": "accent"}
RATES = {"4": "moss", "12": "accent", "20": "plum"}
WINDOWS = (0, 20, 50, 100, 200)
MOST_MS = 1000


def draw(palette: Palette) -> Figure:
    """Left, the 95th percentile by rate and limit; right, by window, limit 8."""
    data = json.loads((HERE / "data.json").read_text(encoding="utf-8"))["values"]
    made, (rates, windows) = figure(3.9, ncols=2, sharey=True)
    _rates(rates, data, palette)
    _windows(windows, data["long_run"], palette)
    rates.set_ylim(0, MOST_MS)
    rates.set_ylabel("from a clip’s arrival to its words (ms)")
    return made


def _rates(axes: Axes, data: dict[str, Any], palette: Palette) -> None:
    for limit, colour in LIMITS.items():
        rows = data["long_run"][f"limit-{limit}-window-0"]
        rates, p95s = [int(rate) for rate in rows], [r["p95"] for r in rows.values()]
        axes.plot(rates, p95s, color=palette[colour], linewidth=1.6)
        axes.annotate(
            f"limit {limit}",
            (rates[-1], min(p95s[-1], MOST_MS)),
            (0, 7) if limit < 8 else (-4, 8),
            textcoords="offset points",
            color=palette[colour],
            ha="center" if limit < 8 else "right",
        )
    for name, colour in LIVED.items():
        rows = data["live"][name]
        axes.plot(
            [int(rate) for rate in rows],
            [row["measured"]["p95"] for row in rows.values()],
            "o",
            color=palette[colour],
            markersize=5,
        )
    axes.set_xlim(0, 22)
    axes.set_xlabel("clips of 3 s that come in a second")
    axes.set_title("95% of clips, no window", loc="left", fontsize=11)


def _windows(axes: Axes, rows: dict[str, Any], palette: Palette) -> None:
    for rate, colour in RATES.items():
        found = [rows[f"limit-8-window-{window}"][rate] for window in WINDOWS]
        for key, line in (("p95", "-"), ("p50", ":")):
            values = [row[key] for row in found]
            axes.plot(WINDOWS, values, line, color=palette[colour], linewidth=1.6)
        axes.annotate(
            f"{rate} a second",
            (WINDOWS[-1], found[-1]["p95"]),
            (0, 6),
            textcoords="offset points",
            color=palette[colour],
            ha="right",
        )
    axes.set_xlabel("window (ms), limit 8")
    axes.set_title("95% (line) and half of them (dots)", loc="left", fontsize=11)


if __name__ == "__main__":
    publish(HERE, draw)
