"""Rules for the size of what a page holds: what can be set, and within a minute."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from lxml import html

from press import listings
from press.apparatus import Apparatus
from press.checks import sources
from press.checks.captions import Paragraph, paragraphs
from press.checks.pages import cells
from press.findings import Finding, too_deep

CELLS = 5_000  # of one table: some thirty pages
CHARACTERS = 20_000  # of one paragraph, row or fence: some eight pages
LINES = 300  # of one fence or listing: some seven pages
MARK = re.compile(r"[^\w ]|_")  # what isn't a letter, a digit or a space
MARKS = 1_000  # of one paragraph or row; a dense one has a hundred and fifty
CODE_MARKS = 5_000  # of one fence or listing: a sign in four is dense code
DEEPEST = 30  # levels of a page's HTML; a real one has nine
LONGEST = 40  # characters of a page that a message quotes

Size = tuple[int, int, str, str]  # what is there, what may be, of what, what to do


def blocks(known: Apparatus) -> Iterator[Finding]:
    """No table, paragraph or fence is of a size that is set for minutes.

    Markdown looks for the end of a mark at each sign that may begin one, so its
    time grows with their square, whichever they are.
    """
    for page in known.book.pages:
        for block in paragraphs(page):
            yield from _told(page.path, block.first, _sizes(block))


def entries(known: Apparatus) -> Iterator[Finding]:
    """No fact, term or work says more than a paragraph may."""
    for name, kept in (
        ("facts.yml", known.facts),
        ("glossary.yml", known.terms),
        ("references.bib", known.references),
    ):
        for entry in kept.values():
            for text in filter(lambda one: isinstance(one, str), vars(entry).values()):
                sizes = _text(text, "entry", "say it in fewer words")
                yield from _told(known.book.docs / name, entry.line, sizes)


def cuts(known: Apparatus) -> Iterator[Finding]:
    """No listing and no recorded output is longer than a fence may be."""
    for page in known.book.pages:
        for fence in filter(lambda one: listings.parse(one.info), page.scan.fences):
            try:
                cut = sources.cut_of(known, page, fence)
            except listings.ListingError:  # which `sources` tells
                continue
            lines = [text for _, text in cut.lines]
            yield from _told(page.path, fence.line, _code(lines, "listing"))


def _told(path: Path, line: int, sizes: Iterable[Size]) -> Iterator[Finding]:
    """The first of these sizes that is too large."""
    for size, most, what, fix in sizes:
        if size > most:
            message = f"{size:,} {what} are more than {most:,}"
            yield Finding(path, line, "too-large", message, fix)
            return


def _sizes(block: Paragraph) -> Iterator[Size]:
    """A block's sizes, each with the largest that may be."""
    if block.kind == "fence":
        yield from _code(block.lines, "fence")
    elif block.kind == "table":
        size = sum(map(cells, block.lines))
        fix = "print a part and link to the data"
        yield size, CELLS, "cells in one table", fix
        for row in block.lines:
            yield from _text(row, "row", "part it")
    else:
        yield from _text("\n".join(block.lines), "paragraph", "part it by blank lines")


def _code(lines: Sequence[str], what: str) -> Iterator[Size]:
    fix = "show the part that matters"
    yield len(lines), LINES, f"lines in one {what}", fix
    yield from _text("\n".join(lines), what, fix, CODE_MARKS)


def _text(text: str, what: str, fix: str, most: int = MARKS) -> Iterator[Size]:
    yield len(text), CHARACTERS, f"characters in one {what}", fix
    marks = len(MARK.findall(text))
    yield marks, most, f"signs and line ends in one {what}", fix


def levels(path: Path, fragment: str) -> Iterator[Finding]:
    """No page, once rendered, has more levels than all writers can follow."""
    page = html.fragment_fromstring(fragment, "div")
    for node in page.xpath(f"(//*[count(ancestor::*) > {DEEPEST}])[1]"):
        words = " ".join(node.text_content().split())[:LONGEST]
        yield too_deep(path, where=f"around “{words}”")


PAGE_RULES = (blocks,)
BOOK_RULES = (entries, cuts)
