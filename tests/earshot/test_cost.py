"""The cost model: what must hold for any demand, capacity and price."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from earshot.cli import main
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


GPU = """
[[price]]
name = "gpu"
usd_per_hour = 2.0
cores = 0
kind = "assumed"
source = "for the test"
as_of = 2026-01-31
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GPU.replace("assumed", "heard"), r"prices\.toml: gpu"),
        (GPU.replace("2.0", "-2.0"), r"prices\.toml: gpu"),
        (GPU.replace("for the test", ""), r"prices\.toml: gpu"),
        (GPU.replace("as_of", "seen"), r"lacks 'as_of'; compare .*prices\.toml"),
        ("[[cost]]", r"lacks 'price'; compare .*prices\.toml"),
        ("price 5", r"prices\.toml is not TOML: .*line 1"),
    ],
)
def test_every_price_says_how_we_know(tmp_path: Path, text: str, message: str) -> None:
    assert prices()["core"].usd_per_hour > 0
    file = tmp_path / "prices.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CostError, match=message):
        prices(file)


def cost(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["cost", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_command_plans_what_the_model_plans() -> None:
    data = json.loads(cost("core=8", "--hours", "1200", "--peak", "2", "--json"))
    wanted = fleet(Demand(1200, 2), 8, prices()["core"])
    (found,) = data["fleets"]
    assert data["peak_streams"] == wanted.demand.peak_streams
    assert found["machines"] == wanted.machines
    assert found["usd_per_month"] == pytest.approx(wanted.usd_per_month, abs=0.01)
    assert found["as_of"] == prices()["core"].as_of.isoformat()


def test_the_table_has_a_line_for_each_machine_and_fits_the_page(
    tmp_path: Path,
) -> None:
    file = tmp_path / "prices.toml"
    later = GPU.replace('"gpu"', '"other"').replace("01-31", "02-28")
    file.write_text(GPU + later, encoding="utf-8")
    options = ("--hours", "2400", "--spare", "2", "--prices", str(file))
    lines = cost("other=500", "gpu=50", *options).splitlines()
    assert [line.split()[:4] for line in lines[2:4]] == [
        ["other", "2.00", "500", "3"],
        ["gpu", "2.00", "50", "8"],
    ]
    assert lines[-1].endswith("prices of 2026-01-31 to 2026-02-28")
    assert max(map(len, lines)) <= 76


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["core"], "'core' is not MACHINE=STREAMS"),
        (["core=0"], "'core=0' is not MACHINE=STREAMS"),
        (["core=1.5"], "'core=1.5' is not MACHINE=STREAMS"),
        (["abacus=3"], "no price for 'abacus'; there are core"),
        (["core=8", "--hours", "0"], "hours exceed 0"),
        (["core=8", "--hours", "nan"], "hours exceed 0"),
        (["core=8", "--hours", "inf"], "hours exceed 0"),
        (["core=8", "--peak", "0.5"], "a peak factor is at least 1"),
        (["core=8", "--peak", "inf"], "a peak factor is at least 1"),
    ],
)
def test_a_fleet_that_cannot_be_is_refused(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(main, ["cost", *arguments])
    assert result.exit_code == 1
    assert message in result.output
