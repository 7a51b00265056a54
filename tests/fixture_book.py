"""The fixture book's whereabouts, and how a test gets a copy of its own."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from press.apparatus import Apparatus
from press.book import Book
from press.capture import CapturedPage

PROJECT = Path(__file__).parents[1]
FIXTURE = Path(__file__).parent / "fixture"
GOLDEN = FIXTURE / "golden"
MANUSCRIPT = FIXTURE / "book" / "manuscript"
PAGES = sorted(p.relative_to(MANUSCRIPT).as_posix() for p in MANUSCRIPT.rglob("*.md"))


@dataclass(frozen=True)
class Rendering:
    """The fixture book as MkDocs rendered it."""

    book: Book
    known: Apparatus
    pages: list[CapturedPage]
    site: Path


def lay_out(folder: Path) -> Path:
    """Copy the fixture book to `folder`, with the project's look."""
    shutil.copytree(FIXTURE / "book", folder)
    (folder / "theme").symlink_to(PROJECT / "theme")
    return folder
