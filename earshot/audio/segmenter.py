"""From frames and probabilities to segments of speech, with an end to each.

A segment begins some time before the gate opens, grows while someone speaks,
and ends after a silence, at a cap, or because the client says so. Segments
never overlap. All times are sample numbers of the stream at 16 kHz.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from earshot.audio.chunker import FRAME, Frame
from earshot.audio.formats import RATE, Samples
from earshot.audio.gate import Gate, GateSettings

HOP = 160
"""Samples between the places that a cut may have: 10 ms."""
PAUSE = 10
"""Hops over which loudness is compared: 100 ms, longer than a plosive's closure."""


class End(StrEnum):
    """Why a segment ended."""

    ENDPOINT = "endpoint"
    CAP = "cap"
    FLUSH = "flush"


# --8<-- [start:events]
@dataclass(frozen=True)
class SpeechStarted:
    """Someone speaks since `voice_start`, as was known at `at`.

    The segment starts before that, by the pre-roll where there is room.
    """

    segment: int
    start: int
    voice_start: int
    at: int


@dataclass(frozen=True, eq=False)
class SpeechEnded:
    """A segment is complete: its read-only audio float32[end − start].

    Speech was last heard before `voice_end`; what follows is post-roll.
    """

    segment: int
    start: int
    voice_end: int
    end: int
    at: int
    reason: End
    samples: Samples


Event = SpeechStarted | SpeechEnded


# --8<-- [end:events]
def in_samples(ms: int) -> int:
    """Samples at 16 kHz in so many milliseconds."""
    return ms * RATE // 1000


@dataclass(frozen=True)
class SegmenterSettings:
    """Times in ms; raises `ValueError` where they can't hold together.

    `endpoint` is the silence that ends a segment, of which `post_roll` stays
    in it. At `cap` a segment is cut at the quietest place of its last `cut`.
    """

    pre_roll: int = 256
    post_roll: int = 256
    endpoint: int = 512
    cap: int = 12_000
    cut: int = 2_000

    def __post_init__(self) -> None:
        if self.pre_roll < 0 or not 0 < self.post_roll <= self.endpoint:
            raise ValueError("not 0 <= pre_roll, 0 < post_roll <= endpoint")
        if not 2 * PAUSE * HOP <= in_samples(self.cut) <= in_samples(self.cap) // 2:
            raise ValueError("cut is 200 ms at least and half of cap at most")


# --8<-- [start:buffer]
class Growing:
    """Audio of a segment that may still grow, in memory for `room` samples.

    Views stay valid and unchanged while it grows: samples are only added
    behind them, and the next segment gets a buffer of its own.
    """

    def __init__(self, start: int, room: int) -> None:
        self.start = self.end = start
        self._buffer = np.empty(room, np.float32)

    def add(self, samples: Samples) -> None:
        """Append float32[n]; the caller ends the segment before it is full."""
        at = self.end - self.start
        self._buffer[at : at + len(samples)] = samples
        self.end += len(samples)

    def view(self, end: int | None = None) -> Samples:
        """Read-only float32[n] from the start to sample number `end`, or to now."""
        view = self._buffer[: (self.end if end is None else end) - self.start]
        view.flags.writeable = False
        return view


# --8<-- [end:buffer]
def quietest(samples: Samples) -> int:
    """The middle of the quietest 100 ms of float32[n], n ≥ 1600."""
    hops = samples[: len(samples) // HOP * HOP].reshape(-1, HOP)
    loudness = np.convolve((hops**2).sum(axis=1), np.ones(PAUSE), "valid")
    return (int(np.argmin(loudness)) + PAUSE // 2) * HOP


class Segmenter:
    """The endpointer of one stream; memory is one segment and a little history.

    `segment` is the number of the segment that is open or was last.
    """

    def __init__(
        self,
        settings: SegmenterSettings | None = None,
        gate: GateSettings | None = None,
    ) -> None:
        settings = settings or SegmenterSettings()
        self.settings = settings
        self.growing: Growing | None = None
        self._gate = Gate(gate)
        self._pre_roll = in_samples(settings.pre_roll)
        self._post_roll = in_samples(settings.post_roll)
        self._endpoint = in_samples(settings.endpoint)
        self._cap = in_samples(settings.cap)
        self._cut = in_samples(settings.cut)
        rules = self._gate.settings
        longest = max(rules.minimum_speech, rules.hangover)
        self._reach = self._pre_roll + FRAME * rules.minimum_speech
        if self._reach + FRAME > self._cap:
            raise ValueError("pre_roll and minimum_speech leave no room below cap")
        self._starts: deque[int] = deque(maxlen=longest)
        self._history = np.empty(0, np.float32)
        self.segment = self._now = self._voice_end = self._last_end = 0

    # --8<-- [start:push]
    def push(self, frame: Frame, probability: float) -> list[Event]:
        """What a frame and its probability of speech change, in order."""
        was_open, is_open = self._gate.open, self._gate.step(probability)
        self._starts.append(frame.start)
        self._now = frame.end
        self._keep(frame.samples[: frame.count])
        events: list[Event] = []
        if is_open and not was_open:
            events += self._begin()
        if was_open and not is_open:
            self._voice_end = self._starts[-self._gate.settings.hangover]
        if self.growing is None:
            return events
        silent = not is_open and not self._gate.undecided
        if silent and self._now - self._voice_end >= self._endpoint:
            return [*events, self._end_quiet(End.ENDPOINT)]
        if self._now - self.growing.start + FRAME > self._cap:
            return [*events, *self._end_at_cap()]
        return events

    # --8<-- [end:push]
    @property
    def speaking(self) -> bool:
        """Whether the gate is open: someone speaks, or did just now."""
        return self._gate.open

    @property
    def settled(self) -> int | None:
        """Where the open segment ends if nobody goes on; None while that may move."""
        if self.growing is None or self._gate.open or self._gate.undecided:
            return None
        end = max(self._voice_end, self.growing.start) + self._post_roll
        return end if end <= self._now else None

    def safe(self, start: int) -> int:
        """Before this sample number no cap cuts a segment that began at `start`."""
        return start + self._cap - FRAME - self._cut

    def flush(self) -> list[Event]:
        """End the segment that is open, if any; the next begins behind the flush."""
        events: list[Event] = []
        if self.growing is not None:
            if self._gate.open:
                events.append(self._end(self._now, self._now, End.FLUSH))
            else:
                events.append(self._end_quiet(End.FLUSH))
        self._last_end = self._now
        self._gate.reset()
        self._starts.clear()
        return events

    def skip(self, to: int) -> list[Event]:
        """End the open segment, if any, and go on at sample `to` after a gap."""
        events = self.flush()
        self._last_end = to
        return events

    def _keep(self, samples: Samples) -> None:
        """Add to the segment, and to the history that a pre-roll is taken from."""
        if self.growing is not None:
            self.growing.add(samples)
        self._history = np.concatenate([self._history, samples])[-self._reach :]

    def _begin(self) -> list[Event]:
        """Open a segment at the pre-roll, or go on with the one that is open."""
        if self.growing is not None:
            return []
        onset = self._starts[-self._gate.settings.minimum_speech]
        oldest = self._now - len(self._history)
        start = max(onset - self._pre_roll, self._last_end, oldest)
        return [self._open(start, max(onset, start))]

    def _open(self, start: int, voice_start: int) -> SpeechStarted:
        self.segment += 1
        self.growing = Growing(start, self._cap)
        self.growing.add(self._history[len(self._history) - (self._now - start) :])
        return SpeechStarted(self.segment, start, voice_start, self._now)

    def _end_quiet(self, reason: End) -> SpeechEnded:
        """End a segment whose speech is over, perhaps since before it was cut."""
        assert self.growing is not None
        voice_end = max(self._voice_end, self.growing.start)
        end = min(voice_end + self._post_roll, self._now)
        return self._end(voice_end, end, reason)

    def _end(self, voice_end: int, end: int, reason: End) -> SpeechEnded:
        assert self.growing is not None
        growing, self.growing = self.growing, None
        self._last_end = end
        return SpeechEnded(
            segment=self.segment,
            start=growing.start,
            voice_end=voice_end,
            end=end,
            at=self._now,
            reason=reason,
            samples=growing.view(end),
        )

    # --8<-- [start:cap]
    def _end_at_cap(self) -> list[Event]:
        """Cut at the quietest place; what is behind it begins the next segment."""
        assert self.growing is not None
        if not self._gate.open:
            return [self._end_quiet(End.CAP)]
        window = self.growing.view()[-self._cut :]
        cut = self._now - len(window) + quietest(window)
        rest = window[cut - self._now :]
        ended = self._end(cut, cut, End.CAP)
        self._history = rest
        return [ended, self._open(cut, cut)]

    # --8<-- [end:cap]
