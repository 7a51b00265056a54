"""Rules for what nothing refers to: labels, works, facts, terms, files.

A build can do without them; a finished book has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from press import listings, recordings
from press.apparatus import Apparatus
from press.findings import Finding
from press.labels import NAMES, NUMBERED

DATA = (".md", ".yml", ".yaml", ".bib", ".toml")


def _named(known: Apparatus, kind: str) -> set[str]:
    return {mark.target for page in known.book.pages for mark in page.scan.of(kind)}


def labels(known: Apparatus) -> Iterator[Finding]:
    """What has a number is referred to somewhere."""
    used = _named(known, "ref")
    for label in known.labels.by_id.values():
        if label.kind in NUMBERED and label.id not in used:
            message = f"nothing refers to {NAMES[label.kind].lower()} “{label.id}”"
            fix = f"write @{label.id} where the text introduces it"
            yield Finding(label.page.path, label.line, "label-unused", message, fix)


def works(known: Apparatus) -> Iterator[Finding]:
    """What the bibliography holds is cited by a page or a fact."""
    used = _named(known, "cite") | {fact.cite for fact in known.facts.values()}
    path = known.book.docs / "references.bib"
    for key, reference in known.references.items():
        if key not in used:
            message, fix = f"nothing cites “{key}”", "cite it or delete the entry"
            yield Finding(path, reference.line, "cite-unused", message, fix)


def facts(known: Apparatus) -> Iterator[Finding]:
    """What the ledger holds is printed by a page."""
    used = _named(known, "fact")
    path = known.book.docs / "facts.yml"
    for fact in known.facts.values():
        if fact.id not in used:
            message = f"no page prints the fact “{fact.id}”"
            fix = "use it or delete the entry"
            yield Finding(path, fact.line, "fact-unused", message, fix)


def terms(known: Apparatus) -> Iterator[Finding]:
    """What the glossary defines is marked on a page."""
    used = _named(known, "term")
    path = known.book.docs / "glossary.yml"
    for term in known.terms.values():
        if term.id not in used:
            message = f"no page marks the term “{term.term}”"
            fix = f"write [{term.short or term.term}](term:{term.id}) or delete it"
            yield Finding(path, term.line, "term-unused", message, fix)


def pointers(known: Apparatus) -> Iterator[Finding]:
    """`see` stands for an entry without places, `see_also` beside places."""
    path = known.book.docs / "index.yml"
    for pointer in known.pointers:
        entry = known.index.entries[pointer.name.casefold()]
        if bool(entry.places or entry.entries) is pointer.also:
            continue
        what = "has no places of its own" if pointer.also else "has places of its own"
        fix = f"list it under `{'see' if pointer.also else 'see_also'}`"
        message = f"the index entry “{pointer.name}” {what}"
        yield Finding(path, pointer.line, "index-pointer", message, fix)


def files(known: Apparatus) -> Iterator[Finding]:
    """Every drawing, plot, recording and picture is on a page."""
    book = known.book
    shown = {
        *(
            book.root / f"diagrams/{name}.mmd"
            for name in _named(known, "image-diagram")
        ),
        *(
            book.root / f"experiments/{name}/plot.py"
            for name in _named(known, "image-plot")
        ),
        *_cut(known),
    }
    made = [*book.root.glob("diagrams/*.mmd"), *recordings.recorded(book)]
    made += book.root.glob("experiments/*/plot.py")
    text = "\n".join(page.text for page in book.pages)
    made += [
        path
        for path in book.docs.rglob("*")
        if path.is_file()
        and path.suffix not in DATA
        and not path.name.startswith(".")
        and path.parent.name != "outputs"
        and f"{path.name})" not in text
    ]
    for path in sorted(set(made) - shown):
        message, fix = "no page shows this file", "show it or delete it"
        yield Finding(path, 1, "orphan", message, fix)


def _cut(known: Apparatus) -> Iterator[Path]:
    """The files that listings are cut from."""
    for page in known.book.pages:
        for fence in page.scan.fences:
            source = listings.parse(fence.info)
            if source and source["path"].startswith("outputs/"):
                yield page.path.parent / source["path"]
            elif source:
                yield known.book.root / source["path"]


BOOK_RULES = (labels, works, facts, terms, pointers, files)
