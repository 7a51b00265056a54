"""What a release asks beyond a draft: finished chapters and facts in date."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from press import facts
from press.apparatus import Apparatus
from press.findings import Finding

UNFINISHED = ("planned", "begun")


def refusals(known: Apparatus, today: datetime.date) -> Iterator[Finding]:
    """Chapters that aren't written and facts whose review is overdue."""
    for chapter in known.book.chapters:
        if chapter.status in UNFINISHED:
            yield Finding(
                chapter.opener.path,
                1,
                "unfinished",
                f"chapter {chapter.number} is {chapter.status}",
                "a release takes draft and reviewed chapters only",
            )
    yield from facts.expired(known.facts, known.book.docs / "facts.yml", today)
