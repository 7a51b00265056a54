"""Audio that has arrived and has not been heard: a bounded line of frames."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from earshot.audio.chunker import Frame
from earshot.audio.formats import RATE


class Waiting(NamedTuple):
    """A frame, and when it arrived in s."""

    frame: Frame
    arrived: float


class Mark(NamedTuple):
    """A flush between the frames before it and those behind; None has no answer."""

    id: str | None
    arrived: float


# --8<-- [start:inbox]
class Inbox:
    """Frames and marks in order. Of more than `limit` seconds the older half goes.

    One long gap is easier to follow than many short ones. `seconds` wait,
    `dropped` samples were dropped; marks are never dropped.
    """

    def __init__(self, limit: float) -> None:
        self.dropped = 0
        self._limit = round(limit * RATE)
        self._line: deque[Waiting | Mark] = deque()
        self._samples = 0

    @property
    def seconds(self) -> float:
        """Seconds of audio in line."""
        return self._samples / RATE

    @property
    def marks(self) -> int:
        """Marks in line."""
        return sum(isinstance(item, Mark) for item in self._line)

    def add(self, frames: Sequence[Frame], now: float) -> None:
        """Put frames that arrived `now` in line."""
        for frame in frames:
            self._line.append(Waiting(frame, now))
            self._samples += frame.count
        if self._samples > self._limit:
            while self._samples > self._limit // 2:
                self._drop()

    def mark(self, mark: Mark) -> None:
        """Put a mark in line."""
        self._line.append(mark)

    def first(self) -> Waiting | Mark | None:
        """What is next in line, and stays there."""
        return self._line[0] if self._line else None

    def pop(self) -> None:
        """Take what is next out of the line."""
        first = self._line.popleft()
        if isinstance(first, Waiting):
            self._samples -= first.frame.count

    def _drop(self) -> None:
        """Drop the oldest frame, wherever marks stand."""
        marks = []
        while isinstance(first := self._line.popleft(), Mark):
            marks.append(first)
        self._line.extendleft(reversed(marks))
        self._samples -= first.frame.count
        self.dropped += first.frame.count

    # --8<-- [end:inbox]
    def __len__(self) -> int:
        return len(self._line)
