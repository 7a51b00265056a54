"""How long should a batch wait for company, and how much company may it have?

Clips of three seconds come at random to Moonshine tiny on one core, through the
service's own scheduler: live, the same arrivals in virtual time with the cost
that a short calibration found, and many more of them in virtual time alone.
Delays run from a clip's arrival to its words. Eight seconds of live arrivals
say whether the model is right; the model says what the long run is.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import stopwatch

# isort: split
import numpy as np
from record import write

from earshot.audio.formats import RATE, Samples
from earshot.bench.clips import clips
from earshot.inference.batcher import Policy
from earshot.inference.batching import (
    Cost,
    arrivals,
    batch_when_busy,
    fit,
    load,
    play,
    wait_alone,
)
from earshot.inference.engines import load as engine
from earshot.inference.recogniser import Recogniser, Utterance
from earshot.inference.scheduler import Job, Kind, Scheduler
from earshot.models.store import Store
from earshot.slo.budget import percentile

CLIP_S, APART_S = 3, 0.65
SIZES = (1, 2, 4, 8)
LIMITS = (1, 2, 4, 8, 16)
WINDOWS_MS = (0, 20, 50, 100, 200)
RATES = (2, 4, 8, 12, 16, 20)
LIVE = ((1, 0), (8, 0), (8, 50), (8, 200))
LIVE_RATES = (4, 8, 12, 16, 20)
LIVE_S = 8
COUNT = 5000
FULL = 0.95  # loads above this are left out: their line has no long run
SEED = 3


def cuts() -> list[Samples]:
    """Pieces of speech that are equally long and not the same."""
    said = np.concatenate([clip.audio for clip in clips()])
    starts = [round(number * APART_S * RATE) for number in range(32)]
    return [said[start : start + CLIP_S * RATE] for start in starts]


def jobs(times: Sequence[float], pieces: Sequence[Samples]) -> list[Job]:
    """Finals of as many streams, which bring the pieces in turn."""
    return [
        Job(str(n), 0, Kind.FINAL, pieces[n % len(pieces)], 0, at, at, at)
        for n, at in enumerate(times)
    ]


def calibrated(recogniser: Recogniser, pieces: Sequence[Samples]) -> Cost:
    """What a call costs, from the least of a few calls of every size."""
    many = [Utterance(piece) for piece in pieces]
    works = {n: lambda n=n: recogniser.transcribe(many[:n]) for n in SIZES}
    spent = stopwatch.in_turn(works)
    return fit(SIZES, [spent[n] for n in SIZES])


def spread(delays: Sequence[float], batches: Sequence[int]) -> dict[str, float]:
    """Percentiles of delays in ms, and the mean batch."""
    found = sorted(delays)
    p50, p95, p99 = (round(1000 * percentile(found, q), 1) for q in (50, 95, 99))
    mean = round(sum(batches) / len(batches), 2)
    return {"p50": p50, "p95": p95, "p99": p99, "batch": mean}


def live(
    recogniser: Recogniser, coming: deque[Job], scheduler: Scheduler
) -> dict[str, float]:
    """Jobs as they come by the clock, transcribed as the scheduler says."""
    began, delays, batches = time.perf_counter(), [], []
    while coming or len(scheduler):
        now = time.perf_counter() - began
        while coming and coming[0].asked <= now:
            scheduler.submit(coming.popleft())
        if taken := scheduler.take(now):
            recogniser.transcribe([Utterance(job.audio) for job in taken])
            done = time.perf_counter() - began
            delays += [done - job.asked for job in taken]
            batches.append(len(taken))
        else:
            happens = [*(job.asked for job in list(coming)[:1]), scheduler.wake()]
            time.sleep(max(0.0, min(happens) - now))
    return spread(delays, batches)


def foreseen(times: Sequence[float], policy: Policy, cost: Cost) -> dict[str, float]:
    """What the model says of these arrivals."""
    nothing = [np.zeros(0, np.float32)]
    calls = list(play(jobs(times, nothing), Scheduler(policy), cost))
    delays = [delay for call in calls for delay in call.delays]
    return spread(delays, [len(call.jobs) for call in calls])


def lived(cost: Cost, recogniser: Recogniser, pieces: Sequence[Samples]) -> Any:
    """Live rows beside the model's for the same arrivals."""
    rows: dict[str, Any] = {}
    for limit, window_ms in LIVE:
        policy = Policy(finals=limit, window=window_ms / 1000)
        name = f"limit-{limit}-window-{window_ms}"
        for rate in LIVE_RATES:
            if load(cost, rate, limit) < FULL:
                times = arrivals(rate, rate * LIVE_S, SEED)
                coming = deque(jobs(times, pieces))
                rows.setdefault(name, {})[str(rate)] = {
                    "measured": live(recogniser, coming, Scheduler(policy)),
                    "foreseen": foreseen(times, policy, cost),
                }
    return rows


def long_run(cost: Cost) -> dict[str, Any]:
    """The model's percentiles, by limit, window and rate."""
    return {
        f"limit-{limit}-window-{window_ms}": {
            str(rate): {
                "load": round(load(cost, rate, limit), 3),
                **foreseen(
                    arrivals(rate, COUNT, SEED),
                    Policy(finals=limit, window=window_ms / 1000),
                    cost,
                ),
            }
            for rate in RATES
            if load(cost, rate, limit) < FULL
        }
        for limit in LIMITS
        for window_ms in WINDOWS_MS
    }


def derived(cost: Cost) -> dict[str, Any]:
    """All that follows from a cost alone."""
    alone = [rate for rate in RATES if load(cost, rate, 1) < FULL]
    return {
        "most_a_second": {str(n): round(cost.rate(n), 1) for n in LIMITS},
        "wait_alone_ms": {str(r): round(1000 * wait_alone(cost, r), 1) for r in alone},
        "batch_when_busy": {str(r): round(batch_when_busy(cost, r), 2) for r in RATES},
        "long_run": long_run(cost),
    }


def values() -> dict[str, Any]:
    """Cost, what follows from it, and what was lived."""
    recogniser, pieces = engine("moonshine-tiny", Store()), cuts()
    recogniser.warm_up()
    found = calibrated(recogniser, pieces)
    cost = Cost(round(found.call, 5), round(found.item, 5))
    return {
        "clip_s": CLIP_S,
        "cost": {"call_s": cost.call, "item_s": cost.item},
        "live": lived(cost, recogniser, pieces),
        **derived(cost),
    }


if __name__ == "__main__":
    stopwatch.pin()
    write(Path(__file__).with_name("data.json"), values())
