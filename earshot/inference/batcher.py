"""Which jobs share a batch: alike in purpose and in length, and not too many."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from earshot.inference.scheduler import Job


# --8<-- [start:policy]
@dataclass(frozen=True)
class Policy:
    """How a batch is put together; the defaults suit one core of a CPU.

    A batch has at most so many `finals` or `partials`, and no job whose length
    differs by more than `spread` (a part) from the first one's. `mixed` lets
    finals and partials share a batch of as many as `partials` allows. A batch
    that isn't full waits `window` seconds for company.
    """

    finals: int = 2
    partials: int = 2
    spread: float = 0.25
    mixed: bool = False
    window: float = 0.0

    def __post_init__(self) -> None:
        if min(self.finals, self.partials) < 1:
            raise ValueError("a batch has room for one job at least")
        if self.spread < 0 or not 0 <= self.window < math.inf:
            raise ValueError("spread and window are no less than 0")


# --8<-- [end:policy]
# --8<-- [start:batch]
def batch(line: Sequence[Job], policy: Policy) -> list[Job]:
    """The first job of the line and those that fit with it, in order.

    Finals come before first partials, those before other partials; among
    equals, who asked first. A stream has one place, for its words come in
    order.
    """
    ordered = sorted(line, key=lambda job: (job.kind, job.asked))
    oldest: dict[str, Job] = {}
    for job in ordered:
        oldest.setdefault(job.stream, job)
    jobs = oldest.values()
    fitting = [job for job in jobs if fit(ordered[0], job, policy)]
    return fitting[: room(ordered[0], policy)] if ordered else []


def fit(first: Job, job: Job, policy: Policy) -> bool:
    """Whether a job may share the batch of the first in line."""
    if (first.kind == 0) != (job.kind == 0) and not policy.mixed:
        return False
    length = len(first.audio)
    return abs(len(job.audio) - length) <= policy.spread * length


def room(first: Job, policy: Policy) -> int:
    """How many jobs a batch may have that begins with this one."""
    alone = first.kind == 0 and not policy.mixed
    return policy.finals if alone else policy.partials


# --8<-- [end:batch]
def is_full(chosen: Sequence[Job], policy: Policy) -> bool:
    """Whether a batch has no room left."""
    return len(chosen) >= room(chosen[0], policy)
