"""The VAD's turn: one frame of every stream that has one, in one call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from earshot.audio.formats import Samples
from earshot.audio.vad import VadMemory
from earshot.inference.stream import Stream

MOST = 64
"""Streams in a call: more take no less time each, and hold up the loop."""


class Vad(Protocol):
    """Probabilities of speech float32[b] in frames float32[b, 512]."""

    def __call__(
        self, frames: Samples, memories: Sequence[VadMemory]
    ) -> npt.NDArray[np.float32]:
        """One row and one memory a stream."""


# --8<-- [start:listen]
def listen(vad: Vad, streams: Iterable[Stream], now: float) -> int:
    """Let each of at most 64 streams hear its next frame; how many had one.

    A stream that sends ten times as much is heard no oftener than the others.
    """
    ready, frames = [], []
    for stream in streams:
        frame = stream.next(now)
        if frame is not None:
            ready.append(stream)
            frames.append(frame)
        if len(ready) == MOST:
            break
    if ready:
        memories = [stream.memory for stream in ready]
        probabilities = vad(np.stack(frames), memories)
        for stream, probability in zip(ready, probabilities.tolist(), strict=True):
            stream.hear(probability, now)
    return len(ready)


# --8<-- [end:listen]
