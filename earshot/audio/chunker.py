"""Pieces of any size in, frames of one size out, each with its place in time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from earshot.audio.formats import Samples

FRAME = 512
"""Samples of a frame: 32 ms at 16 kHz, what the VAD was trained on."""


# --8<-- [start:chunker]
@dataclass(frozen=True, eq=False)
class Frame:
    """float32[512] whose first sample is the stream's sample number `start`.

    Only the first `count` samples are the stream's; a flush fills the last
    frame with zeros.
    """

    start: int
    samples: Samples
    count: int = FRAME

    @property
    def end(self) -> int:
        """The sample number after the frame's last own sample."""
        return self.start + self.count


class Chunker:
    """Cuts one stream into frames; `at` is the number of the next frame's start."""

    def __init__(self, start: int = 0) -> None:
        self.at = start
        self._held = np.empty(0, np.float32)

    def push(self, samples: Samples) -> list[Frame]:
        """The frames that float32[n] completes; less than a frame is held."""
        held = np.concatenate([self._held, samples])
        whole = len(held) // FRAME
        frames = [
            Frame(self.at + i * FRAME, held[i * FRAME : (i + 1) * FRAME])
            for i in range(whole)
        ]
        self.at += whole * FRAME
        self._held = held[whole * FRAME :]
        return frames

    def flush(self) -> list[Frame]:
        """What is held, as a frame filled up with zeros; time goes on behind it."""
        count = len(self._held)
        if not count:
            return []
        frame = Frame(self.at, np.pad(self._held, (0, FRAME - count)), count)
        self._held = self._held[:0]
        self.at += count
        return [frame]


# --8<-- [end:chunker]
