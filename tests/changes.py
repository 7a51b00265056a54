"""Changes to a copy of the fixture book, and where a test expects what follows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Change = Callable[[Path], None]
Place = tuple[str, str | int, str]  # path, line or the last text on it, code

PAGE = "manuscript/01-queues/exercises.md"


def add(text: str, path: str = PAGE) -> Change:
    """Add text to the end of a file."""

    def change(root: Path) -> None:
        with (root / path).open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")

    return change


def swap(path: str, old: str, new: str) -> Change:
    """Replace a text that is in a file once."""

    def change(root: Path) -> None:
        text = (root / path).read_text(encoding="utf-8")
        assert text.count(old) == 1, old
        (root / path).write_text(text.replace(old, new), encoding="utf-8")

    return change


def write(path: str, content: str | bytes) -> Change:
    """Write a whole file."""

    def change(root: Path) -> None:
        raw = content.encode() if isinstance(content, str) else content
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(raw)

    return change


def remove(path: str) -> Change:
    """Delete a file."""
    return lambda root: (root / path).unlink()


def both(*changes: Change) -> Change:
    """Several changes, one after the other."""

    def change(root: Path) -> None:
        for one in changes:
            one(root)

    return change


def expected(root: Path, places: tuple[Place, ...]) -> list[tuple[str, int, str]]:
    """The places with the numbers of their lines, in the order of a report."""
    out = []
    for path, line, code in places:
        if isinstance(line, str):
            text = (root / path).read_text(encoding="utf-8")
            lines = enumerate(text.split("\n"), 1)
            line = max(number for number, shown in lines if line in shown)
        out.append((path, line, code))
    return sorted(out)
