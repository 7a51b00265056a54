"""Streams on one core in virtual time, with the real recogniser's real costs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median

import numpy as np

from earshot.api.messages import Event, Final
from earshot.audio import pcm
from earshot.audio.chunker import Chunker
from earshot.audio.formats import RATE, Format
from earshot.audio.vad import SileroVad, VadMemory
from earshot.bench.reading import errors, reading
from earshot.client.meter import Meter, Tally
from earshot.client.report import Figures, figures, pooled
from earshot.inference.batcher import Policy
from earshot.inference.engines import load
from earshot.inference.recogniser import Recogniser, Transcript, Utterance
from earshot.inference.scheduler import Job, Scheduler
from earshot.inference.simulator import Clock, Feed, simulate
from earshot.inference.stream import Stream
from earshot.models.store import Store

PACKET_S = 0.02
SPACING_S = 0.37
"""Seconds from one stream's start to the next: they don't step together."""


@dataclass(frozen=True)
class Simulation:
    """What users would see, and what the core would spend."""

    figures: Figures
    busy: float
    cpu_per_stream_s: float
    batch: float
    word_errors: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Heard:
    """A reading as messages, with the VAD's probabilities and time per frame."""

    messages: tuple[bytes, ...]
    probabilities: tuple[float, ...]
    hear: float


@cache
def heard(seconds: float) -> Heard:
    """A reading, heard once by the VAD alone."""
    store = Store()
    vad = SileroVad(next(store.verify("silero-vad").glob("*.onnx")))
    audio, memory, chunker = reading(seconds), VadMemory(), Chunker()
    spent, probabilities = [], []
    for frame in [*chunker.push(audio), *chunker.flush()]:
        began = time.thread_time()
        probabilities += vad(frame.samples[np.newaxis], [memory]).tolist()
        spent.append(time.thread_time() - began)
    size = round(PACKET_S * RATE)
    pieces = (audio[at : at + size] for at in range(0, len(audio), size))
    messages = tuple(pcm.encode(piece) for piece in pieces)
    return Heard(messages, tuple(probabilities), median(spent))


# --8<-- [start:simulated]
def measure(
    policy: Policy, streams: int, seconds: float, recogniser: Recogniser
) -> Simulation:
    """Simulate so many streams of a reading on one core."""
    said, clock, scheduler = heard(seconds), Clock(), Scheduler(policy)
    users = [User(number, clock) for number in range(streams)]
    feeds = [
        Feed(
            Stream(str(user.number), Format(), scheduler, user.sees),
            said.messages,
            said.probabilities,
            begin=user.begin,
            every=PACKET_S,
            hear=said.hear,
        )
        for user in users
    ]
    for user in users:
        user.sends(len(said.messages))
    run = simulate(feeds, scheduler, Costed(recogniser), clock)
    audio = streams * len(said.messages) * PACKET_S
    return Simulation(
        figures=figures(pooled([user.tally for user in users])),
        busy=round(run.busy / run.seconds, 3),
        cpu_per_stream_s=round(run.busy / audio, 4),
        batch=round(sum(run.batches) / len(run.batches), 2),
        word_errors=tuple(errors(user.text, seconds).total for user in users),
    )


class Costed:
    """A recogniser whose calls cost what they cost this thread, in CPU seconds."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser

    def __call__(self, jobs: Sequence[Job]) -> tuple[list[Transcript], float]:
        """Transcripts of a batch and the seconds it took."""
        began = time.thread_time()
        heard = self._recogniser.transcribe([Utterance(job.audio) for job in jobs])
        return heard, time.thread_time() - began


# --8<-- [end:simulated]
class User:
    """Whoever speaks into a stream and reads its events, in virtual time."""

    def __init__(self, number: int, clock: Clock) -> None:
        self.number, self.begin = number, number * SPACING_S
        self.text = ""
        self._clock = clock
        self._meter = Meter(self.begin)

    @property
    def tally(self) -> Tally:
        """What was measured."""
        return self._meter.tally

    def sends(self, packets: int) -> None:
        """All packets, each when it is spoken."""
        for packet in range(packets):
            self._meter.sent(1000 * PACKET_S, self.begin + packet * PACKET_S)

    def sees(self, event: Event) -> None:
        """An event, as soon as it is made."""
        self._meter.heard(event, self._clock.now)  # type: ignore[arg-type]
        if isinstance(event, Final):
            self.text = f"{self.text} {event.text}".strip()


def recogniser() -> Recogniser:
    """The streaming recogniser, warm."""
    loaded = load("moonshine-tiny", Store())
    loaded.warm_up()
    return loaded
