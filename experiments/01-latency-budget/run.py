"""Spend the latency budget and write what it comes to, as `data.json`.

Everything here is derived: it follows from `earshot/slo/budget.toml`.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from operator import add
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from record import write

from earshot.slo.budget import Budget, Report, Stage, evaluate, percentile, totals

STEPS_MS = (100, 200, 300, 400, 800)
SEEDS = range(1, 21)
BIN_MS = 20
OUTSIDE = ("codec look-ahead", "uplink", "downlink", "next picture")
SHIPPED_STEP_MS = 416  # 400 ms in whole frames of 32 ms


def values() -> dict[str, Any]:
    """All derived values: times in ms, shares in percent."""
    budget = Budget.load()
    report = evaluate(budget)
    data = report.as_data()
    stages = {row.pop("name").replace(" ", "-"): row for row in data.pop("stages")}
    words = totals(budget.stages, budget.samples, budget.seed)
    return {
        "opus": _opus(budget),
        "total": {**data, "added_p95_reaches": _share_below(words, data["added_p95"])},
        "stages": stages,
        "shares": _shares(report),
        "steps": {str(step): _step(step) for step in STEPS_MS},
        "seeds": _seeds(budget),
        "luck": _luck(budget),
        "inside": _inside(),
        "largest": _largest(report),
        "histogram": {"bin": BIN_MS, "percent": _histogram(words)},
    }


# --8<-- [start:together]
def words_together(
    stages: Sequence[Stage], samples: int, seed: int, together: Collection[str]
) -> list[float]:
    """Totals in ms, in rising order, when all stages named in `together`
    are slow, or fast, for the same words.
    """
    dice = random.Random(seed)
    luck = list(range(samples))
    dice.shuffle(luck)
    words = [0.0] * samples
    for stage in stages:
        times = stage.spread(samples)
        if stage.name in together:
            times = [times[rank] for rank in luck]
        else:
            dice.shuffle(times)
        words = list(map(add, words, times))
    return sorted(words)


# --8<-- [end:together]
def _opus(budget: Budget) -> dict[str, float]:
    """What the codec holds back: at worst, and for a word that ends anywhere."""
    frame, look_ahead = (stage.values for stage in budget.stages[:2])
    worst = frame["high_ms"] + look_ahead["ms"]
    mean = frame["high_ms"] / 2 + look_ahead["ms"]
    return {"look_ahead": look_ahead["ms"], "worst": worst, "mean": mean}


def _share_below(words: list[float], limit: float) -> float:
    return round(100 * sum(word <= limit for word in words) / len(words), 1)


def _shares(report: Report) -> dict[str, float]:
    """Each place's part of the mean, in percent; means add, so these do too."""
    shares: dict[str, float] = {}
    for row in report.rows:
        place = row.stage.place
        shares[place] = shares.get(place, 0) + 100 * row.mean / report.mean
    return {place: round(share, 1) for place, share in shares.items()}


def _step(step_ms: int) -> dict[str, float]:
    data = evaluate(Budget.load(parameters={"step_ms": step_ms})).as_data()
    keep = {key: data[key] for key in ("p50", "p95", "share")}
    return {"hearings": 1000 / step_ms, **keep}


def _inside() -> dict[str, float]:
    """The budget at Earshot's step, without what is outside of the service."""
    budget = Budget.load(parameters={"step_ms": SHIPPED_STEP_MS})
    stages = tuple(stage for stage in budget.stages if stage.name not in OUTSIDE)
    data = evaluate(replace(budget, stages=stages)).as_data()
    return {key: data[key] for key in ("mean", "p50", "p95", "share")}


def _seeds(budget: Budget) -> dict[str, float]:
    """The range of the simulated 95th percentile over twenty seeds."""
    p95s = [percentile(totals(budget.stages, budget.samples, s), 95) for s in SEEDS]
    low, high = round(min(p95s), 1), round(max(p95s), 1)
    return {"low": low, "high": high, "spread": round(high - low, 1)}


def _luck(budget: Budget) -> dict[str, float]:
    """What the 95th percentile gains when stages are slow together, mean of seeds."""

    def p95(seed: int, *together: str) -> float:
        return percentile(
            words_together(budget.stages, budget.samples, seed, together), 95
        )

    moves = [p95(seed, "uplink", "downlink") - p95(seed) for seed in SEEDS]
    everything = p95(budget.seed, *(stage.name for stage in budget.stages))
    return {
        "network": round(sum(moves) / len(moves), 1),
        "network_least": round(min(moves), 1),
        "network_most": round(max(moves), 1),
        "everything": round(everything, 1),
    }


def _largest(report: Report) -> dict[str, float]:
    """The part of the added-up 95th percentiles, in percent, of its two largest."""
    p95s = sorted(row.p95 for row in report.rows)
    return {"two": round(100 * sum(p95s[-2:]) / sum(p95s), 1)}


def _histogram(words: list[float]) -> list[float]:
    """Percent of words in each bin of `BIN_MS`, from 0 up."""
    counts = [0] * (int(words[-1] // BIN_MS) + 1)
    for word in words:
        counts[int(word // BIN_MS)] += 1
    return [round(100 * count / len(words), 3) for count in counts]


if __name__ == "__main__":
    write(Path(__file__).with_name("data.json"), values())
