"""Listings: code cut from files of the project between section marks."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from press.source import CONTROL

SECTION = re.compile(r"--8<--\s*\[(?P<edge>start|end):(?P<name>[\w-]+)\]")
SOURCE = re.compile(
    r"^(?P<language>[\w+#-]+)\s+(?P<path>[^\s:{]+\.[\w]+)(?::(?P<section>[\w-]+))?$"
)
CODE_LEAD = re.compile(r"^(`+)\s?(?P<code>.+?)\s?\1")
ITEM = re.compile(r"^(?P<indent>[ \t]*)\d+\.[ \t]+(?P<text>.*)$")


class ListingError(ValueError):
    """A listing that can't be cut; the message says why."""


@dataclass(frozen=True)
class Cut:
    """Lines cut from a file, each with its real number, common indent removed."""

    path: str
    lines: tuple[tuple[int, str], ...]

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(text for _, text in self.lines)

    def find(self, code: str) -> int:
        """Index of the one line that holds `code`; raises `ListingError`."""
        if not code:
            raise ListingError("this item of the call-outs names no code")
        hits = [i for i, (_, text) in enumerate(self.lines) if code in text]
        if len(hits) == 1:
            return hits[0]
        problem = "is in no line" if not hits else f"is in {len(hits)} lines"
        raise ListingError(f"call-out “{code}” {problem} of the listing")


@dataclass(frozen=True)
class Item:
    """A call-out: the line it is written on (from 0), its code (or ""), its text."""

    at: int
    code: str
    text: str


def items(lines: Sequence[str], at: int, indent: str) -> tuple[list[Item], int]:
    """The call-outs that begin at line `at` or below blank ones, and where they end.

    They are a numbered list, indented as its listing, whose first item begins
    with code; any other list is no call-outs. Blank lines may part the items.
    """
    found: list[Item] = []
    end = at
    while match := ITEM.match(lines[after := past_blank(lines, end)]):
        lead = CODE_LEAD.match(match["text"])
        if match["indent"] != indent or not (found or lead):
            break
        text, end = [match["text"]], after + 1
        while end < len(lines) and _continues(lines[end], indent):
            text.append(lines[end].strip())
            end += 1
        found.append(Item(after, lead["code"] if lead else "", " ".join(text)))
    return found, end


def past_blank(lines: Sequence[str], at: int) -> int:
    """The number of the first line from `at` on that isn't blank, or of the last."""
    while at < len(lines) - 1 and not lines[at].strip():
        at += 1
    return min(at, len(lines) - 1)


def _continues(line: str, indent: str) -> bool:
    """Whether a line goes on with the item above it."""
    return bool(line.strip()) and line.startswith((indent + "  ", indent + "\t"))


def parse(info: str) -> re.Match[str] | None:
    """A fence's info string that names a file, as language, path, section."""
    return SOURCE.match(info)


def locate(root: Path, chapter_folder: Path, path: str) -> Path:
    """The file that a listing names; recorded outputs lie by the chapter.

    Raises `ListingError` when the path leads outside the project or to nothing.
    """
    base = chapter_folder if path.startswith("outputs/") else root
    full = os.path.realpath(f"{base}/{path}")
    if not full.startswith(f"{os.path.realpath(root)}/"):
        raise ListingError(f"“{path}” leads out of the project")
    if not os.path.isfile(full):
        raise ListingError(f"“{path}” does not exist")
    return Path(full)


def cut(file: Path, name: str, section: str | None) -> Cut:
    """The lines of `file` (called `name`), or of one section of it.

    Raises `ListingError` when the file isn't text or has no such section.
    """
    try:
        text = file.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise ListingError(f"“{name}” is not UTF-8") from None
    return _cut(text, name, section)


@lru_cache(maxsize=1024)
def _cut(text: str, name: str, section: str | None) -> Cut:
    lines: list[tuple[int, str]] = []
    inside, seen = section is None, section is None
    for number, line in enumerate(
        text.replace("\r\n", "\n").rstrip("\n").split("\n"), 1
    ):
        mark = SECTION.search(line)
        if mark:
            if mark["name"] == section:
                inside = mark["edge"] == "start"
                seen = seen or inside
            continue
        if inside and CONTROL.search(line):
            raise ListingError(f"line {number} of “{name}” has a control character")
        if inside:
            lines.append((number, line.rstrip()))
    if not seen:
        raise ListingError(f"“{name}” has no section mark “{section}”")
    if section is not None and inside:
        raise ListingError(f"section “{section}” of “{name}” has no end mark")
    while lines and not lines[0][1]:
        del lines[0]
    while lines and not lines[-1][1]:
        del lines[-1]
    if not lines:
        where = f"section “{section}” of “{name}”" if section else f"“{name}”"
        raise ListingError(f"{where} is empty")
    indent = min(len(t) - len(t.lstrip()) for _, t in lines if t)
    return Cut(name, tuple((number, line[indent:]) for number, line in lines))


def ranges(numbers: list[int]) -> str:
    """Line numbers as ranges: "3-7,9-12"."""
    out: list[list[int]] = []
    for number in numbers:
        if out and number == out[-1][1] + 1:
            out[-1][1] = number
        else:
            out.append([number, number])
    return ",".join(f"{first}-{last}" for first, last in out)


def numbers(text: str) -> list[int]:
    """The line numbers that `ranges` wrote."""
    out: list[int] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        out += range(int(first), int(last) + 1)
    return out
