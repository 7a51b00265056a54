"""Rules for the book's promises: what `promises.yml` says each chapter delivers.

An opener lists its chapter's promises, a section's front matter those that it
keeps. From `draft` on, every promise of a chapter is kept by a section.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from press import data, skeleton
from press.apparatus import Apparatus
from press.book import Chapter, Page
from press.checks.pages import meta_line
from press.findings import Finding, PressError

FILE = "promises.yml"


def agreement(known: Apparatus) -> Iterator[Finding]:
    """Chapters and their openers agree with the promises on file."""
    path = known.book.docs / FILE
    promised = _promised(path)
    labels = {_label(chapter): chapter for chapter in known.book.chapters}
    for label, (line, _) in promised.items():
        if label not in labels:
            message = f"no chapter has the label “{label}”"
            fix = f"use one of {', '.join(labels)}"
            yield Finding(path, line, "promise-chapter", message, fix)
    for label, chapter in labels.items() if promised else ():
        given = listed(chapter.opener)
        due = list(promised[label][1]) if label in promised else []
        if given != due:
            yield Finding(
                chapter.opener.path,
                meta_line(chapter.opener, "promises"),
                "promise-opener",
                f"the opener promises {_names(given)}, {FILE} {_names(due)}",
                f"write `promises: [{', '.join(due)}]` or change {FILE}",
            )


def kept(known: Apparatus) -> Iterator[Finding]:
    """Sections keep promises of their own chapter; a draft keeps all of them."""
    path = known.book.docs / FILE
    promised = _promised(path)
    for chapter in known.book.chapters if promised else ():
        _, due = promised.get(_label(chapter), (1, {}))
        given = {page.path: listed(page) for page in chapter.pages[1:]}
        for page in chapter.pages[1:]:
            for name in given[page.path]:
                if name not in due:
                    message = f"chapter {chapter.number} has no promise {name}"
                    fix = f"name one of {_names(list(due))}"
                    line = meta_line(page, "promises")
                    yield Finding(page.path, line, "promise-unknown", message, fix)
        if chapter.status in skeleton.DRAFT:
            claimed = {name for names in given.values() for name in names}
            for name, text in due.items():
                if name not in claimed:
                    yield Finding(
                        chapter.opener.path,
                        meta_line(chapter.opener, "promises"),
                        "promise-open",
                        f"no section keeps promise {name}, “{text}”",
                        f"write `promises: [{name}]` in the front matter of the "
                        "section that does, or write that section",
                    )


def _promised(path: Path) -> dict[str, tuple[int, dict[str, str]]]:
    """By chapter label: the line and the promises, each with its text."""
    promised: dict[str, tuple[int, dict[str, str]]] = {}
    for label, record in data.load_mapping(path).items():
        if not isinstance(record.value, dict):
            message = f"“{label}” holds no promises"
            fix = "write `1.1: What the chapter delivers` below it"
            raise PressError(Finding(path, record.line, "promise-file", message, fix))
        texts = map(str, record.value.values())
        promised[label] = record.line, dict(zip(record.lines, texts, strict=False))
    return promised


def _label(chapter: Chapter) -> str:
    heading = chapter.opener.heading
    return heading.label if heading else ""


def listed(page: Page) -> list[str]:
    """The promises that a page's front matter names."""
    given = page.meta.get("promises")
    names = given if isinstance(given, list) else [given]
    return [str(name) for name in names if name is not None]


def _names(names: list[str]) -> str:
    return ", ".join(names) or "nothing"


BOOK_RULES = (agreement, kept)
