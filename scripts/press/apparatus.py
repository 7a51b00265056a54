"""The book's apparatus: all that its words refer to, loaded together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from press import book as books
from press import book1, citations, facts, glossary, index, labels, ledger
from press.book import Book, Page
from press.findings import Finding, PressError

NOWHERE = ".no-such-file"


@dataclass(frozen=True)
class Apparatus:
    """Labels, bibliography, ledger, glossary and Book 1 beside the book itself."""

    book: Book
    labels: labels.Labels
    references: dict[str, citations.Reference]
    facts: dict[str, facts.Fact]
    terms: dict[str, glossary.Term]
    book1: book1.Inventory
    pointers: tuple[index.Pointer, ...]
    unread: frozenset[str]
    findings: tuple[Finding, ...]

    @cached_property
    def index(self) -> index.Entry:
        """The index of the book."""
        return index.build(self.book, self.terms, self.pointers)

    @cached_property
    def homes(self) -> dict[str, Page]:
        """The page of the back matter that prints each fact."""
        return ledger.homes(self.book, self.facts)


def load(root: Path) -> Apparatus:
    """Read the whole manuscript and its data.

    Raises `PressError` only when there is no usable `mkdocs.yml`. A data file
    that can't be read counts as empty, gives its findings and is named in
    `unread`, so that no check reports what the file might have held.
    """
    book = books.load(root)
    found: list[Finding] = []
    unread: set[str] = set()

    def read(loader: Callable[..., Any], name: str, *more: Any) -> Any:
        try:
            return loader(book.docs / name, *more)
        except PressError as error:
            found.extend(error.findings)
            unread.add(name)
            return loader(book.docs / NOWHERE, *more)  # as if there were no file

    numbered = labels.collect(book)
    return Apparatus(
        book,
        numbered,
        read(citations.load, "references.bib"),
        read(facts.load, "facts.yml", book.root),
        read(glossary.load, "glossary.yml"),
        read(book1.Inventory, "book1.yml"),
        read(index.load, "index.yml"),
        frozenset(unread),
        (*book.findings, *numbered.findings, *found),
    )
