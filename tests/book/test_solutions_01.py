"""The solutions of chapter 1, run."""

import pytest
from test_recorded import experiment

from earshot.slo.budget import Budget, evaluate

RUN = experiment("experiments/01-latency-budget/run.py")
BUDGET = Budget.load()


def p95(*together: str, seed: int = 1) -> float:
    """The 95th percentile in ms when these stages are slow together."""
    words = RUN.words_together(BUDGET.stages, BUDGET.samples, seed, together)
    return words[BUDGET.samples * 95 // 100 - 1]


def test_read_the_two_waits_are_the_largest():
    rows = sorted(evaluate(BUDGET).rows, key=lambda row: -row.p95)
    assert [row.stage.name for row in rows[:2]] == [
        "second hearing",
        "wait for the step",
    ]


def test_change_a_step_of_300_ms_misses_the_target():
    assert evaluate(Budget.load(parameters={"step_ms": 300})).left < 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_build_the_same_luck_both_ways_lengthens_the_tail(seed):
    assert p95("uplink", "downlink", seed=seed) > p95(seed=seed)


def test_build_the_same_luck_everywhere_makes_percentiles_add():
    rows = evaluate(BUDGET).rows
    everything = p95(*(row.stage.name for row in rows))
    assert everything == pytest.approx(sum(row.p95 for row in rows))
