"""Chapter 2's data: every server is measured alike, and the figures agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_recorded import ROOT, recorded

FOLDER = ROOT / "experiments/02-frameworks"
CALLERS = ("1", "8", "32")


def servers() -> dict[str, dict[str, Any]]:
    return dict(recorded("02-frameworks")["values"]["servers"])


def loads(server: dict[str, Any]) -> list[tuple[int, dict[str, float]]]:
    ways = [server[way] for way in ("no-op", "alone", "batched") if way in server]
    return [(int(callers), way[callers]) for way in ways for callers in CALLERS]


def names(folder: str, suffix: str) -> set[str]:
    return {path.stem for path in (FOLDER / folder).glob(f"*{suffix}")}


def pins(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def test_every_server_has_its_packages_and_its_row() -> None:
    assert names("servers", ".py") - {"speech"} == set(servers())
    assert names("requirements", ".txt") == names("requirements", ".in")
    assert names("requirements", ".txt") == set(servers())


@pytest.mark.parametrize("name", servers())
def test_what_was_measured_is_what_is_pinned(name: str) -> None:
    server, pinned = servers()[name], pins(FOLDER / f"requirements/{name}.txt")
    assert pinned[server["package"]] == server["version"]
    assert len(pinned) == server["installed"]["packages"]


@pytest.mark.parametrize("name", servers())
def test_callers_answers_and_latencies_agree(name: str) -> None:
    for callers, row in loads(servers()[name]):
        assert row["p50_ms"] <= row["p95_ms"]
        assert row["client_busy"] < 0.8
        waiting = row["per_s"] * row["p50_ms"] / 1000  # Little's law
        assert waiting == pytest.approx(callers, rel=0.5)
        assert row["answers"] >= callers


@pytest.mark.parametrize("name", servers())
def test_no_server_has_more_of_the_core_than_there_is(name: str) -> None:
    alone = servers()[name]["alone"]
    for callers in CALLERS:
        share = alone[callers]["per_s"] * alone["model_ms"] / 1000
        assert 0.3 < share < 1.15  # the core's pace changes meanwhile


@pytest.mark.parametrize("name", servers())
def test_a_server_of_ours_stays_short(name: str) -> None:
    server = servers()[name]
    lines = (FOLDER / f"servers/{name}.py").read_text(encoding="utf-8").splitlines()
    held = [line for line in map(str.strip, lines) if line]
    assert server["glue_lines"] <= len(held)
    assert server["glue_lines"] <= 40


def test_memory_that_is_shared_counts_once() -> None:
    for server in servers().values():
        idle = server["alone"]["idle"]
        assert idle["pss_mb"] <= idle["rss_mb"]
        assert server["no-op"]["idle"]["pss_mb"] < idle["pss_mb"]
