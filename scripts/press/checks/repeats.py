"""A rule against saying the same thing twice: near-duplicate paragraphs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from press import prose
from press.apparatus import Apparatus
from press.findings import Finding

LEAST_WORDS = 40
RUN = 5
ALIKE = 0.6


def repeats(known: Apparatus) -> Iterator[Finding]:
    """No paragraph repeats most of an earlier one's runs of five words."""
    earlier: list[tuple[prose.Passage, frozenset[tuple[str, ...]]]] = []
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for page in known.book.pages:
        for passage in prose.passages(page):
            words = passage.words
            if len(words) < LEAST_WORDS:
                continue
            runs = frozenset(zip(*(words[at:] for at in range(RUN)), strict=False))
            shared = Counter(at for run in runs for at in holders[run])
            for at, count in shared.items():
                other, theirs = earlier[at]
                share = count / (len(runs) + len(theirs) - count)
                if share >= ALIKE:
                    yield _repeat(passage, other, share)
                    break
            for run in runs:
                holders[run].append(len(earlier))
            earlier.append((passage, runs))


def _repeat(passage: prose.Passage, other: prose.Passage, share: float) -> Finding:
    place = f"{other.page.src}, line {other.line}"
    message = f"the paragraph says again what {place} says ({share:.0%} alike)"
    fix = "keep one of the two and refer to it"
    return Finding(passage.page.path, passage.line, "repeat", message, fix)


BOOK_RULES = (repeats,)
