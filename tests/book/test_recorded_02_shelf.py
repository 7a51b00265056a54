"""The shelf's data: all requests are counted, and the same costs give the same rows."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from test_recorded import experiment, recorded

from earshot.models.manifest import read


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    return dict(recorded("02-shelf")["values"])


@pytest.fixture(scope="module")
def run() -> Any:
    return experiment("experiments/02-shelf/run.py")


def rows(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The simulation's rows by the number of places, for each line of the plot."""
    found = {
        f"{order}-{policy}": data["simulation"][f"{order}-{policy}"]
        for order in ("zipf", "round-robin")
        for policy in ("lru", "pinned")
    }
    assert all(len(line) == data["simulation"]["models"] for line in found.values())
    return found


def test_every_request_was_a_hit_or_a_miss(data: dict[str, Any]) -> None:
    for line in rows(data).values():
        for row in line.values():
            assert row["hits"] + row["misses"] == data["simulation"]["requests"]


def test_more_room_never_means_more_misses(data: dict[str, Any]) -> None:
    for line in rows(data).values():
        misses = [row["misses"] for row in line.values()]
        assert all(more >= less for more, less in pairwise(misses))
        assert misses[-1] == data["simulation"]["models"]  # each is loaded once


def test_the_load_is_the_costs_and_percentiles_stop_before_it_is_full(
    data: dict[str, Any], run: Any
) -> None:
    simulation = data["simulation"]
    cost = simulation["cost"]
    for line in rows(data).values():
        for row in line.values():
            each = cost["call_s"] + row["misses"] / run.COUNT * cost["load_s"]
            assert row["load"] == pytest.approx(run.RATE * each, abs=0.001)
            assert ("p95_ms" in row) == (row["load"] < run.FULL)
            if "p95_ms" in row:
                assert 1000 * cost["call_s"] <= row["p50_ms"] <= row["p95_ms"]


def test_one_place_short_of_all_in_turn_never_hits_unless_some_are_pinned(
    data: dict[str, Any],
) -> None:
    simulation = data["simulation"]
    short = str(simulation["models"] - 1)
    assert simulation["round-robin-lru"][short]["hits"] == 0
    kept = (simulation["models"] - 2) / simulation["models"]
    pinned = simulation["round-robin-pinned"][short]["hits"]
    assert pinned / simulation["requests"] == pytest.approx(kept, abs=0.005)


def test_the_simulation_comes_out_the_same_again(
    data: dict[str, Any], run: Any
) -> None:
    simulation = data["simulation"]
    cost = run.Cost(simulation["cost"]["load_s"], simulation["cost"]["call_s"])
    assert cost == run.cost(data["miss"]["moonshine-tiny"])
    for name, line in run.simulated(cost, range(2, 12, 3)).items():
        assert line.items() <= simulation[name].items()


def test_a_miss_is_its_stages(data: dict[str, Any]) -> None:
    for row in data["miss"].values():
        stages = ("digests_ms", "weights_ms", "warm_up_ms", "first_ms")
        assert row["miss_ms"] == pytest.approx(sum(row[stage] for stage in stages))
        assert row["miss_ms"] > row["hit_ms"]


def test_what_is_weighed_is_what_was_believed(data: dict[str, Any], run: Any) -> None:
    assert run.believed(data["memory"]["moonshine-tiny"]) == data["believed"]
    for id, row in data["memory"].items():
        assert row["files_mb"] == pytest.approx(read()[id].bytes / 1e6, abs=0.05)
        assert row["loaded_mb"] <= row["peak_mb"]
        for churn in (row["churn"], row["churn_trimmed"]):
            assert len(churn["used_mb"]) == len(churn["gone_mb"]) > 1


def test_every_way_to_share_a_core_was_measured(data: dict[str, Any], run: Any) -> None:
    assert set(data["share"]) == set(run.WAYS)
    for row in data["share"].values():
        assert 0 < row["p50_ms"] <= row["p95_ms"] <= row["worst_ms"]
    assert data["share"]["alone"]["large_clips_per_s"] == 0
