"""Rules for the size of what a page holds: what can be set, and within a minute."""

from __future__ import annotations

from collections.abc import Iterator

from press.apparatus import Apparatus
from press.checks.captions import Paragraph, paragraphs
from press.checks.pages import cells
from press.findings import Finding

CELLS = 5_000  # of one table: some thirty pages
CHARACTERS = 20_000  # of one paragraph or fence: some eight pages


def blocks(known: Apparatus) -> Iterator[Finding]:
    """No table and no paragraph is of a size that is set for minutes."""
    for page in known.book.pages:
        for block in paragraphs(page):
            size, most, what, fix = _measured(block)
            if size > most:
                message = f"{size:,} {what} are more than {most:,}"
                yield Finding(page.path, block.first, "too-large", message, fix)


def _measured(block: Paragraph) -> tuple[int, int, str, str]:
    """A block's size, the largest that may be, what is counted, what to do."""
    if block.kind == "table":
        size = sum(map(cells, block.lines))
        return size, CELLS, "cells in one table", "print a part and link to the data"
    size = sum(map(len, block.lines))
    if block.kind == "fence":
        return size, CHARACTERS, "characters in one fence", "show the part that matters"
    return size, CHARACTERS, "characters in one paragraph", "part it by blank lines"


PAGE_RULES = (blocks,)
