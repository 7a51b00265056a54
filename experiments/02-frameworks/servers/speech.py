"""The model that every server has: Moonshine tiny, or one that does nothing.

`MODEL` names it, `WEIGHTS` is its folder and `BATCH` the most clips in a call; one
that has company to hope for waits for it, `WAIT_S` at most, where a server can be
told so. A clip comes as base64 of 16-bit samples at 16 kHz, which any JSON can hold.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from earshot.inference.moonshine import Moonshine
from earshot.inference.recogniser import Utterance

BATCH, PORT = int(os.environ["BATCH"]), int(os.environ["PORT"])
WAIT_S = 0.005

Model = Callable[[Sequence[str]], list[str]]


def load() -> Model:
    """The model that the environment asks for, warm."""
    if os.environ["MODEL"] == "no-op":
        return lambda clips: [f"{len(samples(clip))} samples" for clip in clips]
    moonshine = Moonshine(Path(os.environ["WEIGHTS"]))
    moonshine.warm_up()

    def transcribe(clips: Sequence[str]) -> list[str]:
        heard = moonshine.transcribe([Utterance(samples(clip)) for clip in clips])
        return [transcript.text for transcript in heard]

    return transcribe


def samples(clip: str) -> np.ndarray:
    """float32 from base64 of 16-bit samples."""
    return np.frombuffer(base64.b64decode(clip), np.int16).astype(np.float32) / 32768
