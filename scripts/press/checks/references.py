"""Rules for what the words refer to: labels, citations, facts, terms, Book 1."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from difflib import get_close_matches

from press import index, labels, math, roundings
from press.apparatus import Apparatus
from press.book import Page
from press.findings import Finding
from press.source import CITATION, REFERENCE, blank, scan

ANY_LINK = re.compile(
    r"(?<![\\!])\[(?P<text>(?:\\.|[^\[\]\\]|\[[^\[\]]*\](?:\([^()\s]*\))?)*)\][(\[]"
)
INNER_LINK = re.compile(rf"{REFERENCE.pattern}|{CITATION.pattern}|(?<!!)\[[^\]]*\]\(")
BARE = re.compile(r"(?<![\w\\@/.`-])@(?P<key>[A-Za-z0-9](?:[\w:.+/-]*\w)?)")
TAG = re.compile(r"<[A-Za-z/!]")
DEFINED = re.compile(
    r"^ {0,3}\[(?!\^)[^\[\]\n]+\]:\s*<?(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):", re.M
)
LINK_SCHEMES = "fact, term, index, book1, https or mailto"
IMAGE_SCHEMES = "diagram, plot or a file beside the page"
NO_LINKS = ("ref", "cite", "cite-malformed", "math", "math-display")
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
        rest = CITATION.sub(lambda match: blank(match[0]), page.scan.masked)
        for match in BARE.finditer(rest):
            if match["key"] in known.references:
                yield Finding(
                    page.path,
                    page.scan.first_line + rest.count("\n", 0, match.start()),
                    "cite-malformed",
                    f"“@{match['key']}” is no citation by itself",
                    f"write [@{match['key']}], and words before it outside",
                )
    yield from _unknown(known, "cite", known.references, "references.bib")


def facts(known: Apparatus) -> Iterator[Finding]:
    """Every fact is in the ledger and given text is its value, rounded."""
    yield from _unknown(known, "fact", known.facts, "facts.yml")
    for page in known.book.pages:
        for found in roundings.stale(page, known.facts):
            yield found.finding


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


def tooltips(known: Apparatus) -> Iterator[Finding]:
    """Definitions and conditions are shown in tooltips, where nothing is set."""
    texts = [
        ("glossary.yml", term.line, term.id, term.definition)
        for term in known.terms.values()
    ]
    texts += [
        ("facts.yml", fact.line, fact.id, text)
        for fact in known.facts.values()
        for text in (fact.conditions, fact.rationale)
    ]
    for name, line, entry, text in texts:
        marks = scan(text)
        if marks.marks or TAG.search(marks.masked):
            yield Finding(
                known.book.docs / name,
                line,
                "tooltip",
                f"the words of “{entry}” hold a link, a reference, a formula or HTML",
                "say it in words and `code`; a tooltip shows them, too",
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
            if mark.kind in SCHEMES or mark.kind in NO_LINKS:
                continue
            scheme = mark.kind.removeprefix("image-")
            those = LINK_SCHEMES if scheme == mark.kind else IMAGE_SCHEMES
            yield _scheme(page, mark.line, scheme, those)
        for match in DEFINED.finditer(page.scan.masked):
            if match["scheme"] not in SCHEMES:
                before = page.scan.masked.count("\n", 0, match.start("scheme"))
                line = page.scan.first_line + before
                yield _scheme(page, line, match["scheme"], LINK_SCHEMES)


def _scheme(page: Page, line: int, scheme: str, those: str) -> Finding:
    message = f"“{scheme}:” is no scheme the press knows here"
    return Finding(page.path, line, "scheme-unknown", message, f"use {those}")


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


def index_entries(known: Apparatus) -> Iterator[Finding]:
    """Every level of an index entry has a name."""
    for page in known.book.pages:
        for mark in page.scan.of("index"):
            if not all(index.split(mark.target)):
                yield Finding(
                    page.path,
                    mark.line,
                    "index-empty",
                    f"“index:{mark.target}” has a level without a name",
                    "write index:entry or index:entry/sub-entry",
                )


def titles(known: Apparatus) -> Iterator[Finding]:
    """A heading reads the same in contents, bookmarks and references: as words."""
    for page in known.book.pages:
        lines = {heading.line for heading in page.scan.headings}
        for mark in page.scan.marks:
            printed = mark.kind in ("ref", "cite", "math") or (
                mark.kind in ("fact", "term", "book1") and not mark.text
            )
            if printed and mark.line in lines:
                yield Finding(
                    page.path,
                    mark.line,
                    "heading-mark",
                    f"“{mark.target}” in a heading is missing where only words print",
                    "write words in the heading and refer, cite or count below it",
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


PAGE_RULES = (schemes, formulas, titles, index_entries, nested_links)
BOOK_RULES = (
    label_references,
    citations,
    facts,
    fact_sources,
    terms,
    tooltips,
    index_pointers,
    book1,
)
