"""Silero VAD, one call for a frame of every stream.

The graph of Silero VAD 5 and 6 (MIT) takes `input` float32[b, 576], the frame's
512 samples behind the 64 before it, `state` float32[2, b, 128] and `sr`, and
gives `output` float32[b, 1] and `stateN`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from earshot.audio.chunker import FRAME
from earshot.audio.formats import RATE, Samples

CONTEXT = 64
HIDDEN = 128


# --8<-- [start:vad]
@dataclass(eq=False)
class VadMemory:
    """What the VAD remembers of one stream: 64 samples and its hidden state."""

    context: Samples = field(default_factory=lambda: np.zeros(CONTEXT, np.float32))
    hidden: Samples = field(default_factory=lambda: np.zeros((2, HIDDEN), np.float32))


class SileroVad:
    """The model, shared by all streams; one thread, on the CPU."""

    def __init__(self, graph: Path) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = ort.InferenceSession(
            graph, options, providers=["CPUExecutionProvider"]
        )
        self._rate = np.array(RATE, np.int64)

    def __call__(
        self, frames: Samples, memories: Sequence[VadMemory]
    ) -> npt.NDArray[np.float32]:
        """Probability of speech float32[b] in each of float32[b, 512].

        Row i is the next frame of the stream that `memories[i]` belongs to;
        no stream can have two rows. The memories are brought up to date.
        """
        if frames.shape != (len(memories), FRAME):
            raise ValueError(f"frames {frames.shape} for {len(memories)} streams")
        contexts = np.stack([memory.context for memory in memories])
        hidden = np.stack([memory.hidden for memory in memories], axis=1)
        inputs = np.concatenate([contexts, frames], axis=1)
        output, state = self._session.run(
            None, {"input": inputs, "state": hidden, "sr": self._rate}
        )
        for row, memory in enumerate(memories):
            memory.context = frames[row, -CONTEXT:].copy()
            memory.hidden = state[:, row].copy()
        probabilities: npt.NDArray[np.float32] = output[:, 0]
        return probabilities


# --8<-- [end:vad]
