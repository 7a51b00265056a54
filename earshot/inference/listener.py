"""The VAD's turn: one frame of every stream that has one, in one call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count
from typing import Protocol

import numpy as np
import numpy.typing as npt

from earshot.audio.formats import Samples
from earshot.audio.vad import VadMemory
from earshot.inference.stream import Stream

MOST = 64
"""Streams in a call: more take no less time each, and hold up the loop."""

turns = count(1)
"""The turns of all streams, in the order in which they had them."""


class Vad(Protocol):
    """Probabilities of speech float32[b] in frames float32[b, 512]."""

    def __call__(
        self, frames: Samples, memories: Sequence[VadMemory]
    ) -> npt.NDArray[np.float32]:
        """One row and one memory a stream."""


# --8<-- [start:listen]
def listen(vad: Vad, streams: Iterable[Stream], now: float) -> int:
    """Let each of at most 64 streams hear its next frame; how many had one.

    Who has waited longest comes first, so a stream that sends ten times as
    much is heard no oftener than the others.
    """
    ready, frames = [], []
    for stream in sorted(streams, key=lambda stream: stream.turn):
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
            stream.turn = next(turns)
            stream.hear(probability, now)
    return len(ready)


# --8<-- [end:listen]
