"""The typefaces of the print edition: found, named and checked for coverage."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont

from press.capture import CapturedPage
from press.findings import Finding, PressError
from press.theme import Theme

SUFFIXES = (".ttf", ".otf")
FAMILY, TYPOGRAPHIC_FAMILY, COPYRIGHT = 1, 16, 0
ITALIC = 1


@dataclass(frozen=True)
class Face:
    """A font file, named by what stands in it."""

    path: Path
    family: str
    weight: int
    italic: bool
    copyright: str
    characters: frozenset[int]

    @property
    def css(self) -> str:
        """Its `@font-face` rule."""
        style = "italic" if self.italic else "normal"
        return (
            f'@font-face{{font-family:"{self.family}";font-weight:{self.weight};'
            f'font-style:{style};src:url("{self.path.resolve().as_uri()}")}}'
        )


def faces(theme: Theme) -> tuple[Face, ...]:
    """All static fonts of the theme; raises `PressError` when there are none."""
    folder = theme.folder / "fonts"
    paths = sorted(p for p in folder.rglob("*") if p.suffix in SUFFIXES)
    if not paths:
        raise PressError(
            Finding(folder, 1, "pdf", "no fonts here", "put the theme's fonts back")
        )
    return tuple(_face(path, path.stat().st_mtime_ns) for path in paths)


@lru_cache(maxsize=64)
def _face(path: Path, mtime: int) -> Face:
    with TTFont(path, lazy=True) as font:
        names = font["name"]
        family = names.getDebugName(TYPOGRAPHIC_FAMILY) or names.getDebugName(FAMILY)
        return Face(
            path,
            family,
            font["OS/2"].usWeightClass,
            bool(font["OS/2"].fsSelection & ITALIC),
            names.getDebugName(COPYRIGHT) or "",
            frozenset(font.getBestCmap()),
        )


def css(theme: Theme) -> str:
    """The `@font-face` rules of all faces."""
    return "\n".join(face.css for face in faces(theme))


def families(theme: Theme) -> tuple[str, ...]:
    """The names that a PDF of the book may embed."""
    return tuple(dict.fromkeys(face.family for face in faces(theme)))


def strange(embedded: Iterable[str], theme: Theme) -> list[Finding]:
    """A finding for every embedded font that isn't the theme's."""
    ours = tuple(family.replace(" ", "-") for family in families(theme))
    folder = theme.folder / "fonts"
    return [
        Finding(
            folder,
            1,
            "pdf",
            f"the PDF would embed {name}, which isn't the theme's",
            "find the character that only it has, perhaps in a drawing",
        )
        for name in sorted(embedded)
        if not name.startswith(ours)
    ]


def notices(theme: Theme) -> list[str]:
    """One line a family with the notice that its licence asks for."""
    shown: dict[str, str] = {}
    for face in faces(theme):
        shown.setdefault(face.family, face.copyright.rstrip(". "))
    return [
        f"{family}: {notice}. SIL Open Font License 1.1."
        for family, notice in shown.items()
    ]


def uncovered(
    pages: Iterable[CapturedPage], texts: Iterable[str], theme: Theme, docs: Path
) -> list[Finding]:
    """A finding for every character of a page that no typeface has.

    `texts` are what the pages print; the place is looked up in the manuscript.
    """
    known = frozenset().union(*(face.characters for face in faces(theme)))
    found = []
    for page, text in zip(pages, texts, strict=True):
        for character in sorted({c for c in text if ord(c) not in known}):
            if not character.isspace() and unicodedata.category(character) != "Cf":
                found.append(_finding(docs / page.src, character))
    return found


def _finding(path: Path, character: str) -> Finding:
    name = unicodedata.name(character, "no name")
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    line = text.count("\n", 0, max(text.find(character), 0)) + 1
    return Finding(
        path,
        line,
        "pdf",
        f"no typeface has “{character}” (U+{ord(character):04X}, {name.lower()})",
        "write it another way or add it to the fonts",
    )
