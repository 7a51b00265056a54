"""What a recogniser is: utterances in, transcripts out, in one call.

A recogniser starts no thread, keeps no queue and knows no stream. When to call
it, and with which utterances together, is the scheduler's business; so the same
scheduler runs a neural network, a fake and a simulation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from earshot.audio.formats import RATE, Samples


@dataclass(frozen=True, eq=False)
class Utterance:
    """Audio to be recognised: float32[n], mono, 16 kHz, from -1 to 1.

    After `deadline`, in seconds of the monotonic clock, nobody wants the
    words any more.
    """

    audio: Samples
    deadline: float = math.inf

    @property
    def seconds(self) -> float:
        """Length of the audio in seconds."""
        return len(self.audio) / RATE


@dataclass(frozen=True)
class Word:
    """A word and its place in the utterance, in seconds."""

    text: str
    start: float
    end: float


Cut = Literal["", "deadline", "length"]


@dataclass(frozen=True)
class Transcript:
    """What was said. `words` is empty where a model knows no times.

    `cut` tells why the text may lack its end: "deadline", "length" when it
    became longer than anyone speaks, or "" when it is whole.
    """

    text: str
    words: tuple[Word, ...] = ()
    cut: Cut = ""


# --8<-- [start:recogniser]
class Recogniser(Protocol):
    """A model that is loaded and can be called from one thread at a time.

    `longest` is how many seconds of audio it takes in one utterance.
    """

    name: str
    longest: float

    def warm_up(self) -> None:
        """Do once what the first real call would otherwise wait for."""

    def transcribe(self, batch: Sequence[Utterance]) -> list[Transcript]:
        """One transcript for each utterance, in their order."""


# --8<-- [end:recogniser]
