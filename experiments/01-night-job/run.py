"""A batch job moves in with live streams: who waits for it, and what helps?

Four users read the LibriVox clips to Earshot's own streams and scheduler, on one
core and in virtual time. Beside them an archive is transcribed, piece after
piece, on the same recogniser: its pieces in line as finals, then behind
everybody else, then also cut shorter; and at last not here at all. A call costs
what `01-where-time-goes` measured for a call and for a second of audio. `lost`
are hearings that newer audio overtook or that came too late: no time is measured
for them, so no percentile knows of them. The VAD is a threshold on loudness, and
the words are the fake recogniser's. So nothing here depends on a clock or on
weights, and every run gives the same numbers.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from record import write

from earshot.api.messages import Event, Final, Partial
from earshot.audio import pcm
from earshot.audio.chunker import Chunker
from earshot.audio.formats import RATE, Format
from earshot.bench.reading import reading
from earshot.bench.simulated import PACKET_S, SPACING_S, User
from earshot.inference.fake import FakeRecogniser
from earshot.inference.recogniser import Transcript, Utterance
from earshot.inference.scheduler import Job, Kind, Scheduler
from earshot.inference.simulator import Clock, Feed, simulate
from earshot.inference.stream import Stream
from earshot.slo.budget import percentile

HERE = Path(__file__).parent
STREAMS, SECONDS = 4, 120
LOUD = 0.01
ARCHIVE = "archive"


# --8<-- [start:archive]
@dataclass(frozen=True)
class Archive:
    """A job without end: pieces of so many seconds, and a place in line."""

    kind: Kind
    piece_s: float

    def piece(self, now: float) -> Job:
        """The next piece, which gets in line now."""
        audio = np.zeros(round(self.piece_s * RATE), np.float32)
        return Job(ARCHIVE, 0, self.kind, audio, len(audio), now, now, now)


PLANS = {
    "calm": None,
    "as-finals": Archive(Kind.FINAL, 12),
    "last-in-line": Archive(Kind.PARTIAL, 12),
    "last-and-short": Archive(Kind.PARTIAL, 3),
}


# --8<-- [end:archive]
@dataclass(frozen=True)
class Cost:
    """Seconds of a call of the recogniser, and for each second of audio in it."""

    call_s: float
    audio_second_s: float

    def __call__(self, jobs: Sequence[Job]) -> float:
        """Seconds of a call with these jobs."""
        return self.call_s + self.audio_second_s * sum(job.seconds for job in jobs)


@dataclass
class Sharing:
    """One recogniser for the streams and, if there is one, the archive."""

    archive: Archive | None
    scheduler: Scheduler
    clock: Clock
    cost: Cost
    pieces: int = 0
    fake: FakeRecogniser = field(default_factory=FakeRecogniser)

    def begin(self) -> None:
        """The archive's first piece gets in line, or the one after the last."""
        if self.archive and self.clock.now < SECONDS:
            self.scheduler.submit(self.archive.piece(self.clock.now))

    def __call__(self, jobs: Sequence[Job]) -> tuple[list[Transcript], float]:
        """Transcripts of a batch and its seconds; the next piece gets in line."""
        heard = self.fake.transcribe([Utterance(job.audio) for job in jobs])
        if any(job.stream == ARCHIVE for job in jobs):
            self.pieces += 1
            self.begin()
        return heard, self.cost(jobs)


class Reader(User):
    """A user who also keeps the time that each hearing took, in ms."""

    def __init__(self, number: int, clock: Clock) -> None:
        super().__init__(number, clock)
        self.partials: list[float] = []
        self.finals: list[float] = []

    def sees(self, event: Event) -> None:
        """An event, as soon as it is made."""
        super().sees(event)
        if isinstance(event, Partial):
            self.partials.append(event.timing.total)
        if isinstance(event, Final):
            self.finals.append(event.timing.total)


@cache
def said() -> tuple[tuple[bytes, ...], tuple[float, ...]]:
    """A reading as messages, and which of its frames are loud."""
    audio, chunker = reading(SECONDS), Chunker()
    frames = [*chunker.push(audio), *chunker.flush()]
    loud = [float(np.sqrt(np.mean(np.square(f.samples))) > LOUD) for f in frames]
    size = round(PACKET_S * RATE)
    pieces = (audio[at : at + size] for at in range(0, len(audio), size))
    return tuple(pcm.encode(piece) for piece in pieces), tuple(loud)


def run(archive: Archive | None, cost: Cost, streams: int = STREAMS) -> dict[str, Any]:
    """What the users see beside an archive, and how fast that goes."""
    lost: Counter[str] = Counter()
    clock, scheduler = Clock(), Scheduler(dropped=lambda job, why: lost.update([why]))
    (messages, loud), readers = said(), []
    feeds = []
    for number in range(streams):
        reader = Reader(number, clock)
        stream = Stream(str(number), Format(), scheduler, reader.sees)
        begin = number * SPACING_S
        feeds.append(Feed(stream, messages, loud, begin, every=PACKET_S))
        reader.sends(len(messages))
        readers.append(reader)
    nobody = Stream(ARCHIVE, Format(), scheduler, lambda event: None)
    feeds.append(Feed(nobody, (), ()))
    sharing = Sharing(archive, scheduler, clock, cost)
    sharing.begin()
    done = simulate(feeds, scheduler, sharing, clock)
    return {"lost": lost.total(), **figures(readers, done.busy / done.seconds, sharing)}


def figures(readers: Sequence[Reader], busy: float, sharing: Sharing) -> dict[str, Any]:
    """Means and percentiles in ms, shares in percent."""
    partials = [ms for reader in readers for ms in reader.partials]
    stable = [1000 * s for reader in readers for s in reader.tally.first_stable]
    piece_s = sharing.archive.piece_s if sharing.archive else 0.0
    speech = sum(reader.tally.speech_s for reader in readers)
    return {
        "busy_percent": round(100 * busy, 1),
        "archive_s_per_s": round(sharing.pieces * piece_s / SECONDS, 1),
        "longest_call_ms": round(1000 * longest(sharing), 1),
        "partials": len(partials),
        "partials_per_speech_s": round(len(partials) / speech, 2),
        "partial_ms": spread(partials),
        "first_stable_ms": spread(stable),
        "final_ms": spread([ms for reader in readers for ms in reader.finals]),
    }


def longest(sharing: Sharing) -> float:
    """Seconds of a call with one piece of the archive: what may be in the way."""
    if sharing.archive is None:
        return 0.0
    return sharing.cost([sharing.archive.piece(0)])


def spread(ms: Sequence[float]) -> dict[str, float]:
    """Mean and percentiles, in ms; nothing of nothing."""
    if not ms:
        return {}
    ordered = sorted(ms)
    p50, p95 = percentile(ordered, 50), percentile(ordered, 95)
    found = {"mean": fmean(ms), "p50": p50, "p95": p95, "most": ordered[-1]}
    return {name: round(value, 1) for name, value in found.items()}


def measured() -> Cost:
    """What a hearing costs, as `01-where-time-goes` has measured it."""
    path = HERE.parent / "01-where-time-goes" / "data.json"
    found = json.loads(path.read_text(encoding="utf-8"))["values"]["recogniser"]
    return Cost(found["call_ms"] / 1000, found["audio_second_ms"] / 1000)


def values() -> dict[str, Any]:
    """Every plan, and the piece's length against what the streams wait."""
    cost = measured()
    pieces = (1, 2, 3, 6, 12, 24)
    faster = Cost(cost.call_s / 2, cost.audio_second_s / 2)
    return {
        "streams": STREAMS,
        "seconds": SECONDS,
        "cost": {
            "call_ms": round(1000 * cost.call_s, 1),
            "audio_second_ms": round(1000 * cost.audio_second_s, 1),
        },
        "plans": {name: run(plan, cost) for name, plan in PLANS.items()},
        "twice_as_fast": {name: run(plan, faster) for name, plan in PLANS.items()},
        "pieces": {str(s): run(Archive(Kind.PARTIAL, s), cost) for s in pieces},
    }


if __name__ == "__main__":
    write(HERE / "data.json", values())
