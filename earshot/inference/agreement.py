"""From hypotheses that change to words that don't.

A segment is heard again and again while it grows. What two hearings in a row
begin with is stable (LocalAgreement-2: Liu, Spanakis and Niehues,
"Low-Latency Sequence-to-Sequence Speech Recognition and Translation by Partial
Hypothesis Selection", Interspeech 2020). Stable words are a promise: no later
hypothesis takes one back, the final included.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

TAIL = ".,;:!?…"


def key(word: str) -> str:
    """What two hearings must share to agree on a word: not case or punctuation."""
    letters = "".join(c for c in word.casefold() if c.isalnum())
    return letters or word


# --8<-- [start:rest]
def rest(stable: Sequence[str], words: Sequence[str]) -> int:
    """How many of `words` the stable ones stand for; the others go on from there.

    The cut that makes the words before it most like `stable`, by edit
    distance: the last row of Wagner and Fischer's table (1974). Among equals
    the one nearest to as many words as are stable.
    """
    keys = list(map(key, words))
    row = list(range(len(keys) + 1))
    for one in map(key, stable):
        above, row = row, [row[0] + 1]
        for at, other in enumerate(keys):
            row.append(min(above[at] + (one != other), above[at + 1] + 1, row[-1] + 1))
    return min(range(len(row)), key=lambda at: (row[at], abs(at - len(stable))))


# --8<-- [end:rest]
# --8<-- [start:agreement]
class Agreement:
    """The words of one segment, while it grows.

    `stable_end` is how far the audio went in which the stable words were
    heard, as a sample number. It never exceeds `safe`: words of later audio
    may turn out to be the next segment's.
    """

    def __init__(self, start: int, safe: int) -> None:
        self.stable_end = self._last_end = start
        self._safe = safe
        self._stable: list[str] = []
        self._open: list[str] = []

    @property
    def stable(self) -> str:
        """The words that stay, without punctuation at their end, which may not."""
        return " ".join(self._stable).rstrip(TAIL + " ")

    @property
    def unstable(self) -> str:
        """The words behind them, as last heard."""
        return " ".join(self._open)

    def hear(self, text: str, end: int) -> None:
        """Take a hypothesis about the audio up to sample number `end`."""
        fresh = self._continued(text.split())
        pairs = zip(self._open, fresh, strict=False)
        agreed = len(list(takewhile(lambda pair: key(pair[0]) == key(pair[1]), pairs)))
        if agreed and self._last_end <= self._safe:
            self._stable += fresh[:agreed]
            self.stable_end = self._last_end
            fresh = fresh[agreed:]
        self._open, self._last_end = fresh, end

    def finish(self, text: str) -> str:
        """The final words: the stable ones, and how the last hypothesis goes on."""
        fresh = self._continued(text.split())
        return " ".join(self._stable + fresh)

    def _continued(self, words: list[str]) -> list[str]:
        """The words behind the stable ones; the last of these may mend its tail."""
        if not self._stable:
            return words
        cut = rest(self._stable, words)
        last = self._stable[-1].rstrip(TAIL)
        if cut and words[cut - 1].rstrip(TAIL) == last:
            self._stable[-1] = words[cut - 1]
        return words[cut:]


# --8<-- [end:agreement]
