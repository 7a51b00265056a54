"""What all streams of a bench say: the clips, each with a pause behind it."""

from __future__ import annotations

from functools import cache
from itertools import cycle

import numpy as np

from earshot.audio.formats import RATE, Samples
from earshot.bench.clips import clips
from earshot.text.errors import WordErrors, count

LEAD_S, PAUSE_S = 0.3, 0.8


# --8<-- [start:reading]
@cache
def reading(seconds: float) -> Samples:
    """float32[n] of at least so many seconds: whole clips, over and over."""
    pieces = [silence(LEAD_S)]
    for clip in cycle(clips()):
        if sum(map(len, pieces)) >= seconds * RATE:
            break
        pieces += [clip.audio, silence(PAUSE_S)]
    return np.concatenate(pieces)


# --8<-- [end:reading]
def silence(seconds: float) -> Samples:
    """float32[n] of nothing."""
    return np.zeros(round(seconds * RATE), np.float32)


def errors(heard: str, seconds: float) -> WordErrors:
    """The word errors of what was heard of a reading."""
    said: list[str] = []
    length = LEAD_S * RATE
    for clip in cycle(clips()):
        if length >= seconds * RATE:
            break
        said.append(clip.words)
        length += len(clip.audio) + PAUSE_S * RATE
    return count(" ".join(said), heard)
