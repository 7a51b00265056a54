"""Plots that somebody drew carelessly: each fault is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from press.checks import plots
from press.theme import Theme

ROOT = Path(__file__).parents[2]
PLOT = ROOT / "experiments/01-latency-budget/plot.light.svg"
PALETTE = Theme.load(ROOT / "theme").palette["light"]
FAULTS = {
    "colour of its own": (PALETTE["accent"], "#123456", "plot-colour"),
    "faint text": (
        'style="fill: ' + PALETTE["ink"],
        'style="fill: ' + PALETTE["rule"],
        "plot-contrast",
    ),
    "small text": ("scale(0.108 -0.108)", "scale(0.1 -0.1)", "plot-small-text"),
    "wide drawing": ('width="540pt"', 'width="600pt"', "plot-small-text"),
}


def codes(text: str) -> set[str]:
    root = etree.fromstring(text.encode())
    return {finding.code for finding in plots.judged(PLOT, root, PALETTE)}


def test_a_plot_as_drawn_has_no_faults() -> None:
    assert codes(PLOT.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize("name", FAULTS)
def test_fault(name: str) -> None:
    old, new, wanted = FAULTS[name]
    text = PLOT.read_text(encoding="utf-8")
    assert old in text
    assert codes(text.replace(old, new)) == {wanted}


def test_contrast_is_wcags() -> None:
    assert plots.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert plots.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
