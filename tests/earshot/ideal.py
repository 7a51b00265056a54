"""Audio that tells where it is, and a recogniser that hears it without a fault.

A sample says which 10 ms of the stream it is of, or 0 in silence. A word lasts
0.3 s and is said by whoever hears its middle, so segments that neither overlap
nor leave speech out give every word once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from earshot.api.messages import Event
from earshot.audio.chunker import FRAME
from earshot.audio.formats import Format, Samples
from earshot.inference.ladder import Rung
from earshot.inference.recogniser import Transcript
from earshot.inference.scheduler import Job, Scheduler
from earshot.inference.stream import Heard, Setup, Stream

UNIT = 160
WORD = 30 * UNIT
SPEECH, SILENCE = 0.9, 0.1


def drawn(pattern: str) -> list[float]:
    """Probabilities of speech, one a frame: `#` speech, `.` silence."""
    return [SPEECH if mark == "#" else SILENCE for mark in pattern]


def sound(probabilities: Sequence[float], start: int = 0) -> bytes:
    """The audio of these frames as pcm16, the first at sample number `start`."""
    spoken = np.repeat(np.array(probabilities) >= 0.5, FRAME)
    units = (start + np.arange(len(spoken))) // UNIT + 1
    return np.where(spoken, units, 0).astype("<i2").tobytes()


def words(audio: Samples) -> str:
    """The words whose middle is in float32[n]."""
    units, counts = np.unique(np.rint(audio * 32_768).astype(int), return_counts=True)
    whole = units[(counts >= UNIT // 2) & (units % 30 == 15)]
    return " ".join(f"w{unit // 30}" for unit in whole)


def transcribed(jobs: Sequence[Job]) -> list[Transcript]:
    """What is said in each job."""
    return [Transcript(words(job.audio)) for job in jobs]


class Talk:
    """One stream of frames with these probabilities, on a clock set by hand.

    `events` are what it emitted, `jobs` what it asked for.
    """

    def __init__(
        self,
        probabilities: Sequence[float],
        setup: Setup | None = None,
        start: int = 0,
        partials: bool = True,
    ) -> None:
        self.now = 0.0
        self.rung = Rung.NORMAL
        self.events: list[Event] = []
        self.jobs: list[Job] = []
        self.line = Scheduler()
        self._probabilities, self._start = probabilities, start
        self._audio = sound(probabilities, start)
        self._sent = 0
        self.stream = Stream(
            "talk",
            Format(),
            self,
            self.events.append,
            lambda: self.rung,
            setup,
            start,
            partials,
        )

    def submit(self, job: Job) -> None:
        """Get in line."""
        self.jobs.append(job)
        self.line.submit(job)

    def push(self, frames: int = 1) -> None:
        """Send so many frames."""
        end = self._sent + 2 * FRAME * frames
        self.stream.push(self._audio[self._sent : end], self.now)
        self._sent = end

    def hear(self) -> None:
        """Hear all that waits and may be heard."""
        while self.stream.next(self.now) is not None:
            first = self.stream.inbox.first()
            at = (first.frame.start - self._start) // FRAME
            self.stream.hear(self._probabilities[at], self.now)

    def take(self) -> list[Job]:
        """The next batch."""
        return self.line.take(self.now)

    def resolve(self, jobs: Sequence[Job], taken: float | None = None) -> None:
        """Deliver the words of jobs, done by now."""
        heard = Heard(self.now if taken is None else taken, self.now, len(jobs))
        for job, transcript in zip(jobs, transcribed(jobs), strict=True):
            self.stream.resolve(job, transcript, heard)

    def serve(self) -> None:
        """Resolve all jobs in line."""
        while jobs := self.take():
            self.resolve(jobs)

    def run(self, frames: int | None = None) -> None:
        """Send, hear and serve frame by frame, in real time; flush at the end."""
        for _ in range(len(self._probabilities) if frames is None else frames):
            self.push()
            self.hear()
            self.serve()
            self.now += FRAME / 16_000
        if frames is None:
            self.flush("end")

    def flush(self, id: str | None) -> None:
        """Ask for the finals of all frames, and deliver them."""
        self.stream.flush(id, self.now)
        self.hear()
        self.serve()
        self.hear()

    def of(self, kind: str) -> list[Event]:
        """The events of one type."""
        return [event for event in self.events if event.type == kind]
