"""The book's word lists: what `words.yml` bans, counts and wants to be said.

A pattern is a regular expression for whole words in any case; a space in it
stands for any white space. What others said (quotations, titles of works, what
links lead to) and code keep their words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from press import data
from press.book import Page
from press.data import Record
from press.findings import Finding, PressError
from press.source import CITATION, LABEL, LINK, blank

OWN_SCHEMES = ("fact", "term", "index", "diagram", "plot")
QUOTED = re.compile(r"“(?:(?!\n[ \t]*\n)[^”])*”|\"[^\"\n]*\"|(?<!\w)‘[^’\n]*’(?!\w)")
WORK = re.compile(r"(?<![*\w])\*(?=[A-Z])[^*\n]+ [^*\n]+\*(?!\*)")
QUOTATION = re.compile(r"^[ \t]*>.*$", re.M)
WEB_LINK = re.compile(r"\[[^\[\]]*\]\([^()\s]*\)|<[^<>\s]+>")
NO_WORD_BEFORE = r"(?<![\w-])"
LISTS = ("banned", "stock")
SHAPE = "write banned and stock as `name: pattern`, report with voice, reveal, wanted"
MEASURES = {
    "voice": "you/we per 1,000",
    "reveals": "colon reveals per 1,000",
    "bold_led": "bold-led paragraphs",
    "sentence_mean": "words a sentence",
    "sentence_deviation": "deviation of that",
    "stock": "stock words per 1,000",
}
Bounds = tuple[float | None, float | None]


@dataclass(frozen=True)
class Words:
    """A book's word lists: patterns by name, the voice, what a report wants."""

    path: Path
    banned: dict[str, re.Pattern[str]] = field(default_factory=dict)
    stock: dict[str, re.Pattern[str]] = field(default_factory=dict)
    voice: frozenset[str] = frozenset()
    reveal: re.Pattern[str] | None = None
    wanted: dict[str, Bounds] = field(default_factory=dict)


def load(docs: Path) -> Words:
    """Read `words.yml`; raises `PressError` for what it can't use."""
    path = docs / "words.yml"
    read: dict[str, Any] = {}
    for key, record in data.load_mapping(path).items():
        try:
            read |= _read(path, key, record)
        except (TypeError, ValueError, AttributeError):
            message = f"“{key}” is not what the press expects here"
            raise PressError(
                Finding(path, record.line, "words", message, SHAPE)
            ) from None
    return Words(path, **read)


def _read(path: Path, key: str, record: Record) -> dict[str, Any]:
    """What one entry of the file says; a shape that it can't have raises."""
    given = dict(record.value or {})
    if key in LISTS:
        line = {name: record.lines.get(str(name), record.line) for name in given}
        return {key: {str(n): _pattern(path, line[n], given[n]) for n in given}}
    if key != "report" or given.keys() - {"voice", "reveal", "wanted"}:
        raise ValueError(key)
    wanted = {name: _bounds(pair) for name, pair in given.get("wanted", {}).items()}
    if wanted.keys() - MEASURES.keys():
        raise ValueError(key)
    reveal = given.get("reveal")
    return {
        "voice": frozenset(word.casefold() for word in given.get("voice", ())),
        "reveal": _bare(path, record.line, reveal) if reveal else None,
        "wanted": wanted,
    }


def _bounds(pair: Any) -> Bounds:
    low, high = pair
    if not all(bound is None or type(bound) in (int, float) for bound in pair):
        raise ValueError(pair)
    return low, high


def _pattern(path: Path, line: int, regex: str) -> re.Pattern[str]:
    """A list's pattern: whole words, any case, a space is any white space."""
    spaced = regex.replace(" ", r"\s+")
    return _bare(path, line, rf"{NO_WORD_BEFORE}(?:{spaced})(?![\w-])")


def _bare(path: Path, line: int, regex: str) -> re.Pattern[str]:
    try:
        return re.compile(regex, re.I)
    except re.error as error:
        message = f"“{regex}” is no pattern: {error}"
        fix = "mend the regular expression"
        raise PressError(Finding(path, line, "words", message, fix)) from None


def own_words(page: Page) -> str:
    """The page's text with code, quotations, titles of works and links blank.

    Lines stay where they are. The text of a link by which the book refers to its
    own facts, terms and index is the book's own and stays, too.
    """
    return unquoted(page.scan.masked)


@lru_cache(maxsize=4096)
def unquoted(text: str) -> str:
    """A text without code in the sense of `own_words`."""
    text = LINK.sub(_own_text, text)
    for pattern in (CITATION, QUOTED, WORK, QUOTATION, WEB_LINK, LABEL):
        text = pattern.sub(lambda match: blank(match[0]), text)
    return text


def _own_text(match: re.Match[str]) -> str:
    if match["scheme"] not in OWN_SCHEMES:
        return blank(match[0])
    start, end = match.start("text") - match.start(), match.end("text") - match.start()
    return f"{blank(match[0][:start])}{match['text']}{blank(match[0][end:])}"


def hits(text: str, patterns: dict[str, re.Pattern[str]]) -> Iterator[tuple[str, int]]:
    """Names of patterns and offsets at which they match."""
    if not _any(tuple(pattern.pattern for pattern in patterns.values())).search(text):
        return
    for name, pattern in patterns.items():
        for match in pattern.finditer(text):
            yield name, match.start()


@lru_cache(maxsize=8)
def _any(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for them all, so that most texts are read once."""
    bare = "|".join(p.removeprefix(NO_WORD_BEFORE) for p in patterns) or r"(?!)"
    return re.compile(f"{NO_WORD_BEFORE}(?:{bare})", re.I)
