"""Rules for HTML and attribute lists: nothing on a page runs or calls elsewhere.

The rendered page is asked the same, however it came about (`capture`); here
what the author wrote is told with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from html.parser import HTMLParser

from press import safety
from press.apparatus import Apparatus
from press.checks.pages import without_formulas
from press.findings import Finding

ATTRIBUTES = re.compile(r"\{:?[ \t]*(?P<list>[^{}\n]*=[^{}\n]*)\}")


class _Tags(HTMLParser):
    """Collects the tags that open, each with its line."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((self.getpos()[0], self.get_starttag_text() or ""))


def _tags(masked: str) -> Iterator[tuple[int, str]]:
    """Line (from 1) and text of each tag, attribute lists as tags of their own."""
    parser = _Tags()
    with suppress(AssertionError):  # it gives up on "<![", which `raw_html` tells
        parser.feed(without_formulas(masked))
    yield from parser.found
    for match in ATTRIBUTES.finditer(masked):
        yield masked.count("\n", 0, match.start()) + 1, f"<p {match['list']}>"


def pages(known: Apparatus) -> Iterator[Finding]:
    """A page's HTML and attribute lists hold nothing that runs or calls elsewhere."""
    for page in known.book.pages:
        for line, tag in _tags(page.scan.masked):
            for what in safety.of_page(tag):
                number = page.scan.first_line + line - 1
                message = f"the page holds {what}"
                yield Finding(page.path, number, "unsafe", message, safety.FIX)


PAGE_RULES = (pages,)
