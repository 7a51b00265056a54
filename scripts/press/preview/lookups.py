"""What a page's rendering looked up, so that it is done again only when need be.

A page is rendered with a stand-in for the apparatus and for MkDocs' files that
notes every question and its answer. As long as its text and all the answers
stay the same, so does its HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page as SitePage
from mkdocs.structure.toc import TableOfContents

from press.apparatus import Apparatus
from press.book import Page
from press.labels import Label

Notes = dict[tuple[str, str], Any]


def _label(label: Label) -> tuple[str, str, str]:
    return label.text, label.href, label.title


def _without_line(entry: Any) -> Any:
    return replace(entry, line=0)


def _file(file: File) -> tuple[str, Any]:
    return file.url, file.inclusion


@dataclass
class Lookup:
    """A mapping that notes what it was asked and what of the answer can show."""

    name: str
    ask: Callable[[str], Any]
    essence: Callable[[Any], Any]
    notes: Notes = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)

    def get(self, key: str) -> Any:
        """The entry, or `None`."""
        self.notes[self.name, key] = self.answer(key)
        return self.ask(key)

    def answer(self, key: str) -> Any:
        """What of the entry can show on a page; `None` when there is none."""
        if key not in self.answers:
            found = self.ask(key)
            self.answers[key] = None if found is None else self.essence(found)
        return self.answers[key]

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def __getitem__(self, key: str) -> Any:
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found


class Sources:
    """The apparatus and the files of one build, as a page's rendering sees them."""

    def __init__(self, known: Apparatus, files: Files) -> None:
        labels, facts = known.labels.by_id, known.facts
        self.lookups = {
            lookup.name: lookup
            for lookup in (
                Lookup("label", labels.get, _label),
                Lookup("reference", known.references.get, lambda ref: ref.label),
                Lookup("fact", facts.get, _without_line),
                Lookup("home", known.homes.get, lambda page: page.src),
                Lookup("term", known.terms.get, _without_line),
                Lookup("book1", known.book1.places.get, lambda place: place),
                Lookup("generated", known.book.generated, lambda page: page.src),
                Lookup("file", files.get_file_from_path, _file),
            )
        }
        look = self.lookups
        self.apparatus = SimpleNamespace(
            labels=SimpleNamespace(by_id=look["label"]),
            references=look["reference"],
            facts=look["fact"],
            homes=look["home"],
            terms=look["term"],
            book1=SimpleNamespace(places=look["book1"]),
            book=SimpleNamespace(generated=self._generated),
        )
        self.files = SimpleNamespace(get_file_from_path=look["file"].get)

    def _generated(self, block: str) -> Page | None:
        return self.lookups["generated"].get(block)

    @contextmanager
    def noting(self) -> Iterator[Notes]:
        """The notes of what is looked up inside the `with`."""
        notes: Notes = {}
        for lookup in self.lookups.values():
            lookup.notes = notes
        yield notes

    def hold(self, notes: Notes) -> bool:
        """Whether every question in `notes` would be answered the same today."""
        return all(
            self.lookups[name].answer(key) == then
            for (name, key), then in notes.items()
        )


@dataclass(frozen=True)
class Rendered:
    """All that MkDocs' `Page.render` leaves on a page."""

    markdown: str
    notes: Notes
    content: str
    toc: TableOfContents
    title: str | None
    anchors: set[str] | None
    links: dict[str, dict[str, str]] | None
    warned: bool

    @classmethod
    def of(cls, page: SitePage, notes: Notes, warned: bool) -> Rendered:
        """What a page that was just rendered holds, and whether MkDocs warned."""
        links = page.links_to_anchors
        return cls(
            page.markdown or "",
            notes,
            page.content or "",
            page.toc,
            page._title_from_render,
            page.present_anchor_ids,
            links and {file.src_uri: anchors for file, anchors in links.items()},
            warned,
        )

    def still(self, page: SitePage, sources: Sources) -> bool:
        """Whether rendering the page today would give the same, without a word."""
        same = self.markdown == page.markdown and not self.warned
        return same and sources.hold(self.notes)

    def onto(self, page: SitePage, files: Files) -> None:
        """Leave the same on another build's page."""
        page.content = self.content
        page.toc = self.toc
        page._title_from_render = self.title
        page.present_anchor_ids = self.anchors
        page.links_to_anchors = self.links and {
            file: anchors
            for src, anchors in self.links.items()
            if (file := files.get_file_from_path(src))
        }
