"""A recogniser without a model: the same audio always gives the same words.

A word is said for every 0.3 s in which something sounds, and which word depends
on how loud it is and when. So silence gives no words, a longer utterance begins
with the words of a shorter one, and every test knows what to expect.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from earshot.audio.formats import RATE, Samples
from earshot.inference.recogniser import Transcript, Utterance, Word

PACE = RATE * 3 // 10  # samples a word
QUIET = 0.01  # root mean square below which nothing is said
SAID = ("and", "then", "he", "had", "more", "to", "say", "about", "the", "young", "man")


class FakeRecogniser:
    """Words from energy and time, as slow and as faulty as a test wants it."""

    def __init__(
        self,
        seconds_a_call: float = 0.0,
        seconds_a_second: float = 0.0,
        failures: Mapping[int, Exception] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Wait `seconds_a_call`, and `seconds_a_second` of the longest audio.

        `failures` maps the number of a call, from 1, to what it raises;
        `sleep` is how it waits.
        """
        self.name = "fake"
        self.longest = math.inf
        self.calls = 0
        self._a_call = seconds_a_call
        self._a_second = seconds_a_second
        self._failures = failures or {}
        self._sleep = sleep

    def warm_up(self) -> None:
        """There is nothing to warm."""

    def transcribe(self, batch: Sequence[Utterance]) -> list[Transcript]:
        """Words for each utterance, after the wait, unless this call fails."""
        self.calls += 1
        longest = max((utterance.seconds for utterance in batch), default=0.0)
        self._sleep(self._a_call + self._a_second * longest)
        if self.calls in self._failures:
            raise self._failures[self.calls]
        return [_transcript(utterance.audio) for utterance in batch]


def _transcript(audio: Samples) -> Transcript:
    words = []
    for start in range(0, len(audio) - PACE + 1, PACE):
        loudness = float(np.sqrt(np.mean(np.square(audio[start : start + PACE]))))
        if loudness >= QUIET:
            turn = start // PACE + round(10 * loudness)
            text = SAID[turn % len(SAID)]
            words.append(Word(text, start / RATE, (start + PACE) / RATE))
    return Transcript(" ".join(word.text for word in words), tuple(words))
