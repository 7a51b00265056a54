"""Rules for a page's own text: fences, headings, tables, raw HTML, statuses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from press.apparatus import Apparatus
from press.backmatter import BLOCKS
from press.book import STATUSES
from press.findings import Finding

VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta")
    + ("source", "track", "wbr")
)
PIPE = re.compile(r"(?<!\\)\|")
RULE_ROW = re.compile(r"^\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?$")
BLOCK = re.compile(r"^:::\s*\{#(?P<name>[\w-]+)\}")


def unclosed_fences(known: Apparatus) -> Iterator[Finding]:
    """A fence that nothing closes swallows the rest of its page."""
    for page in known.book.pages:
        for fence in page.scan.fences:
            if not fence.closed:
                yield Finding(
                    page.path,
                    fence.line,
                    "fence-open",
                    "the fence that opens here is never closed",
                    "close it with the same marks on a line of their own",
                )


def headings(known: Apparatus) -> Iterator[Finding]:
    """One title a page, and no level skipped below it."""
    for page in known.book.pages:
        previous = 0
        titles = [h for h in page.scan.headings if h.level == 1]
        if not titles:
            yield Finding(
                page.path, 1, "no-title", "the page has no title", "begin with `# …`"
            )
        for extra in titles[1:]:
            yield Finding(
                page.path,
                extra.line,
                "title-twice",
                "the page has a second title",
                "make it `## …`",
            )
        for heading in page.scan.headings:
            if previous and heading.level > previous + 1:
                yield Finding(
                    page.path,
                    heading.line,
                    "heading-skip",
                    f"level {heading.level} follows level {previous}",
                    f"use {'#' * (previous + 1)}",
                )
            previous = heading.level


def tables(known: Apparatus) -> Iterator[Finding]:
    """A row with more cells than the head would lose them without a word."""
    for page in known.book.pages:
        lines = page.scan.masked.split("\n")
        width = 0
        for offset, line in enumerate(lines):
            text = line.strip()
            following = lines[offset + 1].strip() if offset + 1 < len(lines) else ""
            if not text.startswith("|"):
                width = 0
            elif not width and RULE_ROW.match(following):
                width = cells(text)
            elif width and cells(text) > width:
                yield Finding(
                    page.path,
                    page.scan.first_line + offset,
                    "table-cells",
                    f"the row has {cells(text)} cells, the table {width} columns",
                    "take the extra cells out or escape a `|` as `\\|`",
                )


def cells(row: str) -> int:
    """How many cells a table row has."""
    return len(PIPE.split(row.strip().removeprefix("|").removesuffix("|")))


class _Nesting(HTMLParser):
    """Follows raw HTML and notes the first tag that does not nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, int]] = []
        self.fault: tuple[int, str] | None = None

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append((tag, self.getpos()[0]))

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if tag in VOID or self.fault:
            return
        if self.open and self.open[-1][0] == tag:
            self.open.pop()
            return
        line = self.getpos()[0]
        if any(name == tag for name, _ in self.open):
            inner, where = self.open[-1]
            self.fault = (where, f"<{inner}> is still open where <{tag}> ends")
        else:
            self.fault = (line, f"</{tag}> ends what was never opened")

    def result(self) -> tuple[int, str] | None:
        """The fault and its line, if there is one."""
        if self.fault is None and self.open:
            tag, line = self.open[0]
            self.fault = (line, f"<{tag}> is never closed")
        return self.fault


def raw_html(known: Apparatus) -> Iterator[Finding]:
    """Raw HTML nests, or the three outputs would each mend it differently."""
    for page in known.book.pages:
        parser = _Nesting()
        parser.feed(page.scan.masked)
        fault = parser.result()
        if fault:
            line, what = fault
            yield Finding(
                page.path,
                page.scan.first_line + line - 1,
                "html-nesting",
                what,
                "close the tags in the order they were opened; write < as &lt;",
            )


def statuses(known: Apparatus) -> Iterator[Finding]:
    """A chapter's status is one of four words."""
    for chapter in known.book.chapters:
        if chapter.status not in STATUSES:
            yield Finding(
                chapter.opener.path,
                1,
                "status",
                f"“{chapter.status}” is no status",
                f"use one of {', '.join(STATUSES)}",
            )


def generated_blocks(known: Apparatus) -> Iterator[Finding]:
    """A `::: {#name}` block names something that the press can make."""
    for page in known.book.pages:
        for offset, line in enumerate(page.scan.masked.split("\n")):
            match = BLOCK.match(line)
            if match and match["name"] not in BLOCKS:
                yield Finding(
                    page.path,
                    page.scan.first_line + offset,
                    "block-unknown",
                    f"“{match['name']}” is no generated block",
                    f"use one of {', '.join(BLOCKS)}",
                )


RULES = (
    unclosed_fences,
    headings,
    tables,
    raw_html,
    statuses,
    generated_blocks,
)
