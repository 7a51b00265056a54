"""Chapter 1's data: sums hold, and what is derived comes out the same again."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from statistics import fmean
from typing import Any

import pytest
from test_recorded import ROOT, experiment, recorded

from earshot.bench.clips import clips
from earshot.slo.budget import DEFAULT, Budget, percentile, totals
from earshot.text.errors import count

MEASURED = Budget.load(DEFAULT.with_name("measured.toml"))


def values(name: str) -> dict[str, Any]:
    return dict(recorded(name)["values"])


@pytest.mark.parametrize("users", ["1", "8"])
def test_the_stages_of_a_word_come_to_its_total(users: str) -> None:
    row = values("01-where-time-goes")["users"][users]
    means = sum(stage["mean"] for stage in row["stages"].values())
    shares = sum(stage["share_percent"] for stage in row["stages"].values())
    assert means == pytest.approx(row["total"]["mean"], abs=0.5)
    assert shares == pytest.approx(100, abs=0.5)


@pytest.mark.parametrize("users", ["1", "8"])
def test_added_percentiles_say_more_than_any_word_takes(users: str) -> None:
    row = values("01-where-time-goes")["users"][users]
    added = sum(stage["p95"] for stage in row["stages"].values())
    assert added == pytest.approx(row["added_p95"], abs=0.5)
    assert row["total"]["p50"] < row["total"]["p95"] < row["added_p95"]


def test_the_parts_of_a_word_are_taken_from_its_own_event() -> None:
    run = experiment("experiments/01-where-time-goes/run.py")
    timing = run.Partial.model_fields["timing"].annotation(
        hear=1, queue=2, decode=30, total=33
    )

    def hearing(end: float, stable: str, unstable: str) -> Any:
        event = run.Partial(
            segment=1,
            start_ms=0,
            stable=stable,
            stable_ms=0,
            unstable=unstable,
            end_ms=end,
            timing=timing,
        )
        return run.Hearing(event, end, sent=end + 10, came=end + 50)

    heard = [hearing(600, "", "and then"), hearing(1000, "and then", "he")]
    found = run.parts(run.Word("and", 500), heard, 0)
    assert found["step"] == 100
    assert found["agreement"] == 400
    assert found["transport"] == 7
    assert sum(found.values()) == 1050 - 500


def test_ways_to_be_heard_differ_as_the_text_says() -> None:
    data = values("01-three-ways")
    stream, request = data["stream"]["1"], data["request"]["1"]
    assert stream["first_word_s"]["p50"] < 1 < request["first_word_s"]["p50"]
    assert stream["cpu_per_audio_s"] > 3 * request["cpu_per_audio_s"]
    for rows in (data["stream"], data["request"]):
        for row in rows.values():
            assert row["all_words_s"]["p50"] <= row["all_words_s"]["p95"]
            assert row["cores"] <= 1.05


def test_a_core_carries_the_largest_crowd_that_was_in_time() -> None:
    run, data = experiment("experiments/01-three-ways/run.py"), values("01-three-ways")
    limits, carried = data["limits_s"], data["users_a_core"]
    assert carried["request"] == run.carried(data["request"], float("inf"))
    assert carried["stream"] == run.carried(data["stream"], limits["first_word"])
    waits = run.waits(data["recorded_s"] + data["batch"]["one-by-one"]["job_s"])
    for name, kept in waits.items():
        for key, value in kept.items():
            recorded_value = data["batch"]["one-by-one"][name][key]
            assert value == pytest.approx(recorded_value, abs=0.02)


def test_the_night_job_comes_out_the_same_again() -> None:
    run, data = experiment("experiments/01-night-job/run.py"), values("01-night-job")
    plan = run.PLANS["last-in-line"]
    assert run.run(plan, run.measured()) == data["plans"]["last-in-line"]


def test_what_never_ran_is_in_no_percentile() -> None:
    plans, pieces = (values("01-night-job")[name] for name in ("plans", "pieces"))
    short, long = pieces["6"], pieces["24"]
    assert long["partial_ms"]["p95"] < short["partial_ms"]["p95"]
    assert long["first_stable_ms"]["p95"] > 2 * short["first_stable_ms"]["p95"]
    calm, last = plans["calm"], plans["last-in-line"]
    assert last["first_stable_ms"]["p95"] > 1.5 * calm["first_stable_ms"]["p95"]
    assert last["partials"] < 0.8 * calm["partials"]
    assert last["lost"] > calm["lost"]


def test_shorter_pieces_let_the_streams_through() -> None:
    rows = list(values("01-night-job")["pieces"].values())
    for shorter, longer in pairwise(rows):
        assert shorter["first_stable_ms"]["mean"] < longer["first_stable_ms"]["mean"]
        assert shorter["archive_s_per_s"] < longer["archive_s_per_s"]


def test_lines_of_code_are_counted_without_words_about_them() -> None:
    run = experiment("experiments/01-notebook-gap/run.py")
    text = '"""Docs.\n\nMore.\n"""\n\n# a comment\nx = (\n    1\n)\n'
    assert run.code(text) == {7, 8, 9}


@pytest.mark.model
def test_the_notebook_prints_the_words_of_a_clip() -> None:
    script, clip = ROOT / "experiments/01-notebook-gap/notebook.py", clips()[4]
    command = [sys.executable, script, clip.path]
    printed = subprocess.run(command, capture_output=True, text=True, check=True)
    assert count(clip.words, printed.stdout).total <= 1


def test_hearing_again_is_what_a_stream_costs() -> None:
    data = values("01-notebook-gap")
    assert data["with_partials"]["times_heard"] > data["finals_only"]["times_heard"]
    assert data["finals_only"]["times_heard"] < 1.1
    rest = data["vad_ms_per_audio_s"] + data["segments_ms_per_audio_s"]
    assert rest < data["one_pass_ms_per_audio_s"]
    assert (
        sum(v for k, v in data["lines"].items() if k != "all") == data["lines"]["all"]
    )


def test_the_measured_budget_is_what_was_measured() -> None:
    row = values("01-where-time-goes")["users"]["1"]
    stages = {stage.name: stage for stage in MEASURED.stages}
    for name, measured in {"queue": "queue", "model": "decode"}.items():
        found = row["stages"][measured]
        assert stages[name].values == {
            "median_ms": found["p50"],
            "p95_ms": found["p95"],
        }
        assert stages[name].kind == "measured"
    at_once = row["agreed_at_once_percent"]
    assert stages["second hearing"].values["chance"] == pytest.approx(at_once / 100)


def test_the_measured_budget_foresees_its_words() -> None:
    row = values("01-where-time-goes")["users"]["1"]
    outside = {"codec look-ahead", "uplink", "downlink", "next picture"}
    inside = [stage for stage in MEASURED.stages if stage.name not in outside]
    words = totals(inside, MEASURED.samples, MEASURED.seed)
    assert fmean(words) == pytest.approx(row["total"]["mean"], rel=0.1)
    assert percentile(words, 50) == pytest.approx(row["total"]["p50"], rel=0.1)
