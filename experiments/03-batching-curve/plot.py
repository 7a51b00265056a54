"""Draw who gains from company, and what the roofline said of two of them."""

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
PARTS = {
    "moonshine-decoder-step": ("Moonshine’s decoder", "moss", 0),
    "vad-frame": ("VAD", "slate", 5),
    "whisper-decoder": ("Whisper’s decoder", "plum", 0),
    "moonshine-encoder-4s": ("Moonshine’s encoder", "ochre", 0),
    "whisper-encoder-30s": ("Whisper’s encoder", "rust", 0),
}
SIZES = (1, 2, 4, 8, 16, 32)


def draw(palette: Palette) -> Figure:
    """Left, items a second against one alone; right, a decoder's step."""
    data = json.loads((HERE / "data.json").read_text(encoding="utf-8"))["values"]
    made, (gains, step) = figure(3.9, ncols=2, width_ratios=(1.6, 1))
    _gains(gains, data, palette)
    _step(step, data, palette)
    for axes in (gains, step):
        axes.set_xscale("log", base=2)
        axes.set_xticks(SIZES, [str(size) for size in SIZES])
        axes.minorticks_off()
        axes.set_xlabel("items in a call")
    return made


def _gains(axes: Axes, data: dict[str, Any], palette: Palette) -> None:
    lines = {name: data["parts"][name]["gain"] for name in PARTS}
    for name, (label, colour, lift) in PARTS.items():
        _line(axes, lines[name], label, palette[colour], lift)
    whole = data["complete"]["varied"]["gain"]
    _line(axes, whole, "Moonshine, whole", palette["accent"], -5, width=2.4)
    axes.axhline(1, color=palette["rule"], linewidth=0.8, zorder=0)
    axes.set_xlim(0.9, 330)
    axes.set_ylim(0, None)
    axes.set_title("Items a second, one alone = 1", loc="left", fontsize=11)


def _line(
    axes: Axes,
    gain: dict[str, float],
    label: str,
    colour: str,
    lift: int,
    width: float = 1.4,
) -> None:
    sizes = [int(size) for size in gain]
    values = list(gain.values())
    axes.plot(sizes, values, color=colour, linewidth=width, marker="o", markersize=3)
    axes.annotate(
        label,
        (sizes[-1], values[-1]),
        (6, lift),
        textcoords="offset points",
        color=colour,
        va="center",
    )


def _step(axes: Axes, data: dict[str, Any], palette: Palette) -> None:
    measured = data["parts"]["moonshine-decoder-step"]["call_ms"]
    bound = data["roofline"]["moonshine-decoder-step"]["call_ms"]
    for call, label, colour, line in (
        (measured, "measured", "moss", "-"),
        (bound, "roofline", "muted", "--"),
    ):
        sizes = [int(size) for size in call]
        axes.plot(
            sizes,
            list(call.values()),
            color=palette[colour],
            linestyle=line,
            linewidth=1.4,
            marker="o" if line == "-" else "",
            markersize=3,
            label=label,
        )
    axes.set_ylim(0, None)
    axes.set_title("A decoder’s step (ms)", loc="left", fontsize=11)
    axes.legend(frameon=False, loc="upper left", labelcolor="linecolor")


if __name__ == "__main__":
    publish(HERE, draw)
