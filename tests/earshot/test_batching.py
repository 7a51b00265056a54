"""The model of batching: sums that hold, formulas that simulation confirms."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jobs import job

from earshot.inference.batcher import Policy
from earshot.inference.batching import (
    Call,
    Cost,
    arrivals,
    batch_when_busy,
    buckets,
    fit,
    load,
    padding,
    play,
    wait_alone,
)
from earshot.inference.scheduler import Job, Kind, Loss, Scheduler

COST = Cost(call=0.040, item=0.035)

costs = st.builds(Cost, st.floats(0, 1), st.floats(0.001, 1))
times = st.lists(st.floats(0, 10), max_size=30).map(sorted)
lengths = st.lists(st.floats(0.1, 20), min_size=1, max_size=30)


def asked(times: list[float], deadline: float = math.inf) -> list[Job]:
    """Finals of as many streams, asked for at these times."""
    return [
        job(str(number), Kind.FINAL, at, deadline=at + deadline)
        for number, at in enumerate(times)
    ]


def calls(times: list[float], cost: Cost, limit: int, window: float) -> list[Call]:
    scheduler = Scheduler(Policy(finals=limit, window=window))
    return list(play(asked(times), scheduler, cost))


@given(costs, st.integers(1, 64))
def test_a_fuller_call_serves_more_a_second_but_never_more_than_the_items_allow(
    cost: Cost, items: int
) -> None:
    assert cost.rate(items) <= cost.rate(items + 1) * (1 + 1e-9)
    assert cost.rate(items) <= 1 / cost.item * (1 + 1e-9)
    assert load(cost, cost.rate(items), items) == pytest.approx(1)


@given(costs)
def test_a_fit_finds_the_cost_that_made_the_data(cost: Cost) -> None:
    sizes = (1, 2, 4, 8)
    found = fit(sizes, [cost.seconds(size) for size in sizes])
    assert found.call == pytest.approx(cost.call, abs=1e-9)
    assert found.item == pytest.approx(cost.item)


def test_a_fit_of_calls_that_lose_by_company_has_no_cost_below_nothing() -> None:
    assert fit((1, 2, 4), (1.0, 2.2, 4.8)).call == 0


@pytest.mark.parametrize(("call", "item"), [(-0.1, 1.0), (0.0, 0.0)])
def test_costs_that_cannot_be_are_refused(call: float, item: float) -> None:
    with pytest.raises(ValueError, match="costs"):
        Cost(call, item)


@given(times, costs, st.integers(1, 5), st.sampled_from([0.0, 0.05, 2.0]))
def test_everyone_is_served_once_within_the_limit_and_one_call_at_a_time(
    times: list[float], cost: Cost, limit: int, window: float
) -> None:
    made = calls(times, cost, limit, window)
    served = [one.asked for call in made for one in call.jobs]
    assert served == times
    assert all(len(call.jobs) <= limit for call in made)
    for before, after in pairwise(made):
        assert before.done <= after.begun
    for call in made:
        assert call.begun >= call.jobs[-1].asked
        assert min(call.delays) >= cost.seconds(len(call.jobs)) - 1e-9


@given(times, st.integers(1, 5), st.sampled_from([0.05, 2.0]))
def test_an_idle_recogniser_waits_for_a_full_batch_or_the_end_of_the_window(
    times: list[float], limit: int, window: float
) -> None:
    free = 0.0
    for call in calls(times, COST, limit, window):
        first, last = call.jobs[0].asked, call.jobs[-1].asked
        full = last if len(call.jobs) == limit else math.inf
        assert call.begun == max(free, min(full, first + window))
        free = call.done


def test_alone_in_the_line_the_wait_is_pollaczek_and_khinchines() -> None:
    rate = 0.7 * COST.rate(1)
    made = calls(arrivals(rate, 40_000, seed=1), COST, 1, 0.0)
    waits = [call.begun - call.jobs[0].asked for call in made]
    assert fmean(waits) == pytest.approx(wait_alone(COST, rate), rel=0.05)
    assert wait_alone(COST, COST.rate(1)) == math.inf


def test_a_busy_recognisers_batches_are_those_of_the_formula() -> None:
    rate = 0.9 / COST.item
    made = calls(arrivals(rate, 4_000, seed=2), COST, 1000, 0.0)
    expected = batch_when_busy(COST, rate)
    mean = fmean(len(call.jobs) for call in made[20:])
    assert mean == pytest.approx(expected, rel=0.15)
    assert batch_when_busy(COST, 1 / COST.item) == math.inf


def test_a_deadline_bounds_the_wait_of_whoever_is_served() -> None:
    lost: list[Loss] = []
    scheduler = Scheduler(Policy(finals=2), lambda job, why: lost.append(why))
    jobs = asked(arrivals(2 * COST.rate(2), 400, seed=3), deadline=0.5)
    made = list(play(jobs, scheduler, COST))
    assert len(lost) + sum(len(call.jobs) for call in made) == 400
    assert set(lost) == {"expired"}
    assert max(max(call.delays) for call in made) <= 0.5 + COST.seconds(2)


def test_arrivals_are_as_many_a_second_as_asked_for_and_the_same_again() -> None:
    found = arrivals(20, 20_000, seed=4)
    assert found == sorted(found) == arrivals(20, 20_000, seed=4)
    assert len(found) / found[-1] == pytest.approx(20, rel=0.05)


@given(lengths, st.sampled_from([0.0, 0.1, 0.25, 1.0]))
def test_buckets_hold_everything_and_waste_no_more_than_their_spread(
    lengths: list[float], spread: float
) -> None:
    found = buckets(lengths, spread)
    assert [one for bucket in found for one in bucket] == sorted(lengths)
    for bucket in found:
        assert -1e-9 <= padding(bucket) <= spread / (1 + spread) + 1e-9


def test_half_of_a_batch_of_a_short_and_a_long_clip_can_be_padding() -> None:
    assert padding([4, 4, 4]) == 0
    assert padding([1, 1, 1, 9]) == pytest.approx(2 / 3)
