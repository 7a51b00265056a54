"""Where the book prints what it knows of each fact: by chapter, or all together.

`::: {#evidence-gpu}` stands for the facts that chapter `ch-gpu` is the first to
use, `::: {#evidence}` for all that no such page has.
"""

from __future__ import annotations

from collections.abc import Iterable

from press.book import Book, Chapter, Page

BLOCK = "evidence"


def block_of(chapter: Chapter) -> str:
    """The name of the block that stands for a chapter's facts."""
    heading = chapter.opener.heading
    return f"{BLOCK}-{heading.label.removeprefix('ch-') if heading else ''}"


def pages(book: Book) -> list[Page]:
    """The pages that hold the facts of one chapter, in the chapters' order."""
    found = (book.generated(block_of(chapter)) for chapter in book.chapters)
    return [page for page in found if page]


def homes(book: Book, facts: Iterable[str]) -> dict[str, Page]:
    """The page that prints each fact; a book without such pages prints none."""
    rest = book.generated(BLOCK)
    found: dict[str, Page | None] = {}
    for chapter in book.chapters:
        home = book.generated(block_of(chapter)) or rest
        for page in chapter.pages:
            for mark in page.scan.of("fact"):
                found.setdefault(mark.target, home)
    return {fact: home for fact in facts if (home := found.get(fact, rest))}
