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
DRAFTED = ("01-full", "in-production", "exercises")
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


def lay_out_draft(folder: Path) -> Path:
    """The fixture book with a draft chapter, a skeleton, promises and word lists."""
    lay_out(folder)
    shutil.copytree(FIXTURE / "draft", folder, dirs_exist_ok=True)
    config = folder / "mkdocs.yml"
    opener = "          - 02-signals/index.md\n"
    more = [opener.replace("index", name) for name in DRAFTED]
    text = config.read_text(encoding="utf-8").replace(opener, opener + "".join(more))
    config.write_text(text, encoding="utf-8")
    return folder
