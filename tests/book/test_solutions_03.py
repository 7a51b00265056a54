"""The solutions of chapter 3: they run, and say what the book says."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from test_recorded import experiment, recorded

from earshot.inference.batcher import Policy
from earshot.inference.batching import Call, Cost, arrivals, play
from earshot.inference.scheduler import Job, Kind, Scheduler
from earshot.scaling.cost import Demand, Price, fewest_streams, fleet, prices
from earshot.slo.budget import percentile

COST = Cost(call=0.04643, item=0.03714)
WORK = 0.85
SILENCE = np.zeros(0, np.float32)


# --8<-- [start:window]
def quiet_hour(window: float, rate: float = 4) -> list[Call]:
    """Calls for 5,000 clips with a limit of eight."""
    jobs = [
        Job(str(n), 0, Kind.FINAL, SILENCE, 0, at, at, at)
        for n, at in enumerate(arrivals(rate, 5000, seed=3))
    ]
    policy = Policy(finals=8, window=window)
    return list(play(jobs, Scheduler(policy), COST))


def delay_ms(calls: Iterable[Call], percent: float) -> float:
    """A percentile from arrival to words."""
    delays = [delay for call in calls for delay in call.delays]
    return 1000 * percentile(sorted(delays), percent)


# --8<-- [end:window]
# --8<-- [start:idle]
def idle_while_queued(calls: Iterable[Call]) -> float:
    """Seconds for which the recogniser was free and somebody waited."""
    free = total = 0.0
    for call in calls:
        could = max(free, call.jobs[0].asked)
        total += call.begun - could
        free = call.done
    return total


# --8<-- [end:idle]
# --8<-- [start:storm]
def storm(
    wanted: int, at_once: int, work: float, deadline: float, cores: int
) -> list[float]:
    """When each server is ready; starts share the cores evenly (s, CPU s).

    What isn't ready by its deadline is killed and starts again at once. After
    a minute nobody waits for the rest.
    """
    ready: list[float] = []
    starts: list[tuple[float, float]] = []  # work that is left, when it is killed
    now = 0.0
    while now < 60 and len(ready) < wanted:
        places = min(at_once, wanted - len(ready)) - len(starts)
        starts += [(work, now + deadline)] * places
        pace = min(1, cores / len(starts))
        step = min(min(left / pace, late - now) for left, late in starts)
        now += step
        starts = [(left - pace * step, late) for left, late in starts]
        ready += [now for left, _ in starts if left < 1e-9]
        starts = [s for s in starts if s[0] >= 1e-9 and s[1] - now > 1e-9]
    return ready


# --8<-- [end:storm]
def test_a_window_adds_its_length_to_the_median_of_a_quiet_hour() -> None:
    none, wide = quiet_hour(0), quiet_hour(0.2)
    assert delay_ms(none, 50) == pytest.approx(83.6, abs=0.1)
    assert delay_ms(wide, 50) - delay_ms(none, 50) == pytest.approx(200, abs=1)


@pytest.mark.parametrize("percent", [50, 95, 99])
def test_a_short_window_makes_no_percentile_better(percent: float) -> None:
    assert delay_ms(quiet_hour(0.05), percent) > delay_ms(quiet_hour(0), percent)


def test_only_a_window_lets_a_free_recogniser_wait() -> None:
    assert idle_while_queued(quiet_hour(0)) == pytest.approx(0)
    assert idle_while_queued(quiet_hour(0.2)) > 60


@pytest.mark.parametrize("at_once", [2, 4])
def test_few_starts_at_once_are_ready_when_real_ones_were(at_once: int) -> None:
    data = recorded("03-cold-start-storm")["values"]
    assert data["together"]["cached"]["8"]["cpu_s"] == WORK
    found = storm(8, at_once, WORK, deadline=2, cores=2)
    assert found == pytest.approx(data["limits"][str(at_once)]["each_s"], rel=0.2)


@pytest.mark.parametrize("at_once", [5, 8])
def test_too_many_starts_at_once_are_never_ready(at_once: int) -> None:
    assert storm(8, at_once, WORK, deadline=2, cores=2) == []


def test_the_core_that_costs_what_the_card_costs() -> None:
    core = prices()["core"]
    dear = Price("dear", 0.80 / 100 * 16, 1, "assumed", "here", core.as_of)
    cores = fleet(Demand(100_000), 16, dear)
    assert fewest_streams(cores, prices()["l4"]) == pytest.approx(100)


def test_what_the_chapter_derives_is_what_its_script_gives() -> None:
    run = experiment("experiments/03-arithmetic/run.py")
    assert run.values() == recorded("03-arithmetic")["values"]
