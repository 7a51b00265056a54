"""Rule for what a chapter takes from others: two people have read it there."""

from __future__ import annotations

from collections.abc import Iterator

from press import skeleton
from press.apparatus import Apparatus
from press.findings import Finding


def verdicts(known: Apparatus) -> Iterator[Finding]:
    """Cited facts of a draft were read again in their source, with a verdict."""
    printed = {
        mark.target
        for chapter in known.book.chapters
        if chapter.status in skeleton.DRAFT
        for page in chapter.pages
        for mark in page.scan.of("fact")
    }
    for fact in known.facts.values():
        read_twice = fact.checked and fact.verdict
        if fact.kind == "cited" and fact.id in printed and not read_twice:
            yield Finding(
                known.book.docs / "facts.yml",
                fact.line,
                "fact-unchecked",
                f"only its writer has read “{fact.id}” in its source",
                "have it read there again and write `checked` and `verdict`",
            )


BOOK_RULES = (verdicts,)
