"""Cut the site's fonts from the full ones: `make fonts`.

Each face keeps the characters that the manuscript uses and the ranges that
running text may need next. The same input gives the same bytes.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

from press import book, build, site
from press.book import Book
from press.theme import Face, Theme

READ = (".md", ".yml", ".bib", ".console", ".py", ".toml")
COMMON = (
    range(0x20, 0x7F),  # Basic Latin
    range(0xA0, 0x100),  # Latin-1
)
SYMBOLS = (
    range(0x2010, 0x2028),  # dashes, quotes, bullets
    range(0x2030, 0x203B),
    range(0x2190, 0x2194),  # arrows
    range(0x21D0, 0x21D5),
    range(0x2200, 0x2266),  # mathematical operators
    range(0x0391, 0x03CA),  # Greek
    range(0x2460, 0x2474),  # circled numbers
)
DRAWING = (range(0x2500, 0x2580),)  # boxes, for console output
FEATURES = ("kern", "liga", "lnum", "tnum", "ccmp", "locl", "mark", "mkmk")
NAMES = {"Source Serif 4": "Book Serif", "Inter": "Book Sans"}
KEPT_NAMES = (0, 13, 14)  # copyright, licence and its address


def characters(texts: Iterable[str]) -> set[int]:
    """The printing characters of some texts, as code points."""
    return {ord(char) for char in set().union(*texts) if char.isprintable()}


def wanted(face: Face, used: set[int]) -> set[int]:
    """The code points that a face should keep.

    The upright text face and the monospaced one carry the symbols for all.
    """
    ranges = [*COMMON]
    if face.style == "normal" and face.weight == 400:
        ranges += SYMBOLS
    if "Mono" in face.family:
        ranges += DRAWING
    return used.union(*ranges)


def cut(face: Face, folder: Path, points: set[int]) -> bytes:
    """The face in WOFF2 with only these characters.

    Cut faces are modified ones, so they give up the reserved names.
    """
    options = subset.Options()
    options.layout_features = list(FEATURES)
    options.hinting = False
    options.name_IDs = list(KEPT_NAMES)
    options.flavor = "woff2"
    options.notdef_outline = True
    font = TTFont(folder / face.file, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=points)
    cutter.subset(font)
    family = NAMES.get(face.family, "Book Mono")
    for name_id, text in ((1, family), (2, "Regular"), (4, family), (6, family)):
        font["name"].setName(
            text.replace(" ", "") if name_id == 6 else text, name_id, 3, 1, 0x409
        )
    font.flavor = "woff2"
    out = io.BytesIO()
    font.save(out, reorderTables=False)
    return out.getvalue()


def covered(font: Path) -> set[int]:
    """The code points that a font file has."""
    with TTFont(font, lazy=True) as opened:
        return set(opened.getBestCmap())


def missing(used: set[int], fonts: Iterable[Path]) -> set[int]:
    """The used code points that none of the fonts has."""
    return used.difference(*map(covered, fonts))


def texts(the_book: Book) -> list[str]:
    """All that may be printed: the manuscript's files, diagrams and listings."""
    folders = (the_book.docs, the_book.root / "diagrams")
    paths = {path for folder in folders for path in folder.rglob("*")}
    paths |= set(build.listed(the_book))
    return [p.read_text(encoding="utf-8") for p in sorted(paths) if p.suffix in READ]


def main(root: Path) -> int:
    """Write the cut faces; report their sizes and characters that no face has."""
    the_book = book.load(root)
    theme = Theme.load(the_book.root / "theme")
    used = characters(texts(the_book))
    folder = theme.folder / "site" / "fonts"
    folder.mkdir(exist_ok=True)
    total, made = 0, []
    for face in (face for face in theme.fonts if face.site):
        cut_face = cut(face, theme.folder / "fonts", wanted(face, used))
        path = folder / site.served_name(face.file)
        path.write_bytes(cut_face)
        made.append(path)
        total += len(cut_face)
        print(f"{len(cut_face):>8,} {path.name}")
    print(f"{total:>8,} in all")
    lacking = missing(used, made)
    if lacking:
        print(
            "no face has: " + " ".join(f"{chr(p)} U+{p:04X}" for p in sorted(lacking))
        )
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent))
