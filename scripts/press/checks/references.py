"""Rules for what the words refer to: labels, citations, facts, terms, Book 1."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from difflib import get_close_matches

from press import index, labels, math
from press.apparatus import Apparatus
from press.findings import Finding
from press.source import CITATION, REFERENCE

ANY_LINK = re.compile(
    r"(?<![\\!])\[(?P<text>(?:\\.|[^\[\]\\]|\[[^\[\]]*\](?:\([^()\s]*\))?)*)\][(\[]"
)
INNER_LINK = re.compile(rf"{REFERENCE.pattern}|{CITATION.pattern}|(?<!!)\[[^\]]*\]\(")
SCHEMES = frozenset(
    ("http", "https", "mailto", "fact", "term", "index", "book1")
    + ("image-diagram", "image-plot")
)


def label_references(known: Apparatus) -> Iterator[Finding]:
    """Every `@fig-x` has a label."""
    yield from labels.undefined(known.book, known.labels)


def citations(known: Apparatus) -> Iterator[Finding]:
    """Every citation is well-formed and its key is in the bibliography."""
    for page in known.book.pages:
        for mark in page.scan.of("cite-malformed"):
            yield Finding(
                page.path,
                mark.line,
                "cite-malformed",
                f"“{mark.target}” is no citation",
                "write [@key] or [@key, §2; @other]",
            )
    yield from _unknown(known, "cite", known.references, "references.bib")


def facts(known: Apparatus) -> Iterator[Finding]:
    """Every fact is in the ledger and given text is its value, rounded."""
    yield from _unknown(known, "fact", known.facts, "facts.yml")
    for page in known.book.pages:
        for mark in page.scan.of("fact"):
            fact = known.facts.get(mark.target)
            if fact and mark.text and not fact.fits(mark.text):
                yield Finding(
                    page.path,
                    mark.line,
                    "fact-text",
                    f"“{mark.text}” is no rounding of {fact.shown}, the value of "
                    f"“{fact.id}”",
                    f"write [](fact:{fact.id}) or round half up",
                )


def fact_sources(known: Apparatus) -> Iterator[Finding]:
    """A cited fact's source is in the bibliography."""
    for fact in known.facts.values():
        unknown = fact.cite and fact.cite not in known.references
        if unknown and "references.bib" not in known.unread:
            yield Finding(
                known.book.docs / "facts.yml",
                fact.line,
                "cite-unknown",
                f"“{fact.id}” cites “{fact.cite}”, which references.bib lacks",
                "add the entry",
            )


def terms(known: Apparatus) -> Iterator[Finding]:
    """Every term is in the glossary."""
    yield from _unknown(known, "term", known.terms, "glossary.yml")


def index_pointers(known: Apparatus) -> Iterator[Finding]:
    """What `index.yml` sends the reader to exists."""
    if "glossary.yml" not in known.unread:
        path = known.book.docs / "index.yml"
        yield from index.faults(known.index, known.pointers, path)


def book1(known: Apparatus) -> Iterator[Finding]:
    """References to Book 1 name a section it has, by its number and title."""
    pages = () if "book1.yml" in known.unread else known.book.pages
    for page in pages:
        for mark in page.scan.of("book1"):
            fault = known.book1.faults(mark.target, mark.text)
            if fault:
                close = get_close_matches(mark.target, known.book1.places, 1)
                hint = f"write book1:{close[0]}" if close else "see book1.yml"
                yield Finding(page.path, mark.line, "book1", fault, hint)


def schemes(known: Apparatus) -> Iterator[Finding]:
    """A link's scheme is one that the press or a browser knows."""
    for page in known.book.pages:
        for mark in page.scan.marks:
            if "-" in mark.kind and not mark.kind.startswith("image-"):
                continue
            if mark.kind in ("ref", "cite", "math") or mark.kind in SCHEMES:
                continue
            yield Finding(
                page.path,
                mark.line,
                "scheme-unknown",
                f"“{mark.kind.removeprefix('image-')}:” is no scheme the press knows",
                "use fact, term, index, book1, diagram, plot, https or mailto",
            )


def formulas(known: Apparatus) -> Iterator[Finding]:
    """Every formula can be set."""
    for page in known.book.pages:
        for mark in (*page.scan.of("math"), *page.scan.of("math-display")):
            tex = " ".join(mark.target.split())
            try:
                math.mathml(tex)
            except math.FormulaError as error:
                yield Finding(
                    page.path,
                    mark.line,
                    "formula",
                    f"${tex}$ {error}",
                    "mend the TeX (a $ before a word may be money: write \\$)",
                )


def nested_links(known: Apparatus) -> Iterator[Finding]:
    """The text of a link holds no other link: neither may be followed."""
    for page in known.book.pages:
        for match in ANY_LINK.finditer(page.scan.masked):
            inner = INNER_LINK.search(match["text"])
            if inner:
                before = page.scan.masked[: match.start("text") + inner.start()]
                yield Finding(
                    page.path,
                    page.scan.first_line + before.count("\n"),
                    "link-nested",
                    f"“{inner[0]}” is a link inside the text of another",
                    "put it before or after that link",
                )


def _unknown(
    known: Apparatus, kind: str, defined: Container[str], file: str
) -> Iterator[Finding]:
    pages = () if file in known.unread else known.book.pages
    for page in pages:
        for mark in page.scan.of(kind):
            if mark.target not in defined:
                close = get_close_matches(mark.target, list(defined), 1)  # type: ignore[call-overload]
                hint = f"; did you mean “{close[0]}”?" if close else ""
                yield Finding(
                    page.path,
                    mark.line,
                    f"{kind}-unknown",
                    f"{file} has no “{mark.target}”",
                    f"add it{hint}",
                )


PAGE_RULES = (schemes, formulas, nested_links)
BOOK_RULES = (
    label_references,
    citations,
    facts,
    fact_sources,
    terms,
    index_pointers,
    book1,
)
