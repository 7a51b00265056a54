"""A start is split without a gap: its stages come to its total."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest

from earshot.bench.clips import clips
from earshot.inference.commands import stages
from earshot.models import coldstart
from earshot.models.coldstart import Timeline
from earshot.slo.start import StartCollector

EARSHOT = Path(sys.executable).with_name("earshot")


class Watch:
    """A clock that stands where it was put."""

    def __init__(self) -> None:
        self.at = 10.0

    def __call__(self) -> float:
        return self.at


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 9)), min_size=1))
def test_stages_come_to_the_total_whatever_they_are_called(
    marks: list[tuple[str, float]],
) -> None:
    watch = Watch()
    timeline = Timeline(began=9.0, clock=watch)
    for stage, took in marks:
        watch.at += took
        timeline.mark(stage)
    assert sum(timeline.stages.values()) == pytest.approx(timeline.total)
    assert timeline.total == pytest.approx(watch.at - 9)
    assert list(timeline.stages) == list(dict.fromkeys(stage for stage, _ in marks))


def test_what_comes_after_the_last_stage_is_no_part_of_the_start() -> None:
    watch = Watch()
    timeline = Timeline(began=9.0, clock=watch)
    assert timeline.total == 0
    timeline.mark("ready", last=True)
    watch.at = 99
    timeline.mark("weights")
    assert timeline.stages == {"ready": 1}


def test_without_proc_a_process_begins_when_it_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(coldstart, "STATUS", tmp_path / "stat")
    before = coldstart.now()
    assert before <= coldstart.began() <= coldstart.now()


def test_the_stages_are_printed_with_bars_and_scraped_by_name() -> None:
    watch = Watch()
    timeline = Timeline(began=9.0, clock=watch)
    timeline.mark("imports")
    watch.at = 13
    timeline.mark("weights")
    lines = stages(timeline).split("\n")
    assert lines[0] == "imports         1000 ms  ##########"
    assert lines[1] == f"weights         3000 ms  {'#' * 30}"
    assert lines[2].split()[:4] == ["in", "all", "4000", "ms"]
    registry = CollectorRegistry()
    registry.register(StartCollector(timeline))
    assert b'earshot_start_seconds{stage="weights"} 3.0' in generate_latest(registry)


@pytest.mark.model
def test_the_command_attributes_its_own_start() -> None:
    command = [EARSHOT, "coldstart", clips()[4].path, "--json"]
    before = coldstart.now()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    around = coldstart.now() - before
    report = json.loads(done.stdout)
    assert list(report["stages"]) == [
        *("interpreter", "imports", "file", "digests"),
        *("engine", "weights", "warm-up", "first words"),
    ]
    assert sum(report["stages"].values()) == pytest.approx(report["total"])
    assert min(report["stages"].values()) > 0
    assert 0 < report["total"] <= around + 0.011
