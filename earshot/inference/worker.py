"""The recogniser's turn: batch after batch, whatever goes wrong in one."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from earshot.api.messages import ErrorCode
from earshot.audio.formats import RATE
from earshot.inference.lane import Lane
from earshot.inference.pool import Pool
from earshot.inference.recogniser import Recogniser, Transcript, Utterance
from earshot.inference.scheduler import Job, Kind, Scheduler
from earshot.inference.stream import Heard

RETRY = 5.0
"""Seconds after which a recogniser that fails again and again is tried again."""


@dataclass(frozen=True)
class WorkerSettings:
    """A call that takes longer than `hang_s` seconds is given up.

    After `failures` failed calls in a row the service says that it isn't ready.
    `spares` recognisers wait, loaded and warm, to take the place of one that hangs.
    """

    hang_s: float = 8.0
    failures: int = 3
    spares: int = 0

    def __post_init__(self) -> None:
        if self.hang_s <= 0 or self.failures < 1:
            raise ValueError("hang_s is more than 0, failures at least 1")
        if self.spares < 0:
            raise ValueError("spares is no less than 0")


class Delivery(Protocol):
    """Who takes transcripts and failures to their streams."""

    def resolve(self, job: Job, transcript: Transcript, heard: Heard) -> None:
        """These are the words of a job."""

    def fail(self, job: Job, code: ErrorCode, message: str) -> None:
        """A job has no words."""

    def called(self, jobs: int) -> None:
        """The recogniser is called with so many jobs."""

    def failed(self, code: ErrorCode, error: BaseException) -> None:
        """A call of the recogniser failed, whoever is to blame."""

    def restarted(self) -> None:
        """A recogniser that hung was left behind for a new one."""


class Hung(TimeoutError):
    """A call of the recogniser has not returned in time."""


def code_of(error: BaseException) -> ErrorCode:
    """The error code for what a recogniser raised."""
    if isinstance(error, TimeoutError):
        return "inference_timeout"
    out = isinstance(error, MemoryError) or "allocate memory" in str(error)
    return "out_of_memory" if out else "inference_failed"


MESSAGES: dict[ErrorCode, str] = {
    "inference_timeout": "the recogniser took too long; these words are lost",
    "out_of_memory": "the recogniser ran out of memory; these words are lost",
    "inference_failed": "the recogniser failed; these words are lost",
}


# --8<-- [start:worker]
class Worker:
    """Takes batches from the scheduler and delivers what comes of them."""

    def __init__(
        self,
        make: Callable[[], Recogniser],
        scheduler: Scheduler,
        delivery: Delivery,
        settings: WorkerSettings | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings or WorkerSettings()
        self.busy = 0.0
        self._scheduler, self._delivery = scheduler, delivery
        self._clock = clock
        self._called = asyncio.Event()
        self._failures = 0
        self._tried = -math.inf
        self._pool = Pool(make, self.settings.spares)

    async def warm(self) -> str:
        """Wait for the recogniser; its name. Raises what making it raised."""
        name = await asyncio.shield(self._pool.lane.warm)
        self._pool.fill()
        return name

    # --8<-- [start:swap]
    async def swap(self, make: Callable[[], Recogniser]) -> str:
        """Load another recogniser beside the one in use, then change over.

        The one in use works on until the other is warm, and ends the batch
        that it has. Gives the other's name. Raises what making it raised, and
        nothing has changed then.
        """
        lane = Lane(make)
        try:
            name = await lane.warm
        except BaseException:
            lane.leave()
            raise
        self._pool.renew(lane, make)
        self._failures = 0
        return name

    # --8<-- [end:swap]
    @property
    def healthy(self) -> bool:
        """Whether the recogniser has loaded and doesn't fail again and again."""
        warm = self._pool.lane.warm
        loaded = warm.done() and warm.exception() is None
        return loaded and self._failures < self.settings.failures

    def call(self) -> None:
        """Something was submitted."""
        self._called.set()

    async def run(self) -> None:
        """Work until cancelled; raises what making a new recogniser raised."""
        await self.warm()
        while True:
            self._called.clear()
            now = self._clock()
            if batch := self._scheduler.take(now) or self._trial(now):
                await self._hear(batch)
                continue
            pause = self._scheduler.wake() - now
            timeout = pause if pause < 3600 else None
            try:
                await asyncio.wait_for(self._called.wait(), timeout)
            except TimeoutError:
                continue

    def _trial(self, now: float) -> list[Job]:
        """A second of silence now and then, while the recogniser isn't healthy.

        For the service isn't ready then, and there may be nobody else to ask.
        """
        if self.healthy or now < self._tried + RETRY:
            return []
        silence = np.zeros(RATE, np.float32)
        return [Job("", 0, Kind.PARTIAL, silence, RATE, now, now, now)]

    async def _hear(self, batch: Sequence[Job]) -> None:
        """Run a batch. When one fails, its finals run again, each alone."""
        taken = self._tried = self._clock()
        self._delivery.called(len(batch))
        lane = self._pool.lane
        try:
            transcripts = await self._transcribe(lane, batch)
            pairs = list(zip(batch, transcripts, strict=True))
        except Exception as error:
            self._failures += 1
            self.busy += self._clock() - taken
            self._delivery.failed(code_of(error), error)
            if isinstance(error, Hung) and lane is self._pool.lane:
                await self._restart()
            await self._alone(batch, code_of(error))
            return
        self._failures = 0
        heard = Heard(taken, self._clock(), len(batch))
        self.busy += heard.done - heard.taken
        for job, transcript in pairs:
            self._delivery.resolve(job, transcript, heard)

    async def _alone(self, batch: Sequence[Job], code: ErrorCode) -> None:
        """One job is to blame; partials will be asked for again anyway."""
        for job in batch:
            if len(batch) > 1 and job.kind is Kind.FINAL:
                await self._hear([job])
            else:
                self._delivery.fail(job, code, MESSAGES[code])

    async def _transcribe(self, lane: Lane, batch: Sequence[Job]) -> list[Transcript]:
        """Call the recogniser; raises what it raises, `Hung` if it hangs."""
        utterances = [Utterance(job.audio, job.deadline) for job in batch]
        called = lane.transcribe(utterances)
        await asyncio.wait({called}, timeout=self.settings.hang_s)
        if not called.done():
            called.cancel()
            raise Hung
        return called.result()

    async def _restart(self) -> None:
        """Leave the recogniser behind for a spare or a new one."""
        self._pool.replace()
        self._delivery.restarted()
        await self.warm()

    # --8<-- [end:worker]
    def close(self) -> None:
        """Let the recognisers' threads end."""
        self._pool.close()
