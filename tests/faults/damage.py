"""More changes to a copy of a book: files cut short, other things in their place."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from changes import Change


def turn(path: str, pattern: str, new: str) -> Change:
    """Replace the first text that has a pattern, whatever else the file holds."""

    def change(root: Path) -> None:
        text = (root / path).read_text(encoding="utf-8")
        turned, count = re.subn(pattern, new, text, count=1, flags=re.MULTILINE)
        assert count, pattern
        (root / path).write_text(turned, encoding="utf-8")

    return change


def cut_short(path: str) -> Change:
    """Keep the first half of a file."""

    def change(root: Path) -> None:
        whole = (root / path).read_bytes()
        (root / path).write_bytes(whole[: len(whole) // 2])

    return change


def folder_for(path: str) -> Change:
    """Make a folder in the place of a file."""

    def change(root: Path) -> None:
        (root / path).unlink()
        (root / path).mkdir()

    return change


def file_for(path: str) -> Change:
    """Make an empty file in the place of a folder."""

    def change(root: Path) -> None:
        shutil.rmtree(root / path)
        (root / path).touch()

    return change


def link_for(path: str, target: str) -> Change:
    """Make a link in the place of a file."""

    def change(root: Path) -> None:
        (root / path).unlink()
        (root / path).symlink_to(target)

    return change
