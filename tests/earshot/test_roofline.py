"""The roofline: the slower of two limits, and where they meet."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earshot.inference.roofline import Machine, Work, knee, seconds

MACHINE = Machine(flops_per_s=100e9, bytes_per_s=20e9, overhead_s=0.001)
STEP = Work(weight_bytes=20e6, item_flops=40e6)

machines = st.builds(
    Machine, st.floats(1e9, 1e15), st.floats(1e9, 1e13), st.floats(0, 0.01)
)
works = st.builds(Work, st.floats(1e3, 1e11), st.floats(1e3, 1e12), st.floats(0, 1e9))


@given(machines, works, st.integers(1, 512))
def test_no_call_is_faster_than_either_limit(
    machine: Machine, work: Work, items: int
) -> None:
    took = seconds(machine, work, items)
    assert took >= items * work.item_flops / machine.flops_per_s
    assert took >= work.weight_bytes / machine.bytes_per_s
    assert took <= seconds(machine, work, items + 1)


@given(machines, works)
def test_at_the_knee_both_limits_take_as_long(machine: Machine, work: Work) -> None:
    items = knee(machine, work)
    if items < 1e6:
        arithmetic = items * work.item_flops / machine.flops_per_s
        fetching = (work.weight_bytes + items * work.item_bytes) / machine.bytes_per_s
        assert arithmetic == pytest.approx(fetching, rel=1e-6)


def test_a_step_of_a_decoder_costs_the_same_for_one_and_for_two() -> None:
    assert MACHINE.ridge == 5
    assert knee(MACHINE, STEP) == pytest.approx(2.5)
    assert seconds(MACHINE, STEP, 1) == seconds(MACHINE, STEP, 2) == 0.002
    assert seconds(MACHINE, STEP, 5) == pytest.approx(0.003)
    assert STEP.intensity(1) == 2
    assert STEP.intensity(3) == 6


def test_where_items_bring_their_own_bytes_more_of_them_never_reach_the_peak() -> None:
    assert knee(MACHINE, Work(20e6, 40e6, item_bytes=10e6)) == math.inf
