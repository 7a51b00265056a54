"""A whole file at once: cut where it is quiet, recognised piece by piece."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from earshot.audio.formats import RATE, Samples
from earshot.inference.recogniser import Recogniser, Transcript, Utterance, Word

PAUSE = RATE // 5  # samples; the quietest stretch of this length is cut


# --8<-- [start:pieces]
def pieces(audio: Samples, longest: float) -> Iterator[Samples]:
    """Parts of `audio` in order, none longer than `longest` seconds.

    A part that would be too long ends in the middle of the quietest 0.2 s of
    its second half.
    """
    while len(audio) > longest * RATE:
        limit = int(longest * RATE)
        half = audio[limit // 2 : limit].astype(np.float64)
        energy = np.cumsum(np.concatenate([[0.0], np.square(half)]))
        quietest = int(np.argmin(energy[PAUSE:] - energy[:-PAUSE]))
        cut = limit // 2 + quietest + PAUSE // 2
        yield audio[:cut]
        audio = audio[cut:]
    yield audio


# --8<-- [end:pieces]
def transcribe(audio: Samples, recogniser: Recogniser) -> Transcript:
    """The words of float32[n] at 16 kHz, of any length; times count from its start."""
    texts, words, before = [], [], 0.0
    for piece in pieces(audio, recogniser.longest):
        utterance = Utterance(piece)
        (heard,) = recogniser.transcribe([utterance])
        texts.append(heard.text)
        words += [
            Word(word.text, before + word.start, before + word.end)
            for word in heard.words
        ]
        before += utterance.seconds
    return Transcript(" ".join(filter(None, texts)), tuple(words))
