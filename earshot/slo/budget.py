"""Latency budgets whose stages are distributions.

A budget lists the stages between two moments, gives each a shape instead of an
average, and adds them up. Means add; percentiles don't, so the total is made
of simulated words. All times are milliseconds.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import add
from pathlib import Path
from statistics import NormalDist, fmean
from typing import Any

from earshot import toml

DEFAULT = Path(__file__).with_name("budget.toml")
KINDS = ("measured", "derived", "cited", "assumed")
ABOUT = ("target_ms", "samples", "seed")
NORMAL = NormalDist()


class BudgetError(ValueError):
    """A budget that can't be true: a bad parameter or a sum that doesn't hold."""


# --8<-- [start:shapes]
def fixed(p: float, ms: float) -> float:
    """The same time for every word."""
    return ms


def uniform(p: float, low_ms: float, high_ms: float) -> float:
    """Any time between two bounds: waiting for something that ticks."""
    return low_ms + p * (high_ms - low_ms)


def lognormal(p: float, median_ms: float, p95_ms: float) -> float:
    """A long right tail, given by its median and its 95th percentile."""
    sigma = math.log(p95_ms / median_ms) / NORMAL.inv_cdf(0.95)
    return median_ms * math.exp(sigma * NORMAL.inv_cdf(p))


def rounds(p: float, step_ms: float, chance: float) -> float:
    """One step per try until a try, with probability `chance`, succeeds."""
    tries = math.ceil(math.log1p(-p) / math.log1p(-chance))
    return step_ms * max(tries, 1)


# --8<-- [end:shapes]
SHAPES: dict[str, Callable[..., float]] = {
    "fixed": fixed,
    "uniform": uniform,
    "lognormal": lognormal,
    "rounds": rounds,
}


@dataclass(frozen=True)
class Stage:
    """One stage: where it is spent, its shape, and how we know."""

    name: str
    place: str
    shape: str
    values: Mapping[str, float]
    kind: str
    source: str

    def quantile(self, p: float) -> float:
        """The time in ms that a share `p` of words (0 < p < 1) stays below."""
        return SHAPES[self.shape](p, **self.values)

    def spread(self, samples: int) -> list[float]:
        """`samples` equally likely times in ms, in rising order."""
        return [self.quantile((i + 0.5) / samples) for i in range(samples)]


@dataclass(frozen=True)
class Budget:
    """Stages, and the target in ms that 95% of words must meet."""

    stages: tuple[Stage, ...]
    target_ms: float
    samples: int
    seed: int

    @classmethod
    def load(
        cls, path: Path = DEFAULT, parameters: Mapping[str, float] | None = None
    ) -> Budget:
        """Read a budget file; `parameters` override the file's own.

        Raises `BudgetError` when a parameter, shape or stage is impossible.
        """
        data = toml.read(path, BudgetError)
        try:
            known: dict[str, float] = data["parameters"]
            unknown = set(parameters or {}) - set(known)
            if unknown:
                raise BudgetError(f"no parameter {min(unknown)!r} in {path.name}")
            known = {**known, **(parameters or {})}
            stages = tuple(_stage(entry, known) for entry in data["stage"])
            about = {key: data["budget"][key] for key in ABOUT}
        except KeyError as error:
            raise BudgetError(f"{path} lacks {error}; compare {DEFAULT}") from None
        return cls(stages=stages, **about)


# --8<-- [start:totals]
def totals(stages: Sequence[Stage], samples: int, seed: int) -> list[float]:
    """Total times in ms of `samples` words, in rising order.

    Each stage gives a list of equally likely times. Shuffled before they
    are added, the stages are independent of one another. Left in order,
    they would all be slow for the same words.
    """
    dice = random.Random(seed)
    words = [0.0] * samples
    for stage in stages:
        times = stage.spread(samples)
        dice.shuffle(times)
        words = list(map(add, words, times))
    return sorted(words)


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Nearest-rank percentile of values that are in rising order."""
    rank = math.ceil(percent * len(ordered) / 100)
    return ordered[max(rank, 1) - 1]


# --8<-- [end:totals]
@dataclass(frozen=True)
class Row:
    """What one stage spends, in ms."""

    stage: Stage
    mean: float
    p50: float
    p95: float


@dataclass(frozen=True)
class Report:
    """What a budget comes to, in ms; `share` is the part of words in time."""

    budget: Budget
    rows: tuple[Row, ...]
    mean: float
    p50: float
    p95: float
    share: float

    @property
    def left(self) -> float:
        """Milliseconds left at the 95th percentile; negative when overspent."""
        return self.budget.target_ms - self.p95

    def as_data(self) -> dict[str, Any]:
        """Plain data for JSON: times in ms, `share` in percent, one decimal."""
        return {
            "target": self.budget.target_ms,
            "mean": round(self.mean, 1),
            "p50": round(self.p50, 1),
            "p95": round(self.p95, 1),
            "added_p50": round(math.fsum(row.p50 for row in self.rows), 1),
            "added_p95": round(math.fsum(row.p95 for row in self.rows), 1),
            "left": round(self.left, 1),
            "share": round(100 * self.share, 1),
            "stages": [_row_data(row) for row in self.rows],
        }


def evaluate(budget: Budget) -> Report:
    """Spend the budget on simulated words; raises `BudgetError` if sums don't hold."""
    words = totals(budget.stages, budget.samples, budget.seed)
    report = Report(
        budget=budget,
        rows=tuple(_row(stage, budget.samples) for stage in budget.stages),
        mean=fmean(words),
        p50=percentile(words, 50),
        p95=percentile(words, 95),
        share=sum(word <= budget.target_ms for word in words) / len(words),
    )
    check(report)
    return report


# --8<-- [start:check]
def check(report: Report) -> None:
    """What must hold for any budget; raises `BudgetError` when it doesn't."""
    spent = math.fsum(row.mean for row in report.rows)
    if not math.isclose(spent, report.mean, rel_tol=1e-9):
        raise BudgetError(f"stages spend {spent} ms, words {report.mean} ms")
    for row in report.rows:
        if row.stage.quantile(1e-9) < 0:
            raise BudgetError(f"{row.stage.name}: less than no time")
        if row.p50 > row.p95:
            raise BudgetError(f"{row.stage.name}: median above p95")


# --8<-- [end:check]
def _row(stage: Stage, samples: int) -> Row:
    times = stage.spread(samples)
    return Row(stage, fmean(times), percentile(times, 50), percentile(times, 95))


def _row_data(row: Row) -> dict[str, Any]:
    return {
        "name": row.stage.name,
        "place": row.stage.place,
        "kind": row.stage.kind,
        "mean": round(row.mean, 1),
        "p50": round(row.p50, 1),
        "p95": round(row.p95, 1),
    }


def _stage(entry: dict[str, Any], parameters: Mapping[str, float]) -> Stage:
    """One `[[stage]]` of the file, its names replaced by parameters."""
    about = {key: entry[key] for key in ("name", "place", "shape", "kind", "source")}
    values = {
        key: parameters[value] if isinstance(value, str) else float(value)
        for key, value in entry.items()
        if key not in about
    }
    if about["kind"] not in KINDS or about["shape"] not in SHAPES:
        raise BudgetError(f"{about['name']}: unknown kind or shape")
    if min(values.values()) < 0 or not 0 < values.get("chance", 0.5) < 1:
        raise BudgetError(f"{about['name']}: a time or chance out of range")
    return Stage(**about, values=values)
