"""What batching gives and costs, before anything is measured.

A call of the recogniser takes so long whatever is in it, and longer for each
utterance. Two numbers then say how much a batch gains, which rate is too much,
and, with arrivals at random, how late the words come. Times are seconds.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import linear_regression

from earshot.inference.scheduler import Job, Scheduler


# --8<-- [start:cost]
@dataclass(frozen=True)
class Cost:
    """What a call takes: `call` seconds, and `item` more for each item."""

    call: float
    item: float

    def __post_init__(self) -> None:
        if self.call < 0 or self.item <= 0:
            raise ValueError("a call costs at least 0, an item more than 0")

    def seconds(self, items: int) -> float:
        """How long a call with so many items takes."""
        return self.call + self.item * items

    def rate(self, items: int) -> float:
        """Items a second when every call has so many: n / (call + n item).

        More than this is too much for a limit of `items`. It rises towards
        1 / item, and half of that is reached at call / item items.
        """
        return items / self.seconds(items)


def fit(sizes: Sequence[int], seconds: Sequence[float]) -> Cost:
    """The cost that is closest to calls of these sizes that took so long.

    Least squares of what an item took: seconds / n = item + call / n, so
    that a short call counts as much as a long one. What would come out
    below 0 is 0.
    """
    shares = [1 / size for size in sizes]
    each = [took / size for took, size in zip(seconds, sizes, strict=True)]
    call, item = linear_regression(shares, each)
    return Cost(max(call, 0.0), item)


# --8<-- [end:cost]
# --8<-- [start:closed]
def load(cost: Cost, rate: float, limit: int) -> float:
    """The part of all that the recogniser could do which `rate` items/s ask for.

    From 1 on, the line grows without end.
    """
    return rate / cost.rate(limit)


def wait_alone(cost: Cost, rate: float) -> float:
    """Mean seconds in line when nobody shares a call, and arrivals are random.

    Pollaczek and Khinchine's formula for a service that always takes as long:
    load × service / (2 (1 - load)). Infinite from a load of 1 on.
    """
    busy = load(cost, rate, 1)
    return busy * cost.seconds(1) / (2 * (1 - busy)) if busy < 1 else math.inf


def batch_when_busy(cost: Cost, rate: float) -> float:
    """Mean items in a call of a recogniser that never rests and takes all there are.

    During a call of n items rate × (call + n item) arrive, and these are the
    next call. Where that is n again: n = rate call / (1 - rate item). Infinite
    from 1 / item on.
    """
    spare = 1 - rate * cost.item
    return rate * cost.call / spare if spare > 0 else math.inf


# --8<-- [end:closed]
# --8<-- [start:play]
@dataclass(frozen=True, eq=False)
class Call:
    """A call of the recogniser: its jobs, when it began and when it was done."""

    jobs: Sequence[Job]
    begun: float
    done: float

    @property
    def delays(self) -> list[float]:
        """Seconds from asking to words, job by job."""
        return [self.done - job.asked for job in self.jobs]


def play(jobs: Iterable[Job], scheduler: Scheduler, cost: Cost) -> Iterator[Call]:
    """The calls that a scheduler makes of jobs in the order of their asking.

    Time is virtual: it goes to whatever happens next. The scheduler is the
    service's own, so its windows, limits and deadlines hold.
    """
    coming, now = deque(jobs), 0.0
    while coming or len(scheduler):
        while coming and coming[0].asked <= now:
            scheduler.submit(coming.popleft())
        if taken := scheduler.take(now):
            done = now + cost.seconds(len(taken))
            yield Call(taken, now, done)
            now = done
        else:
            now = min(coming[0].asked if coming else math.inf, scheduler.wake())


# --8<-- [end:play]
# --8<-- [start:random]
def arrivals(rate: float, count: int, seed: int) -> list[float]:
    """Times of `count` arrivals at random, `rate` a second on average (Poisson)."""
    dice = random.Random(seed)
    return list(accumulate(dice.expovariate(rate) for _ in range(count)))


# --8<-- [end:random]
# --8<-- [start:padding]
def padding(lengths: Sequence[float]) -> float:
    """The part of a batch that is padding up to the longest one."""
    return 1 - sum(lengths) / (len(lengths) * max(lengths))


def buckets(lengths: Sequence[float], spread: float) -> list[list[float]]:
    """Lengths sorted into buckets.

    None is longer than the first and shortest of its bucket by more than
    `spread`, a part of that length.
    """
    found: list[list[float]] = []
    for length in sorted(lengths):
        if found and length <= (1 + spread) * found[-1][0]:
            found[-1].append(length)
        else:
            found.append([length])
    return found


# --8<-- [end:padding]
