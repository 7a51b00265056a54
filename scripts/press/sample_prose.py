"""Invented prose from a seed: sentences of varying shape, marks woven in.

Nothing it says is meant. Every page differs from every other in its words,
which is what a measurement at book size needs of it.
"""

from __future__ import annotations

import random


def _words(text: str, separator: str | None = None) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(separator))


SUBJECTS = _words("""
batcher beacon broker buffer cache caller carrier channel chunk clock codec
collector consumer counter decoder device digest dispatcher encoder endpoint
estimate feed filter fleet frame gateway guard handler heartbeat index invoice
journal kernel ledger lease limit listener lock log machine meter monitor mixer
packet page partial partition peer pool probe producer profile proxy queue quota
reader recorder region registry relay replica report request resolver response
retry ring route runner runtime sample scheduler segment server session shard
signal socket span speaker stage stream subscriber tenant thread timer token
trace transcript transport tunnel unit user vector voice window worker writer
""")
QUALITIES = _words("""
abrupt adaptive ample ancient austere balanced blank bounded brief brittle broad
calm careful cautious central clear coarse cold compact constant crowded curious
damp delayed dense direct distant dormant early eager elastic empty even exact
faint fair familiar fast faulty final fixed flat foreign fragile frequent fresh
full gentle gradual grave hasty heavy hidden hollow honest idle immediate inner
joint keen large late lazy lean level light linear local lonely long loose loud
mean measured mild minor modest mute narrow native neat nominal noisy ordinary
outer partial patient plain prompt proper quick quiet rare raw ready regional
remote rigid rough safe scarce secret shallow sharp short silent simple slow
small smooth sober sparse stable stale steady steep stray strict sturdy subtle
sudden tame tardy thin tidy tight tiny tough uneven upper urgent vague warm weak
""")
ACTIONS = _words("""
absorbs admits advances answers averages balances blocks carries catches checks
closes collects compares confirms copies counts covers delays delivers divides
doubles drains drops echoes empties exceeds extends feeds fills filters follows
forgets freezes guards halts holds hurries inspects joins keeps lags leaves
lends limits links marks meets merges mirrors misses moves names needs opens
orders outlives outruns passes pauses plans polls precedes pushes reaches reads
rebuilds records refuses releases repeats replaces reserves resets resumes
returns reuses reverses rounds samples saves scans sends shapes shares shifts
signals skips sorts spares splits starts steals stops stores stretches sums
tests throttles tracks trims trusts turns varies waits warms watches weighs
""")
TIMES = _words(
    """
after a while|at noon|before the next round|between two rounds|by default|
during a rollout|for a moment|for one more second|in every region|
in most deployments|in the first minute|in the worst case|on a bad day|
on a cold start|on a quiet line|on each retry|once a day|over a slow link|
twice an hour|under full load|when nobody listens|with a warm cache|
without any warning|within a single step
""",
    "|",
)
JOINS = ("because", "although", "until", "whenever", "so", "unless", "while")
WORDS_A_PARAGRAPH = 85


class Prose:
    """A source of sentences and of marked-up paragraphs, the same for a seed."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)

    def noun(self) -> str:
        """A noun, more often than not with a quality before it."""
        choose = self.random.choice
        quality = f"{choose(QUALITIES)} " if self.random.random() < 0.55 else ""
        return quality + choose(SUBJECTS)

    def title(self) -> str:
        """A title of a few words, such as "The patient queue and its lease"."""
        choose = self.random.choice
        shape = choose(
            ("The {q} {a}", "A {q} {a} and its {b}", "How the {a} {v} a {b}")
        )
        return shape.format(
            q=choose(QUALITIES),
            a=choose(SUBJECTS),
            b=choose(SUBJECTS),
            v=choose(ACTIONS),
        )

    def clause(self) -> str:
        """A subject, a verb and an object, perhaps with a time."""
        choose = self.random.choice
        article = choose(("the", "a", "every", "one", "each", "no"))
        tail = f" {choose(TIMES)}" if self.random.random() < 0.4 else ""
        return f"{article} {self.noun()} {choose(ACTIONS)} the {self.noun()}{tail}"

    def sentence(self, mark: str = "") -> str:
        """A sentence; `mark` ends it, set off as its kind needs it."""
        shape = self.random.randrange(5)
        text = self.clause()
        if shape == 1:
            text = f"{text} {self.random.choice(JOINS)} {self.clause()}"
        elif shape == 2:
            text = f"{self.random.choice(TIMES)}, {text}"
        elif shape == 3:
            text = f"{text}, and {self.clause()}"
        elif shape == 4:
            text = f"if {self.clause()}, then {text}"
        separator = "" if mark.startswith("[^") else " "
        return f"{text[0].upper()}{text[1:]}{separator if mark else ''}{mark}."

    def text(self, words: int) -> str:
        """Sentences without marks, at least `words` words of them."""
        out = self.sentence()
        while len(out.split()) < words:
            out += " " + self.sentence()
        return out

    def paragraph(self, marks: list[str]) -> str:
        """A paragraph that uses up some of `marks`, taken from their end."""
        out: list[str] = []
        while sum(len(s.split()) for s in out) < WORDS_A_PARAGRAPH:
            take = marks and self.random.random() < 0.9
            out.append(self.sentence(marks.pop() if take else ""))
        return " ".join(out)
