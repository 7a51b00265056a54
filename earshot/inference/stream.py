"""One stream between its audio and its words.

Audio is cut into frames as it arrives; frames are heard when the listener gets
to them; segments become jobs, and transcripts become events. No clock and no
socket in here: the service and the simulator call the same methods and say what
time it is.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from earshot.api import messages
from earshot.api.messages import ErrorCode, Event, Timing
from earshot.audio import segmenter
from earshot.audio.chunker import Frame
from earshot.audio.formats import Format, Samples
from earshot.audio.gate import GateSettings
from earshot.audio.intake import Intake
from earshot.audio.segmenter import Segmenter, SegmenterSettings, SpeechEnded
from earshot.audio.segmenter import in_samples as samples
from earshot.audio.vad import VadMemory
from earshot.inference.inbox import Inbox, Mark, Waiting
from earshot.inference.ladder import Rung
from earshot.inference.recogniser import Transcript
from earshot.inference.scheduler import Job, Kind
from earshot.inference.segment import Segment, ms


# --8<-- [start:settings]
@dataclass(frozen=True)
class StreamSettings:
    """When a growing segment is heard, and how long its words are wanted.

    A partial is asked for when a segment is `first_ms` long, and again after
    every `step_ms` of audio, `wide` times that when the service is behind.
    Deadlines are seconds after the audio arrived. `waiting_s` seconds of audio
    and `finals` finals of a stream may wait.
    """

    step_ms: int = 400
    first_ms: int = 600
    wide: int = 2
    partial_deadline: float = 4.0
    final_deadline: float = 20.0
    waiting_s: float = 60.0
    finals: int = 8

    def __post_init__(self) -> None:
        if min(self.step_ms, self.first_ms) < 32:
            raise ValueError("step_ms and first_ms are at least 32, one frame")
        if min(self.wide, self.finals) < 1:
            raise ValueError("wide and finals are at least 1")
        if min(self.partial_deadline, self.final_deadline, self.waiting_s) <= 0:
            raise ValueError("deadlines and waiting_s are more than 0")


# --8<-- [end:settings]
@dataclass(frozen=True)
class Setup:
    """What all streams of a service have in common."""

    stream: StreamSettings = field(default_factory=StreamSettings)
    segmenter: SegmenterSettings = field(default_factory=SegmenterSettings)
    gate: GateSettings = field(default_factory=GateSettings)


class Line(Protocol):
    """Where jobs go: a scheduler."""

    def submit(self, job: Job) -> None:
        """Get in line."""


class Heard(NamedTuple):
    """When a batch was taken and done, in s, and how many shared it."""

    taken: float
    done: float
    batch: int


# --8<-- [start:stream]
class Stream:
    """Audio in, jobs out; transcripts in, events out.

    `emit` takes the events, `rung` says how far the service has degraded.
    Its first audio is sample number `start`; `turn` is the listener's.
    """

    def __init__(
        self,
        id: str,
        form: Format,
        line: Line,
        emit: Callable[[Event], None],
        rung: Callable[[], Rung] = lambda: Rung.NORMAL,
        setup: Setup | None = None,
        start: int = 0,
        partials: bool = True,
    ) -> None:
        setup = setup or Setup()
        self.id, self.start, self.settings = id, start, setup.stream
        self.memory = VadMemory()
        self.turn = 0
        self.inbox = Inbox(setup.stream.waiting_s)
        self.received = self.heard = self.finished = start
        self.speech = self.segments = 0
        self._line, self._emit, self._rung = line, emit, rung
        self._partials = partials
        self._intake = Intake(form, start)
        self._segmenter = Segmenter(setup.segmenter, setup.gate)
        self._open: dict[int, Segment] = {}
        self._flushes: deque[tuple[int, Mark]] = deque()
        self._asked = self._next = start

    def push(self, message: bytes, now: float) -> None:
        """Take a binary message that arrived `now`; raises `AudioError`."""
        self._add(self._intake.push(message), now)

    def flush(self, id: str | None, now: float) -> None:
        """Make finals of all audio so far; then emit `Flushed`, if it has an id.

        Raises `AudioError` for what the decoder held back; the rest is flushed.
        """
        try:
            self._add(self._intake.flush(), now)
        finally:
            self.inbox.mark(Mark(id, now))

    def next(self, now: float) -> Samples | None:
        """The next frame to hear, float32[512]; None while none may be heard."""
        while (first := self.inbox.first()) and self._pending < self.settings.finals:
            if isinstance(first, Waiting):
                return first.frame.samples
            self.inbox.pop()
            self._reach(first, now)
        return None

    def hear(self, probability: float, now: float) -> None:
        """Take the next frame, which is speech with this probability."""
        first = self.inbox.first()
        assert isinstance(first, Waiting)
        self.inbox.pop()
        if first.frame.start != self.heard:
            self._skip(first, now)
        self.heard = first.frame.end
        events = self._segmenter.push(first.frame, probability)
        self._follow(events, first.arrived, now)
        self._ask(first.arrived, now)

    # --8<-- [end:stream]
    @property
    def quiet(self) -> bool:
        """Whether nothing waits to be heard, recognised or answered."""
        return not (len(self.inbox) or self._open or self._flushes)

    def behind(self, now: float) -> float:
        """Seconds since the oldest audio arrived that was not heard yet."""
        first = self.inbox.first()
        return now - first.arrived if first else 0.0

    @property
    def owed(self) -> int:
        """How many flushes were not answered."""
        return self.inbox.marks + len(self._flushes)

    @property
    def _pending(self) -> int:
        return sum(segment.ended is not None for segment in self._open.values())

    def _add(self, frames: Sequence[Frame], now: float) -> None:
        self.inbox.add(frames, now)
        if frames:
            self.received = frames[-1].end

    def _skip(self, first: Waiting, now: float) -> None:
        """Tell of the gap that dropping has left, and begin anew behind it."""
        start, end = self.heard, first.frame.start
        warning = messages.WarningEvent(
            code="audio_dropped",
            message=f"{ms(end - start)} ms of audio were dropped: too much waited",
            start_ms=ms(start),
            end_ms=ms(end),
        )
        self._emit(warning)
        self._follow(self._segmenter.skip(end), first.arrived, now)
        self.memory = VadMemory()

    def _reach(self, mark: Mark, now: float) -> None:
        """Come to a flush: what is open ends here."""
        self._follow(self._segmenter.flush(), mark.arrived, now)
        self._flushes.append((self.heard, mark))
        self._answer()

    # --8<-- [start:segments]
    def _follow(
        self, events: Sequence[segmenter.Event], arrived: float, now: float
    ) -> None:
        """Do what follows from what the segmenter saw."""
        for event in events:
            if isinstance(event, SpeechEnded):
                self._end(self._open[event.segment], event, arrived, now)
            else:
                self._begin(event)

    def _begin(self, event: segmenter.SpeechStarted) -> None:
        safe = self._segmenter.safe(event.start)
        self._open[event.segment] = Segment(event.segment, event.start, safe)
        self._next = event.start + samples(self.settings.first_ms)
        self._emit(
            messages.SpeechStarted(
                segment=event.segment,
                start_ms=ms(event.start),
                voice_ms=ms(event.voice_start),
            )
        )

    def _end(
        self, segment: Segment, event: SpeechEnded, arrived: float, now: float
    ) -> None:
        """Ask for the final, unless the last hearing is of the same audio."""
        segment.ended = event
        self.segments += 1
        self.speech += event.end - event.start
        job = self._job(Kind.FINAL, segment, event.samples, arrived, now)
        if segment.known:
            self.resolve(job, segment.known, Heard(now, now, 1))
        else:
            self._line.submit(job)

    def _ask(self, arrived: float, now: float) -> None:
        """Ask for a partial of the open segment, if one is due."""
        growing, rung = self._segmenter.growing, self._rung()
        if growing is None or not self._partials or rung >= Rung.FINALS:
            return
        end = self._due(growing.end)
        if end is None:
            return
        wide = self.settings.wide if rung >= Rung.WIDER else 1
        self._asked, self._next = end, end + samples(self.settings.step_ms) * wide
        segment = self._open[self._segmenter.segment]
        kind = Kind.PARTIAL if segment.heard else Kind.FIRST
        self._line.submit(self._job(kind, segment, growing.view(end), arrived, now))

    def _due(self, end: int) -> int | None:
        """Up to where a partial is due: at every step while someone speaks.

        And once where the segment would end: if nobody goes on, the final has
        been heard before anyone knows that it is one.
        """
        if self._segmenter.speaking:
            return end if end >= self._next else None
        settled = self._segmenter.settled
        return settled if settled and settled > self._asked else None

    # --8<-- [end:segments]
    def _job(
        self,
        kind: Kind,
        segment: Segment,
        audio: Samples,
        arrived: float,
        now: float,
    ) -> Job:
        wanted = self.settings
        patience = wanted.partial_deadline
        if kind is Kind.FINAL:
            patience = wanted.final_deadline
        return Job(
            stream=self.id,
            segment=segment.number,
            kind=kind,
            audio=audio,
            end=segment.start + len(audio),
            arrived=arrived,
            heard=now,
            asked=now,
            deadline=arrived + patience,
        )

    # --8<-- [start:resolve]
    def resolve(self, job: Job, transcript: Transcript, heard: Heard) -> None:
        """Take the words of a job of this stream."""
        segment = self._open.get(job.segment)
        if segment is None:
            return
        timing = self._timing(job, heard, segment)
        if job.kind is Kind.FINAL:
            self._emit(segment.final(transcript, timing))
            self._close(segment)
        elif partial := segment.partial(transcript, job.end, timing):
            self._emit(partial)

    def fail(self, job: Job, code: ErrorCode, message: str) -> None:
        """Take it that a job has no words; a segment without final says so."""
        segment = self._open.get(job.segment)
        if segment is None or job.kind is not Kind.FINAL:
            return
        error = messages.Error(
            code=code,
            message=message,
            fatal=False,
            segment=segment.number,
            start_ms=ms(segment.start),
            end_ms=ms(job.end),
        )
        self._emit(error)
        self._close(segment)

    # --8<-- [end:resolve]
    def _close(self, segment: Segment) -> None:
        assert segment.ended is not None
        self.finished = max(self.finished, segment.ended.end)
        del self._open[segment.number]
        self._answer()

    def _answer(self) -> None:
        """Answer the flushes that have all their finals."""
        oldest = min((s.start for s in self._open.values()), default=math.inf)
        while self._flushes and self._flushes[0][0] <= oldest:
            at, mark = self._flushes.popleft()
            self.finished = max(self.finished, at)
            if mark.id is not None:
                self._emit(messages.Flushed(id=mark.id, audio_ms=ms(at)))

    def _timing(self, job: Job, heard: Heard, segment: Segment) -> Timing:
        """Stages in ms that add up: arrived, heard, taken, done."""
        ended = segment.ended if job.kind is Kind.FINAL else None
        return Timing(
            endpoint=ms(ended.at - ended.voice_end) if ended else 0,
            hear=millis(job.heard - job.arrived),
            queue=millis(heard.taken - job.heard),
            decode=millis(heard.done - heard.taken),
            total=millis(heard.done - job.arrived),
            batch=heard.batch,
        )


def millis(seconds: float) -> float:
    """Milliseconds, to the hundredth."""
    return round(1000 * seconds, 2)
