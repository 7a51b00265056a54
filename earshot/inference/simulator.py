"""Many streams on one core, in virtual time.

The streams and the scheduler are the service's own. Only two things are not
real: the clock, which jumps to whatever happens next, and the sharing of the
core, which hears frames between two batches instead of beside them.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from earshot.inference.recogniser import Transcript
from earshot.inference.scheduler import Job, Scheduler
from earshot.inference.stream import Heard, Stream

Serve = Callable[[Sequence[Job]], tuple[list[Transcript], float]]
"""Transcripts of a batch, and the seconds that the core was busy with it."""


@dataclass(eq=False)
class Feed:
    """A stream and what it will be sent: a message every `every` s from `begin`.

    `probabilities` are of speech in the frames, in order: the VAD's work has been
    done, and costs `hear` seconds a frame.
    """

    stream: Stream
    messages: Sequence[bytes]
    probabilities: Sequence[float]
    begin: float = 0.0
    every: float = 0.02
    hear: float = 0.0002
    heard: int = 0


@dataclass
class Clock:
    """What time it is, in s since the start; events are emitted at that time."""

    now: float = 0.0


@dataclass
class Run:
    """What a simulation came to: seconds that passed, and was busy."""

    seconds: float = 0.0
    busy: float = 0.0
    batches: list[int] = field(default_factory=list)


# --8<-- [start:simulate]
def simulate(
    feeds: Sequence[Feed], scheduler: Scheduler, serve: Serve, clock: Clock
) -> Run:
    """Play the feeds to their end, and deliver what comes of every batch.

    Messages that arrived while the core was busy are heard next, then a batch
    is served. Moves `clock`.
    """
    run, now = Run(), clock.now
    arrivals = [(feed.begin, at, 0) for at, feed in enumerate(feeds)]
    heapq.heapify(arrivals)
    while True:
        clock.now = now
        while arrivals and arrivals[0][0] <= now:
            _arrive(feeds, arrivals)
        spent = sum(_hear(feed, now) for feed in feeds)
        if jobs := scheduler.take(now + spent):
            transcripts, cost = serve(jobs)
            heard = Heard(now + spent, now + spent + cost, len(jobs))
            clock.now = heard.done
            _deliver(feeds, jobs, transcripts, heard)
            run.batches.append(len(jobs))
            spent += cost
        run.busy += spent
        now += spent
        if not (jobs or spent):
            happens = min(arrivals[0][0] if arrivals else math.inf, scheduler.wake())
            if happens == math.inf:
                run.seconds = now
                return run
            now = happens


# --8<-- [end:simulate]
def _arrive(feeds: Sequence[Feed], arrivals: list[tuple[float, int, int]]) -> None:
    """The earliest message arrives; its feed's next one is on its way."""
    when, at, number = heapq.heappop(arrivals)
    feed = feeds[at]
    if number == len(feed.messages):
        feed.stream.flush(None, when)
        return
    feed.stream.push(feed.messages[number], when)
    heapq.heappush(arrivals, (when + feed.every, at, number + 1))


def _hear(feed: Feed, now: float) -> float:
    """Hear all that waits of a stream; the seconds it took."""
    spent = 0.0
    while feed.stream.next(now) is not None:
        feed.stream.hear(feed.probabilities[feed.heard], now)
        feed.heard += 1
        spent += feed.hear
    return spent


def _deliver(
    feeds: Sequence[Feed],
    jobs: Sequence[Job],
    transcripts: Sequence[Transcript],
    heard: Heard,
) -> None:
    streams = {feed.stream.id: feed.stream for feed in feeds}
    for job, transcript in zip(jobs, transcripts, strict=True):
        streams[job.stream].resolve(job, transcript, heard)
