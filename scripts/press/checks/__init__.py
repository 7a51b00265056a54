"""The rules of the manuscript: one module a family, each rule a generator.

A rule takes the apparatus and yields findings. `run` tells what can't be printed
right: it comes before anything is rendered, so that every fault is told at once.
`review` tells what should not be published: it never stops a build or a preview.
What the rules for a page's own text found is kept for as long as the page stays
the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from press.apparatus import Apparatus
from press.book import Page
from press.checks import (
    captions,
    inert,
    limits,
    look,
    pages,
    plots,
    promises,
    references,
    repeats,
    shown,
    sources,
    spans,
    structure,
    unused,
    verdicts,
    words,
)
from press.findings import Finding, PressError, too_deep

Rule = Callable[[Any], Iterator[Finding]]

PAGE_RULES = (
    *pages.PAGE_RULES,
    *spans.PAGE_RULES,
    *captions.PAGE_RULES,
    *references.PAGE_RULES,
    *inert.PAGE_RULES,
    *limits.PAGE_RULES,
)
BOOK_RULES = (
    *pages.BOOK_RULES,
    *spans.BOOK_RULES,
    *references.BOOK_RULES,
    *sources.BOOK_RULES,
    *look.BOOK_RULES,
    *limits.BOOK_RULES,
)
REVIEW_RULES = (
    *promises.BOOK_RULES,
    *structure.BOOK_RULES,
    *shown.BOOK_RULES,
    *plots.BOOK_RULES,
    *verdicts.BOOK_RULES,
    *unused.BOOK_RULES,
    *words.BOOK_RULES,
    *repeats.BOOK_RULES,
)

_found: dict[Path, tuple[Page, frozenset[Finding]]] = {}


def run(known: Apparatus) -> list[Finding]:
    """All findings of all rules, sorted by place, each once."""
    found = {*known.findings, *_obeyed(BOOK_RULES, known)}
    for page in known.book.pages:
        found.update(_of_page(page))
    return sorted(found)


def review(known: Apparatus) -> list[Finding]:
    """What a build may hold and a finished chapter may not, sorted by place."""
    return sorted(set(_obeyed(REVIEW_RULES, known)))


def _of_page(page: Page) -> frozenset[Finding]:
    """What the rules for a page's own text find in a book of this page alone.

    A page that holds something too large is not read any further.
    """
    kept = _found.get(page.path)
    if kept and kept[0] == page:
        return kept[1]
    alone = SimpleNamespace(book=SimpleNamespace(pages=(page,)))
    too_large = frozenset(_obeyed(limits.PAGE_RULES, alone))
    try:
        found = too_large or frozenset(_obeyed(PAGE_RULES, alone))
    except RecursionError:
        found = frozenset({too_deep(page.path)})
    _found[page.path] = page, found
    return found


def _obeyed(rules: Iterable[Rule], known: Any) -> Iterator[Finding]:
    for rule in rules:
        try:
            yield from rule(known)
        except PressError as error:
            yield from error.findings
