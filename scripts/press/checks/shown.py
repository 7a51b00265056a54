"""Rules for what begun chapters show: captions, introductions, listings.

Which of them hold is said by `pages` in the book's `skeleton.yml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from press import data, listings, skeleton
from press.apparatus import Apparatus
from press.book import Page
from press.checks.captions import HELD, Paragraph, paragraphs
from press.checks.sources import cut_of
from press.findings import Finding
from press.labels import NAMES
from press.source import LABEL, Fence

IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<package>[\w.]+)[ \t]+import[ \t]+"
    r"(?P<names>\([^)]*\)|[^\n]*)|import[ \t]+(?P<modules>[^\n]*))",
    re.M,
)
KINDS = {holder: kind for kind, holder in HELD.items()}


def captions(known: Apparatus) -> Iterator[Finding]:
    """Figures, tables and listings have a caption."""
    wanted = skeleton.load(known.book.docs).pages.captions
    for page in _begun(known):
        for block, caption in _blocks(page):
            kind = KINDS[block.kind]
            if kind in wanted and caption is None:
                message = f"the {NAMES[kind].lower()} has no caption"
                fix = (
                    f"write `: Caption. {{#{kind}-name}}` below it, after a blank line"
                )
                yield Finding(page.path, block.first, "caption-missing", message, fix)


def introduced(known: Apparatus) -> Iterator[Finding]:
    """The text of a page names what it shows before it shows it."""
    wanted = skeleton.load(known.book.docs).pages.introduced
    used = {mark.target for page in known.book.pages for mark in page.scan.of("ref")}
    for page in _begun(known):
        for block, caption in _blocks(page):
            label = LABEL.search(" ".join(caption.lines)) if caption else None
            if not label or label["id"].partition("-")[0] not in wanted:
                continue
            name = label["id"]
            before = [
                mark
                for mark in page.scan.of("ref")
                if mark.target == name and mark.line < block.first
            ]
            if name in used and not before:
                what = NAMES[KINDS[block.kind]].lower()
                message = f"the {what} “{name}” appears before the text names it"
                fix = f"write @{name} in a sentence above it"
                yield Finding(page.path, block.first, "not-introduced", message, fix)


def descriptions(known: Apparatus) -> Iterator[Finding]:
    """A figure's description is long enough to tell what it shows."""
    least = skeleton.load(known.book.docs).pages.description
    for page in _begun(known):
        for kind in ("diagram", "plot"):
            for mark in page.scan.of(f"image-{kind}"):
                count = len(mark.text.split())
                if 0 < count < least:
                    message = f"{count} words describe the figure “{mark.target}”"
                    fix = f"let {least} or more say what a reader would see"
                    yield Finding(page.path, mark.line, "description", message, fix)


def columns(known: Apparatus) -> Iterator[Finding]:
    """No line of a listing is too wide for the page."""
    widest = skeleton.load(known.book.docs).pages.columns
    for page in _begun(known) if widest else ():
        for fence in page.scan.fences:
            for path, number, text in _lines(known, page, fence):
                if len(text) > widest:
                    message = f"a listing's line has {len(text)} columns"
                    fix = f"break it before column {widest + 1}"
                    yield Finding(path, number, "listing-width", message, fix)


def _lines(
    known: Apparatus, page: Page, fence: Fence
) -> Iterator[tuple[Path, int, str]]:
    """The lines of a fence with the place where each is written."""
    source = listings.parse(fence.info)
    if source is None:
        for number, text in enumerate(fence.body, fence.line + 1):
            yield page.path, number, text.strip()
        return
    try:
        cut = cut_of(known, page, fence)
    except listings.ListingError:
        return
    file = listings.locate(known.book.root, page.path.parent, source["path"])
    for number, text in cut.lines:
        yield file, number, text


def tested(known: Apparatus) -> Iterator[Finding]:
    """A test imports the file that a listing is cut from, or names its path."""
    folder = skeleton.load(known.book.docs).pages.tests
    named = _named(known.book.root / folder) if folder else (frozenset(), "")
    for page in _begun(known) if folder else ():
        for fence in page.scan.fences:
            source = listings.parse(fence.info)
            if source is None or source["path"].startswith("outputs/"):
                continue
            path = source["path"]
            module = path.removesuffix(".py").removesuffix("/__init__")
            if module.replace("/", ".") in named[0] or path in named[1]:
                continue
            message = f"no test below {folder}/ imports or names “{path}”"
            fix = "print only what tests run; write a test that does"
            yield Finding(page.path, fence.line, "listing-untested", message, fix)


def _named(folder: Path) -> tuple[frozenset[str], str]:
    """What the tests in a folder import, and all that they say."""
    files = sorted(folder.rglob("*.py"))
    return _imports(tuple((path, path.stat().st_mtime_ns) for path in files))


@lru_cache(maxsize=4)
def _imports(files: tuple[tuple[Path, int], ...]) -> tuple[frozenset[str], str]:
    text = "\n".join(data.read_text(path) for path, _ in files)
    found: set[str] = set()
    for match in IMPORT.finditer(text):
        if match["modules"]:
            found.update(
                part.split()[0] for part in match["modules"].split(",") if part.strip()
            )
            continue
        names = match["names"].strip("()").replace("\n", " ").split(",")
        found.add(match["package"])
        found.update(f"{match['package']}.{n.split()[0]}" for n in names if n.strip())
    return frozenset(found), text


def _begun(known: Apparatus) -> Iterator[Page]:
    for chapter in skeleton.chapters(known.book, skeleton.BEGUN):
        yield from chapter.pages


def _blocks(page: Page) -> Iterator[tuple[Paragraph, Paragraph | None]]:
    """Figures, tables and listings of a page, each with its caption if it has one."""
    found = paragraphs(page)
    for at, block in enumerate(found):
        plain = block.kind == "fence" and not _cut_from_file(page, block)
        if block.kind in KINDS and not plain:
            after = found[at + 1] if at + 1 < len(found) else None
            yield block, after if after and after.kind == "caption" else None


def _cut_from_file(page: Page, block: Paragraph) -> bool:
    infos = {fence.line: fence.info for fence in page.scan.fences}
    return listings.parse(infos[block.first]) is not None


BOOK_RULES = (captions, introduced, descriptions, columns, tested)
