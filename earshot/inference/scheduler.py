"""Which utterances the recogniser hears next, and which wait.

No clock and no task in here: whoever owns the recogniser asks for the next
batch and says what time it is. So the same scheduler runs in the service, in a
simulation and in a test.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Literal

from earshot.audio.formats import RATE, Samples
from earshot.inference.batcher import Policy, batch, is_full


# --8<-- [start:job]
class Kind(IntEnum):
    """What a job is for; the lower goes first."""

    FINAL = 0
    FIRST = 1
    PARTIAL = 2


@dataclass(frozen=True, eq=False)
class Job:
    """A part of a stream to be recognised: float32[n] at 16 kHz.

    Times are seconds of one clock: its last audio `arrived`, and was `heard`
    by the VAD; `asked` is its place in line. Nobody wants its words after
    `deadline`.
    """

    stream: str
    segment: int
    kind: Kind
    audio: Samples
    end: int
    arrived: float
    heard: float
    asked: float
    deadline: float = math.inf

    @property
    def seconds(self) -> float:
        """Length of the audio in seconds."""
        return len(self.audio) / RATE


# --8<-- [end:job]
Loss = Literal["superseded", "cancelled", "expired"]


def ignore(job: Job, why: Loss) -> None:
    """Do nothing about a job that was dropped."""


# --8<-- [start:scheduler]
@dataclass
class Scheduler:
    """Jobs in line: all finals, and at most one partial a stream.

    `dropped` is told of every job that won't run, and why: "superseded" by
    newer audio of its stream, "cancelled", or "expired".
    """

    policy: Policy = field(default_factory=Policy)
    dropped: Callable[[Job, Loss], None] = ignore
    _finals: list[Job] = field(default_factory=list)
    _partials: dict[str, Job] = field(default_factory=dict)

    def submit(self, job: Job) -> None:
        """Get in line. Newer audio makes the stream's older partial needless.

        A partial inherits the place in line, so a stream that talks fast does
        not fall behind.
        """
        old = self._partials.pop(job.stream, None)
        if job.kind is Kind.FINAL:
            self._finals.append(job)
        elif old:
            self._partials[job.stream] = replace(job, asked=old.asked)
        else:
            self._partials[job.stream] = job
        if old:
            self.dropped(old, "superseded")

    def take(self, now: float) -> list[Job]:
        """The next batch, removed from the line; empty when none is due."""
        self._expire(now)
        chosen = batch(list(self), self.policy)
        if not chosen or now < self._due(chosen):
            return []
        self._remove(chosen)
        return chosen

    def wake(self) -> float:
        """When the line next has a batch if nothing is submitted; inf: never."""
        chosen = batch(list(self), self.policy)
        return self._due(chosen) if chosen else math.inf

    # --8<-- [end:scheduler]
    def cancel(self, stream: str) -> None:
        """Forget all jobs of a stream that has gone."""
        gone = [job for job in self if job.stream == stream]
        self._remove(gone)
        for job in gone:
            self.dropped(job, "cancelled")

    def waited(self, now: float) -> float:
        """Seconds that the job which has waited longest has waited."""
        return max((now - job.asked for job in self), default=0.0)

    def __iter__(self) -> Iterator[Job]:
        yield from self._finals
        yield from self._partials.values()

    def __len__(self) -> int:
        return len(self._finals) + len(self._partials)

    def _due(self, chosen: list[Job]) -> float:
        """When a batch may start: at once if full, or when its window is over."""
        if is_full(chosen, self.policy):
            return -math.inf
        return min(job.asked for job in chosen) + self.policy.window

    def _expire(self, now: float) -> None:
        late = [job for job in self if now > job.deadline]
        self._remove(late)
        for job in late:
            self.dropped(job, "expired")

    def _remove(self, jobs: list[Job]) -> None:
        gone = set(map(id, jobs))
        self._finals = [job for job in self._finals if id(job) not in gone]
        for job in jobs:
            if self._partials.get(job.stream) is job:
                del self._partials[job.stream]
