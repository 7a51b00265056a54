"""A book that was built: where its outputs are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from press import book as books
from press import build
from press.book import Book
from press.checks.outputs.pdf import Pdf
from press.checks.outputs.site import Site
from press.findings import Finding, PressError


@dataclass(frozen=True)
class Built:
    """The edition of a book that readers see."""

    book: Book

    @property
    def folder(self) -> Path:
        """The folder of this edition."""
        return (self.book.root / "build" / ".current").resolve()

    @cached_property
    def site(self) -> Site:
        """The site."""
        return Site(self.folder / "site", self.book.edition.site_url)

    @property
    def epub(self) -> Path:
        """The EPUB."""
        return self.folder / f"{self.book.edition.slug}.epub"

    @cached_property
    def pdf(self) -> Pdf:
        """The PDF."""
        index = self.book.generated("index")
        path = self.folder / f"{self.book.edition.slug}.pdf"
        return Pdf(path, index.title if index else "")

    @property
    def printed(self) -> list[tuple[str, str]]:
        """The PDF's pages: label and text."""
        return list(zip(self.pdf.labels, self.pdf.texts, strict=True))

    @property
    def begun(self) -> set[str]:
        """The labels of the PDF's pages on which something begins."""
        text = (self.folder / build.PAGE_MAP).read_text(encoding="utf-8")
        page_map = json.loads(text)
        begun = {label for blocks in page_map["blocks"].values() for _, label in blocks}
        return begun | set(page_map["places"].values())


def load(root: Path) -> Built:
    """The outputs as they are built; raises `PressError` unless all are current."""
    book = books.load(root)
    with build.dated(book):
        record, wanted = build.Editions(book).record(), build.fingerprint(book)
    late = [output for output in build.OUTPUTS if record.get(output) != wanted]
    if late:
        what = f"not built from what is here now: {', '.join(late)}"
        found = Finding(book.root / "build", 1, "not-built", what, "run `press book`")
        raise PressError(found)
    return Built(book)
