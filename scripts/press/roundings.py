"""Numbers that pages type for facts: which have gone stale, and the same made anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from press import book as books
from press import data, facts
from press.book import Page
from press.facts import Fact
from press.findings import Finding
from press.source import Mark, replaced


@dataclass(frozen=True)
class Stale:
    """Text that a page types for a fact and that is no rounding of its value.

    `old` is the number in it and `new` the value written like it; both are empty
    where no number stands for the value and only the author knows what should.
    """

    page: Page
    mark: Mark
    fact: Fact
    old: str
    new: str

    @property
    def fresh(self) -> str:
        """The text with its new number."""
        return self.mark.text.replace(self.old, self.new, 1)

    @property
    def finding(self) -> Finding:
        """What is said of it to the author."""
        given, value = f"“{self.mark.text}”", f"{self.fact.shown}, the value"
        message = f"{given} is no rounding of {value} of “{self.fact.id}”"
        fix = f"write “{self.fresh}” or " if self.old else "write "
        fix += f"[](fact:{self.fact.id})"
        return Finding(self.page.path, self.mark.line, "fact-text", message, fix)


def stale(page: Page, ledger: Mapping[str, Fact]) -> Iterator[Stale]:
    """What a page types for facts and is no rounding of their values, in order."""
    for mark in page.scan.of("fact"):
        fact = ledger.get(mark.target)
        if fact and mark.text and not fact.fits(mark.text):
            old = fact.number_in(mark.text) or ""
            yield Stale(page, mark, fact, old, fact.written_like(old) if old else "")


def of_book(root: Path) -> list[Stale]:
    """All stale texts of a book; raises `PressError` without a usable ledger."""
    book = books.load(root)
    ledger = facts.load(book.docs / "facts.yml", book.root)
    return [found for page in book.pages for found in stale(page, ledger)]


def mended(page: Page, found: Iterable[Stale]) -> str:
    """The text of a page with the new numbers and no other change."""
    masked = page.scan.masked
    places = ((masked.index(one.old, one.mark.start), one) for one in found)
    return replaced(page.text, ((start, one.old, one.new) for start, one in places))


def write(found: Iterable[Stale]) -> list[Stale]:
    """Give pages their new numbers, each page in one step; returns what had one."""
    numbers = [one for one in found if one.old]
    for path, group in groupby(numbers, key=lambda one: one.page.path):
        own = list(group)
        data.write_text(path, mended(own[0].page, own))
    return numbers
