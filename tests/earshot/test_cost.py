"""The cost model: what must hold for any demand, capacity and price."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earshot.scaling.cost import (
    CostError,
    Demand,
    Price,
    capacity,
    fewest_streams,
    fleet,
    prices,
)

CORE = Price("core", 0.05, 1, "assumed", "for the test", date(2026, 11, 26))

demands = st.builds(Demand, st.floats(1, 1e7), st.floats(1, 10))


@given(demands, st.integers(1, 500), st.integers(0, 3))
def test_a_fleet_has_room_for_its_peak_and_is_never_fuller_than_full(
    demand: Demand, per_machine: int, spare: int
) -> None:
    found = fleet(demand, per_machine, CORE, spare)
    room = (found.machines - spare) * per_machine
    assert room >= demand.peak_streams > room - per_machine
    assert 0 < found.utilisation < 1
    spent = found.usd_per_audio_hour * demand.audio_hours_per_day
    assert spent == pytest.approx(found.machines * 24 * CORE.usd_per_hour)


def test_a_thousand_audio_hours_by_hand() -> None:
    demand = Demand(1200, peak_factor=2)
    assert demand.mean_streams == 50
    assert demand.peak_streams == math.ceil(100 + 3.0902 * 10)
    found = fleet(demand, 8, CORE)
    assert found.machines == math.ceil(131 / 8) + 1 == 18
    assert found.usd_per_day == pytest.approx(21.6)
    assert found.usd_per_audio_hour == pytest.approx(0.018)
    assert found.utilisation == pytest.approx(50 / 144)


@pytest.mark.parametrize("mean", [30, 100, 400])
def test_room_for_the_peak_is_close_to_poissons_own(mean: int) -> None:
    room = Demand(24 * mean, peak_factor=1).peak_streams
    beyond = 1 - sum(
        math.exp(-mean + n * math.log(mean) - math.lgamma(n + 1))
        for n in range(room + 1)
    )
    assert 0.0002 < beyond < 0.002


def test_capacity_is_the_last_number_before_the_first_miss() -> None:
    table = {1: 0.4, 4: 0.43, 8: 0.54, 16: 0.5}
    assert capacity(table, 0.6) == 16
    assert capacity(table, 0.5) == 4
    with pytest.raises(CostError, match=r"0\.1 s"):
        capacity(table, 0.1)


def test_a_dearer_machine_must_hold_as_many_streams_more() -> None:
    cores = fleet(Demand(24_000), 8, CORE)
    dear = Price("gpu", 4.0, 0, "assumed", "for the test", date(2026, 11, 26))
    assert fewest_streams(cores, dear) == pytest.approx(640)
    assert fewest_streams(cores, CORE) == pytest.approx(8)


@pytest.mark.parametrize(
    ("hours", "factor", "risk"), [(0, 2, 0.1), (1, 0.5, 0.1), (1, 2, 0), (1, 2, 1)]
)
def test_demands_that_cannot_be_are_refused(
    hours: float, factor: float, risk: float
) -> None:
    with pytest.raises(CostError):
        Demand(hours, factor, risk)


def test_every_price_says_how_we_know(tmp_path: Path) -> None:
    assert prices()["core"].usd_per_hour > 0
    bad = tmp_path / "prices.toml"
    bad.write_text(
        '[[price]]\nname = "a"\nusd_per_hour = 1.0\ncores = 1\n'
        'kind = "heard"\nsource = "x"\nas_of = 2026-01-01\n'
    )
    with pytest.raises(CostError, match=r"prices\.toml: a"):
        prices(bad)
