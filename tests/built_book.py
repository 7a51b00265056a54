"""A book that was built, as the tests of outputs take it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fixture_book import PROJECT

from press import book, build
from press.book import Book
from press.checks.outputs.pdf import Pdf
from press.checks.outputs.site import Site
from press.findings import Finding

INPUTS = ("manuscript", "theme", "diagrams", "experiments", "earshot")
CONFIGURATION = ("mkdocs.yml", "uv.lock")


@dataclass(frozen=True)
class Built:
    """A book that was built: where its outputs are."""

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


def copy(root: Path) -> None:
    """Copy what the real book is built from."""
    ignored = shutil.ignore_patterns("__pycache__")
    for name in INPUTS:
        shutil.copytree(PROJECT / name, root / name, ignore=ignored)
    for name in CONFIGURATION:
        shutil.copy(PROJECT / name, root / name)


def build_in(root: Path) -> Built:
    """Build the book in a folder, unless it is built."""
    build.make(root, build.OUTPUTS, lambda text: None)
    return Built(book.load(root))


def told(findings: Iterable[Finding]) -> list[str]:
    """Findings as they are printed."""
    return [str(finding) for finding in findings]
