"""References to Book 1, checked against its inventory `book1.yml`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from press.data import Record, load_mapping
from press.findings import Finding, PressError

CHAPTER = re.compile(r"\bch(?:apter|\.)\s*(\d+)", re.I)
QUOTED = re.compile(r"[“\"]([^”\"]+)[”\"]")
KEY_NUMBER = re.compile(r"^ch0*(\d+)$")


@dataclass(frozen=True)
class Place:
    """A chapter or section of Book 1: where it is and what it is called."""

    chapter: str
    title: str
    url: str

    @property
    def where(self) -> str:
        """How print names it: "Book 1, ch. 5, “Connection Pooling”"."""
        chapter = f"ch. {self.chapter}" if self.chapter.isdigit() else self.chapter
        return f"Book 1, {chapter}, “{self.title}”"

    @property
    def long(self) -> str:
        """What a link without text prints."""
        chapter = f"chapter {self.chapter}" if self.chapter.isdigit() else self.chapter
        return f"Book 1, {chapter}, “{self.title}”"


class Inventory:
    """The other book's chapters and sections by target (`ch05#slug`)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        records = load_mapping(path)
        self.title = _value(records, "title")
        self.url = _value(records, "url")
        self.places: dict[str, Place] = {}
        record = records.get("chapters", Record({}, 1))
        if not isinstance(record.value, dict):
            raise PressError(
                Finding(path, record.line, "book1", "no chapters here", "list them")
            )
        for key, chapter in record.value.items():
            try:
                self._add(str(key), chapter)
            except KeyError as error:
                raise self._wrong(record, key, f"lacks {error}") from None
            except (TypeError, AttributeError):
                raise self._wrong(record, key, "is no chapter") from None

    def _wrong(self, record: Record, key: Any, what: str) -> PressError:
        line = record.lines.get(str(key), record.line)
        fix = "give it `title`, `file` and `sections` with `title` and `slug`"
        return PressError(Finding(self.path, line, "book1", f"“{key}” {what}", fix))

    def _add(self, key: str, chapter: dict[str, Any]) -> None:
        match = KEY_NUMBER.match(key)
        name = match[1] if match else key
        url = f"{self.url}/{chapter['file']}"
        self.places[key] = Place(name, chapter["title"], url)
        for section in chapter.get("sections", ()):
            target = f"{key}#{section['slug']}"
            place = Place(name, section["title"], f"{url}#{section['slug']}")
            self.places.setdefault(target, place)

    def faults(self, target: str, text: str) -> str:
        """What is wrong with a reference, or "" when it is right.

        Text that names a chapter number or quotes a title must name the ones
        that the inventory holds.
        """
        place = self.places.get(target)
        if place is None:
            return f"Book 1 has no “{target}”"
        number = CHAPTER.search(text)
        if number and number[1] != place.chapter:
            return f"“{target}” is in chapter {place.chapter}, not {number[1]}"
        quoted = QUOTED.search(text)
        if quoted and quoted[1] != place.title:
            return f"“{target}” is called “{place.title}”, not “{quoted[1]}”"
        return ""


def _value(records: dict[str, Any], key: str) -> Any:
    return records[key].value if key in records else None
