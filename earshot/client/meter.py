"""What one stream's user sees, and when.

Audio is dated when the packet that it ends in was sent, an event when it
arrived, both by this machine's clock: no other clock is asked.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from earshot.api.messages import (
    Error,
    Final,
    Partial,
    Ready,
    ServerEvent,
    SessionEnded,
    SpeechStarted,
    WarningEvent,
)
from earshot.inference.agreement import key


def times() -> array[float]:
    """Room for measurements."""
    return array("d")


# --8<-- [start:tally]
@dataclass
class Tally:
    """Measurements of one stream, or of several together, in seconds.

    `first_partial` and `first_stable` run from the start of speech, and a
    final's words are stable; `partial_delay` runs from the end of the audio
    that was heard, `final_after_voice` from the end of the voice, and
    `final_delay` from the audio that decided that it was the end. `transport`
    is what the server's own clock doesn't know of: network and event loops.
    `gap` is from partial to partial of a segment, `late` how far the player
    was behind.
    """

    first_partial: array[float] = field(default_factory=times)
    first_stable: array[float] = field(default_factory=times)
    partial_delay: array[float] = field(default_factory=times)
    final_delay: array[float] = field(default_factory=times)
    final_after_voice: array[float] = field(default_factory=times)
    transport: array[float] = field(default_factory=times)
    gap: array[float] = field(default_factory=times)
    late: array[float] = field(default_factory=times)
    audio_s: float = 0.0
    speech_s: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)


# --8<-- [end:tally]
@dataclass
class Shown:
    """What is on the screen of a segment whose speech began to be sent at `spoken`."""

    spoken: float
    stable: str = ""
    words: list[str] = field(default_factory=list)
    partial_at: float | None = None


# --8<-- [start:meter]
class Meter:
    """Takes what a stream sends and gets, in order; keeps only numbers."""

    def __init__(self, now: float) -> None:
        self.tally = Tally()
        self._ends_ms = array("d", [0.0])
        self._sent_at = array("d", [now])
        self._segments: dict[int, Shown] = {}

    def sent(self, ms: float, now: float, late: float = 0.0) -> None:
        """A packet of so many ms is sent, `late` seconds behind."""
        self._ends_ms.append(self._ends_ms[-1] + ms)
        self._sent_at.append(now)
        self.tally.audio_s += ms / 1000
        self.tally.late.append(late)

    def when(self, ms: float) -> float:
        """When audio up to `ms` was sent, or all that there is."""
        packet = bisect_left(self._ends_ms, ms)
        return self._sent_at[min(packet, len(self._sent_at) - 1)]

    def heard(self, event: ServerEvent, now: float) -> None:
        """An event has arrived."""
        match event:
            case Ready(resumed=False):
                self._segments.clear()
            case SpeechStarted():
                shown = Shown(self.when(event.voice_ms))
                self._segments[event.segment] = shown
            case Partial():
                self._partial(event, now)
            case Final():
                self._final(event, now)
            case WarningEvent():
                self.tally.problems[f"warning {event.code}"] += 1
            case Error():
                self.tally.problems[f"error {event.code}"] += 1
                self._segments.pop(event.segment or 0, None)
            case SessionEnded():
                self.tally.ends[event.reason] += 1

    # --8<-- [end:meter]
    def _partial(self, event: Partial, now: float) -> None:
        shown, tally = self._shown(event), self.tally
        if shown.partial_at is None:
            tally.first_partial.append(now - shown.spoken)
        else:
            tally.gap.append(now - shown.partial_at)
        shown.partial_at = now
        delay = now - self.when(event.end_ms)
        tally.partial_delay.append(delay)
        tally.transport.append(delay - event.timing.total / 1000)
        tally.counts["partials"] += 1
        self._show(shown, event.stable, event.unstable, now)

    def _final(self, event: Final, now: float) -> None:
        shown, tally = self._shown(event), self.tally
        delay = now - self.when(event.voice_ms + event.timing.endpoint)
        tally.final_delay.append(delay)
        tally.final_after_voice.append(now - self.when(event.voice_ms))
        tally.transport.append(delay - event.timing.total / 1000)
        tally.speech_s += (event.end_ms - event.start_ms) / 1000
        tally.counts["finals"] += 1
        tally.counts["words"] += len(event.text.split())
        self._show(shown, event.text, "", now)
        del self._segments[event.segment]

    def _shown(self, event: Partial | Final) -> Shown:
        """The segment's screen; empty where it began before anyone looked."""
        unknown = Shown(self.when(event.start_ms))
        return self._segments.setdefault(event.segment, unknown)

    def _show(self, shown: Shown, stable: str, unstable: str, now: float) -> None:
        """Change the screen; count what was there and is no more."""
        counts = self.tally.counts
        if stable and not shown.stable:
            self.tally.first_stable.append(now - shown.spoken)
        gone = replaced(keys(shown.stable), keys(stable))
        if gone or not stable.startswith(shown.stable):
            counts["contradicted"] += max(gone, 1)
        words = [*keys(stable), *keys(unstable)]
        counts["rewritten"] += replaced(shown.words, words)
        shown.stable, shown.words = stable, words


def keys(text: str) -> list[str]:
    """The words of a text without case and punctuation."""
    return [key(word) for word in text.split()]


def replaced(old: Sequence[str], new: Sequence[str]) -> int:
    """How many of the old words the new ones don't begin with."""
    pairs = zip(old, new, strict=False)
    return len(old) - sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
