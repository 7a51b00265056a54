"""The ladder moves late, one rung a time, and not to and fro."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earshot.inference.ladder import Ladder, LadderSettings, Rung

NORMAL, WIDER, FINALS, REFUSE = Rung
RULES = LadderSettings(
    wider=0.8, finals=1.6, refuse=0.5, hold=1.0, settle=8.0, busy=0.8
)
Look = tuple[float, float, float]

waits = st.sampled_from([0.0, 0.24, 0.25, 0.39, 0.4, 0.5, 0.79, 0.8, 1.6, 9.0])
parts = st.sampled_from([0.0, 0.79, 0.8, 1.0])
steps = st.sampled_from([0.25, 0.5, 1.0, 4.0])
looks = st.lists(st.tuples(waits, parts, steps), max_size=60)


def climb(ladder: Ladder, wait: float, busy: float, begin: float, end: float) -> Rung:
    """Look four times a second from `begin` to `end`, both included."""
    for quarter in range(round(4 * begin), round(4 * end) + 1):
        ladder.observe(wait, busy, quarter / 4)
    return ladder.rung


def at(rung: Rung) -> Ladder:
    """A ladder that stands on this rung at second −10."""
    ladder = Ladder(RULES)
    while ladder.rung < rung:
        ladder.observe(9.0, 1.0, -20.0)
        ladder.observe(9.0, 1.0, -10.0)
    return ladder


@given(looks)
def test_it_moves_one_rung_a_time_and_only_after_it_was_sure(looks: list[Look]) -> None:
    ladder, now, since = Ladder(RULES), 0.0, 0.0
    for wait, busy, step in looks:
        before, now = ladder.rung, now + step
        rung = ladder.observe(wait, busy, now)
        if rung == before:
            continue
        assert rung - before in (1, -1)
        assert now - since >= (RULES.hold if rung > before else RULES.settle)
        since = now


@given(looks)
def test_all_of_the_last_looks_spoke_for_a_move(looks: list[Look]) -> None:
    ladder, now = Ladder(RULES), 0.0
    seen: list[tuple[float, float, float]] = []
    up = (RULES.wider, RULES.finals, RULES.refuse)
    for wait, busy, step in looks:
        before, now = ladder.rung, now + step
        seen.append((wait, busy, now))
        rung = ladder.observe(wait, busy, now)
        if rung > before:
            last = [one for one in seen if one[2] >= now - RULES.hold]
            assert all(wait >= up[before] for wait, _, _ in last)
        if rung < before:
            last = [one for one in seen if one[2] >= now - RULES.settle]
            assert all(wait < up[rung] / 2 for wait, _, _ in last)
            assert all(busy < RULES.busy for _, busy, _ in last)


@given(st.sampled_from(Rung), st.lists(st.sampled_from([0.25, 0.5, 0.75]), max_size=40))
def test_load_that_swings_faster_than_the_hold_moves_nothing(
    rung: Rung, steps: list[float]
) -> None:
    ladder, now = at(rung), 0.0
    for number, step in enumerate(steps):
        now += step
        ladder.observe(9.0 if number % 2 else 0.0, 0.1, now)
        assert ladder.rung is rung


def test_it_climbs_rung_by_rung_when_waits_last() -> None:
    ladder = Ladder(RULES)
    assert climb(ladder, 0.8, 1.0, 0.0, 0.75) is NORMAL
    assert climb(ladder, 0.8, 1.0, 1.0, 9.0) is WIDER
    assert climb(ladder, 1.6, 1.0, 9.25, 10.0) is WIDER
    assert climb(ladder, 1.6, 1.0, 10.25, 10.25) is FINALS
    assert climb(ladder, 0.5, 1.0, 10.5, 11.25) is FINALS
    assert climb(ladder, 0.5, 1.0, 11.5, 11.5) is REFUSE
    assert climb(ladder, 99.0, 1.0, 11.75, 99.0) is REFUSE


@pytest.mark.parametrize(
    ("rung", "wait"),
    [(WIDER, 0.39), (FINALS, 0.79), (REFUSE, 0.24)],
)
def test_it_comes_down_when_all_was_well_for_long(rung: Rung, wait: float) -> None:
    ladder = at(rung)
    if rung is FINALS:
        wait = 0.49  # beyond, the next rung is due
    assert climb(ladder, wait, 0.79, 0.0, 7.75) is rung
    assert climb(ladder, wait, 0.79, 8.0, 8.0) == rung - 1


def test_each_rung_down_takes_a_settling_of_its_own() -> None:
    ladder = at(REFUSE)
    assert climb(ladder, 0.0, 0.0, 0.0, 8.0) is FINALS
    assert climb(ladder, 0.0, 0.0, 8.25, 16.0) is FINALS
    assert climb(ladder, 0.0, 0.0, 16.25, 16.25) is WIDER


@pytest.mark.parametrize(("rung", "wait"), [(WIDER, 0.4), (REFUSE, 0.25)])
def test_it_stays_where_the_wait_is_neither_short_nor_long(
    rung: Rung, wait: float
) -> None:
    assert climb(at(rung), wait, 0.1, 0.0, 60.0) is rung


def test_it_stays_while_the_recogniser_is_busy() -> None:
    assert climb(at(WIDER), 0.0, 0.8, 0.0, 60.0) is WIDER


def test_one_bad_look_begins_the_settling_anew() -> None:
    ladder = at(WIDER)
    climb(ladder, 0.0, 0.0, 0.0, 7.75)
    ladder.observe(0.5, 0.0, 7.9)
    assert climb(ladder, 0.0, 0.0, 8.0, 15.75) is WIDER
    assert climb(ladder, 0.0, 0.0, 16.0, 16.0) is NORMAL


def test_normal_has_nothing_below_and_refuse_nothing_above() -> None:
    assert climb(Ladder(), 0.0, 0.0, 0.0, 60.0) is NORMAL
    assert climb(at(REFUSE), 9.0, 1.0, 0.0, 60.0) is REFUSE


@pytest.mark.parametrize(
    "values",
    [
        {"wider": 0.0},
        {"finals": -1.0},
        {"refuse": 0.0},
        {"hold": -1.0},
        {"settle": -1.0},
        {"busy": 0.0},
        {"busy": 1.1},
    ],
)
def test_settings_that_cannot_hold_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"wider|hold"):
        LadderSettings(**values)
