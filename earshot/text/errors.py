"""Word errors: what it takes to turn a reference into a hypothesis.

The word error rate is (S + D + I) / N over the words of the reference, with
the fewest substitutions, deletions and insertions that do it: the edit
distance of Levenshtein (1966), by Wagner and Fischer's table (1974).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from earshot.text.normalise import normalise


@dataclass(frozen=True)
class WordErrors:
    """Errors in a hypothesis against a reference of `words` words.

    `differences` has a pair for each error, in order: the reference's word or
    None, the hypothesis' word or None.
    """

    words: int
    differences: tuple[tuple[str | None, str | None], ...]

    @property
    def substitutions(self) -> int:
        """Words heard as another word."""
        return sum(None not in pair for pair in self.differences)

    @property
    def deletions(self) -> int:
        """Words not heard."""
        return sum(heard is None for _, heard in self.differences)

    @property
    def insertions(self) -> int:
        """Words heard that nobody said."""
        return sum(said is None for said, _ in self.differences)

    @property
    def total(self) -> int:
        """All errors."""
        return len(self.differences)

    @property
    def rate(self) -> float:
        """Errors per word of the reference: above 1 when much is inserted."""
        return self.total / self.words if self.words else float(self.total > 0)

    def __add__(self, other: WordErrors) -> WordErrors:
        """The errors of two texts together."""
        return WordErrors(
            self.words + other.words, self.differences + other.differences
        )


def count(reference: str, hypothesis: str) -> WordErrors:
    """Word errors between two texts, after both were normalised."""
    return compare(normalise(reference), normalise(hypothesis))


def total(errors: Iterable[WordErrors]) -> WordErrors:
    """The errors of many texts: rates don't average, counts add."""
    return sum(errors, WordErrors(0, ()))


# --8<-- [start:compare]
def compare(said: Sequence[str], heard: Sequence[str]) -> WordErrors:
    """Word errors between two lists of words."""
    costs = table(said, heard)
    differences: list[tuple[str | None, str | None]] = []
    i, j = len(said), len(heard)
    while i or j:  # back along a cheapest path; substitutions come first
        step = costs[i][j]
        if i and j and said[i - 1] == heard[j - 1] and step == costs[i - 1][j - 1]:
            i, j = i - 1, j - 1
        elif i and j and step == costs[i - 1][j - 1] + 1:
            i, j = i - 1, j - 1
            differences.append((said[i], heard[j]))
        elif i and step == costs[i - 1][j] + 1:
            i -= 1
            differences.append((said[i], None))
        else:
            j -= 1
            differences.append((None, heard[j]))
    return WordErrors(len(said), tuple(reversed(differences)))


def table(said: Sequence[str], heard: Sequence[str]) -> list[list[int]]:
    """Fewest errors between every pair of beginnings: `[i][j]` for i and j words."""
    rows = [list(range(len(heard) + 1))]
    for i, word in enumerate(said, 1):
        above, row = rows[-1], [i]
        for j, other in enumerate(heard, 1):
            swap = above[j - 1] + (word != other)
            row.append(min(swap, above[j] + 1, row[-1] + 1))
        rows.append(row)
    return rows


# --8<-- [end:compare]
