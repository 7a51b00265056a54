"""The bench: what is said, what is counted, and a server that comes and goes."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from earshot.audio.formats import RATE
from earshot.bench import commands, live, simulated, suite
from earshot.bench.clips import clips
from earshot.bench.policies import POLICIES
from earshot.bench.reading import errors, reading
from earshot.cli import main
from earshot.inference.fake import FakeRecogniser

ROW = {
    "way": "live",
    "policy": "finals first",
    "streams": 8,
    "first_partial_s": {"p50": 0.4, "p95": 0.5},
    "first_stable_s": None,
    "partials_per_speech_s": 1.25,
    "final_delay_s": {"p50": 0.2, "p95": 0.6},
    "cpu_per_stream_s": 0.12,
    "memory_mb": 250.4,
}
ENGINE = {"model": "m", "cpu_per_audio_s": 0.03, "word_errors": 2, "words": 70}


def test_a_reading_is_whole_clips_and_its_words_are_counted() -> None:
    seconds = len(reading(1.0)) / RATE
    assert seconds == pytest.approx(0.3 + len(clips()[0].audio) / RATE + 0.8)
    both = f"{clips()[0].words} {clips()[1].words}"
    assert errors(clips()[0].words, 1.0).total == 0
    assert errors(both, seconds + 0.1).total == 0
    assert errors(clips()[0].words, seconds + 0.1).total == len(
        clips()[1].words.split()
    )


@pytest.mark.model
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_every_stream_of_a_simulation_is_heard(policy: Any) -> None:
    found = simulated.measure(policy, 3, 2.0, FakeRecogniser())
    assert found.figures.finals == 3
    assert found.figures.contradicted == 0
    assert found.figures.audio_s == pytest.approx(3 * len(reading(2.0)) / RATE, abs=0.1)
    assert 0 < found.busy < 1
    assert len(set(found.word_errors)) == 1


@pytest.mark.model
def test_a_bench_server_serves_and_is_gone_afterwards() -> None:
    with live.server({}, "--fake") as address, urlopen(f"{address}/healthz") as answer:
        assert json.load(answer) == {"status": "alive"}
    with pytest.raises(URLError):
        urlopen(f"{address}/healthz")


@pytest.mark.model
def test_a_live_row_has_what_the_table_shows() -> None:
    with live.server({}, "--fake") as address:
        options = [f"--file={clips()[4].path}", "--seconds=2"]
        report = live.load(address, 2, options)
    row = suite.about("live", "as shipped", 2, report["overall"])
    server = report["server"]
    row |= {"memory_mb": server["memory_most_mb"], "cpu_per_stream_s": server["cores"]}
    assert report["overall"]["ends"] == {"closed": 2}
    assert "as shipped" in commands.table({"engines": [ENGINE], "streams": [row]})


def test_the_table_has_a_line_for_each_row() -> None:
    lines = commands.table({"engines": [ENGINE], "streams": [ROW, ROW]}).split("\n")
    assert lines[0] == "m: 0.030 CPU s for a second of audio, 2 errors in 70 words"
    assert len(lines) == 5
    cells = "live finals first 8 0.40 – 1.25 0.20 0.60 0.120 250"
    assert " ".join(lines[-1].split()) == cells
    assert max(map(len, lines)) <= 84


def test_a_bench_that_cannot_be_run_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live.shutil, "which", lambda name: None)
    monkeypatch.setattr(suite.engine, "measure", lambda model, rounds: None)
    monkeypatch.setattr(suite, "asdict", lambda value: ENGINE)
    monkeypatch.setattr(suite, "simulated_rows", lambda plan, tell: iter(()))
    result = CliRunner().invoke(main, ["bench"])
    assert result.exit_code == 1
    assert result.output == (
        "Error: a live bench needs two cores and taskset, from util-linux\n"
    )
