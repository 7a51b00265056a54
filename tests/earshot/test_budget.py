"""The latency budget adds up, refuses nonsense and says so at the command line."""

from __future__ import annotations

import json
import math
from pathlib import Path
from statistics import fmean

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from earshot.cli import main
from earshot.slo.budget import (
    Budget,
    BudgetError,
    Stage,
    evaluate,
    percentile,
    totals,
)

milliseconds = st.floats(0.1, 5000)
pairs = st.tuples(milliseconds, milliseconds).map(sorted)
shapes = st.one_of(
    milliseconds.map(lambda ms: ("fixed", {"ms": ms})),
    pairs.map(lambda p: ("uniform", {"low_ms": p[0], "high_ms": p[1]})),
    pairs.map(lambda p: ("lognormal", {"median_ms": p[0], "p95_ms": p[1]})),
    st.tuples(milliseconds, st.floats(0.2, 0.99)).map(
        lambda p: ("rounds", {"step_ms": p[0], "chance": p[1]})
    ),
)


def stage(shape: str, values: dict[str, float]) -> Stage:
    return Stage(shape, "server", shape, values, "assumed", "a test")


stages = st.lists(shapes.map(lambda s: stage(*s)), min_size=1, max_size=6)


def budget(parts: list[Stage]) -> Budget:
    return Budget(tuple(parts), target_ms=800, samples=400, seed=1)


@given(stages)
def test_the_means_of_the_stages_sum_to_the_mean_of_the_words(
    parts: list[Stage],
) -> None:
    report = evaluate(budget(parts))
    assert math.isclose(report.mean, sum(row.mean for row in report.rows))


@given(stages, st.integers(0, 99))
def test_no_word_is_faster_or_slower_than_its_stages_allow(
    parts: list[Stage], seed: int
) -> None:
    spreads = [part.spread(200) for part in parts]
    words = totals(parts, 200, seed)
    assert words == sorted(words)
    assert words[0] >= sum(s[0] for s in spreads) - 1e-6
    assert words[-1] <= sum(s[-1] for s in spreads) * (1 + 1e-9)


@given(stages, st.floats(1, 100))
def test_percentiles_add_when_all_stages_are_slow_for_the_same_words(
    parts: list[Stage], percent: float
) -> None:
    spreads = [part.spread(200) for part in parts]
    together = [sum(times) for times in zip(*spreads, strict=True)]
    added = sum(percentile(spread, percent) for spread in spreads)
    assert math.isclose(percentile(together, percent), added)


@given(shapes.map(lambda s: stage(*s)), st.floats(0.01, 0.98), st.floats(0.001, 0.01))
def test_a_larger_share_of_words_never_takes_less_time(
    part: Stage, p: float, more: float
) -> None:
    assert 0 <= part.quantile(p) <= part.quantile(p + more) * (1 + 1e-12)


def test_two_even_waits_give_the_triangle_that_theory_gives() -> None:
    """Two uniform waits of 100 ms: 95% of the sums lie below 200 - sqrt(1000)."""
    waits = [stage("uniform", {"low_ms": 0, "high_ms": 100})] * 2
    words = totals(waits, 20_000, seed=3)
    assert percentile(words, 95) == pytest.approx(200 - math.sqrt(1000), abs=1.5)
    assert fmean(words) == pytest.approx(100)


def test_rounds_need_one_step_nine_times_in_ten() -> None:
    steps = stage("rounds", {"step_ms": 200, "chance": 0.9}).spread(1000)
    assert steps.count(200) == 900
    assert steps.count(400) == 90


def test_the_books_budget_is_met_though_its_column_adds_to_more() -> None:
    report = evaluate(Budget.load())
    assert report.p95 < report.budget.target_ms < sum(row.p95 for row in report.rows)
    assert report.p50 > sum(row.p50 for row in report.rows)


def test_the_same_seed_gives_the_same_words() -> None:
    parts = Budget.load().stages
    assert totals(parts, 500, seed=7) == totals(parts, 500, seed=7)
    assert totals(parts, 500, seed=7) != totals(parts, 500, seed=8)


ENTRY = """
[budget]
target_ms = 10.0
samples = 20
seed = 1
[parameters]
frame_ms = 20.0
[[stage]]
name = "frame"
place = "client"
source = "a test"
"""


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('shape = "square"\nkind = "derived"', "unknown kind or shape"),
        ('shape = "fixed"\nkind = "guessed"\nms = 1.0', "unknown kind or shape"),
        ('shape = "fixed"\nkind = "derived"\nms = -1.0', "out of range"),
        (
            'shape = "rounds"\nkind = "assumed"\nstep_ms = 5.0\nchance = 1.0',
            "out of range",
        ),
    ],
)
def test_an_impossible_stage_is_refused(
    tmp_path: Path, lines: str, message: str
) -> None:
    path = tmp_path / "budget.toml"
    path.write_text(ENTRY + lines, encoding="utf-8")
    with pytest.raises(BudgetError, match=message):
        Budget.load(path)


def test_a_median_above_its_95th_percentile_is_refused() -> None:
    upside_down = stage("lognormal", {"median_ms": 50.0, "p95_ms": 20.0})
    with pytest.raises(BudgetError, match="median above p95"):
        evaluate(budget([upside_down]))


def test_the_command_prints_the_model_as_json() -> None:
    result = CliRunner().invoke(main, ["budget", "--json"])
    assert result.exit_code == 0
    assert json.loads(result.output) == evaluate(Budget.load()).as_data()


def test_the_command_spends_another_budget(tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    path.write_text(ENTRY + 'shape = "fixed"\nkind = "derived"\nms = 4.0')
    result = CliRunner().invoke(main, ["budget", "--file", str(path), "--json"])
    assert result.exit_code == 0
    report = json.loads(result.output)
    assert [stage["name"] for stage in report["stages"]] == ["frame"]
    assert (report["target"], report["p95"], report["left"]) == (10, 4, 6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[budget", "other.toml is not TOML: "),
        (ENTRY + 'shape = "fixed"', "other.toml lacks 'kind'; compare "),
        (ENTRY.replace("seed", "seeds"), "other.toml lacks "),
        (
            ENTRY + 'shape = "fixed"\nkind = "derived"\nms = "step_ms"',
            "other.toml lacks 'step_ms'",
        ),
    ],
)
def test_a_file_that_is_no_budget_is_named(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "other.toml"
    path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(main, ["budget", "--file", str(path)])
    assert result.exit_code == 1
    assert message in result.output


def test_the_command_fails_when_the_target_is_missed() -> None:
    result = CliRunner().invoke(main, ["budget", "--set", "step_ms=400"])
    assert result.exit_code == 1
    assert "ms over" in result.output


@pytest.mark.parametrize(
    ("setting", "message"),
    [("step_ms", "is not NAME=MS"), ("stride_ms=4", "no parameter 'stride_ms'")],
)
def test_a_bad_setting_is_named(setting: str, message: str) -> None:
    result = CliRunner().invoke(main, ["budget", "--set", setting])
    assert result.exit_code == 1
    assert message in result.output
