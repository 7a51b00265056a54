"""Rules for a page's own text: fences, headings, tables, raw HTML, statuses."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from html.parser import HTMLParser

from press import listings
from press.apparatus import Apparatus
from press.book import STATUSES, Page
from press.findings import Finding
from press.source import DISPLAY, FORMULA, blank

VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta")
    + ("source", "track", "wbr")
)
PIPE = re.compile(r"(?<!\\)\|")
RULE_ROW = re.compile(r"^\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?$")
ADDRESS = re.compile(r"<(?:[A-Za-z][\w+.-]*:[^<>\s]*|[^<>@\s]+@[^<>\s]+)>")
LANGUAGE = re.compile(r"^[\w+#.-]*$")


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


def fence_marks(known: Apparatus) -> Iterator[Finding]:
    """What follows a fence's marks is a language, or a language and a file."""
    for page in known.book.pages:
        for fence in page.scan.fences:
            if not LANGUAGE.match(fence.info) and not listings.parse(fence.info):
                yield Finding(
                    page.path,
                    fence.line,
                    "fence-info",
                    f"“{fence.info}” is no language and names no file",
                    "write ```language or ```language path/to/file.py:section",
                )


def open_formulas(known: Apparatus) -> Iterator[Finding]:
    """A displayed formula ends before the next blank line."""
    for page in known.book.pages:
        rest = DISPLAY.sub(lambda match: blank(match[0]), page.scan.masked)
        for offset, line in enumerate(rest.split("\n")):
            if line.lstrip().startswith("$$"):
                yield Finding(
                    page.path,
                    page.scan.first_line + offset,
                    "formula-open",
                    "the formula that opens here is never closed",
                    "end it with $$ and nothing but a label behind",
                )


def headings(known: Apparatus) -> Iterator[Finding]:
    """One title a page, and no level skipped below it."""
    for page in known.book.pages:
        previous = 0
        titles = [h for h in page.scan.headings if h.level == 1]
        if not titles or not titles[0].text:
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
                if cells(following) != width:
                    yield _uneven(page, page.scan.first_line + offset, following, width)
            elif width and cells(text) > width and not RULE_ROW.match(text):
                yield _uneven(page, page.scan.first_line + offset, text, width)


def _uneven(page: Page, line: int, row: str, width: int) -> Finding:
    message = f"the row has {cells(row)} cells, the table {width} columns"
    fix = "give each row as many, and write a `|` in a cell as `\\|`"
    return Finding(page.path, line, "table-cells", message, fix)


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


def without_formulas(masked: str) -> str:
    """The text without formulas and addresses, whose `<` begins no HTML."""
    for pattern in (DISPLAY, FORMULA, ADDRESS):
        masked = pattern.sub(lambda match: blank(match[0]), masked)
    return masked


def _nesting(masked: str) -> tuple[int, str] | None:
    """Line and nature of the first fault."""
    parser = _Nesting()
    try:
        parser.feed(without_formulas(masked))
    except AssertionError:  # the parser gives up on "<![" and its like
        return parser.getpos()[0], "what begins with <! is no HTML"
    return parser.result()


def raw_html(known: Apparatus) -> Iterator[Finding]:
    """Raw HTML nests, or the three outputs would each mend it differently."""
    for page in known.book.pages:
        fault = _nesting(page.scan.masked)
        if fault:
            line, what = fault
            yield Finding(
                page.path,
                page.scan.first_line + line - 1,
                "html-nesting",
                what,
                "close the tags in the order they were opened; write < as &lt;",
            )


def front_matter(known: Apparatus) -> Iterator[Finding]:
    """A chapter's status is one of four words, its facts have a date."""
    for chapter in known.book.chapters:
        page = chapter.opener
        if chapter.status not in STATUSES:
            yield Finding(
                page.path,
                meta_line(page, "status"),
                "status",
                f"“{chapter.status}” is no status",
                f"use one of {', '.join(STATUSES)}",
            )
        verified = page.meta.get("facts_verified")
        if verified is not None and type(verified) is not datetime.date:
            yield Finding(
                page.path,
                meta_line(page, "facts_verified"),
                "facts-verified",
                f"“{verified}” is no date",
                "write it as 2026-11-23",
            )


def meta_line(page: Page, key: str) -> int:
    """The line of a key of the front matter."""
    lines = page.text.split("\n")[: page.scan.first_line]
    return next((n for n, ln in enumerate(lines, 1) if ln.startswith(f"{key}:")), 1)


PAGE_RULES = (
    unclosed_fences,
    fence_marks,
    open_formulas,
    headings,
    tables,
    raw_html,
)
BOOK_RULES = (front_matter,)
