"""Rules for the shape of a draft chapter, as `skeleton.yml` lays it down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from press import prose, skeleton
from press.apparatus import Apparatus
from press.book import Chapter, Page
from press.checks.promises import listed
from press.findings import Finding
from press.skeleton import ANY, HAS, Piece, Range, Skeleton

ITEM = re.compile(r"^(?P<indent>\s*)(?:[-*+]|\d+\.)\s+(?P<text>.*)$")
LINKED = ("ref", "cite", "book1", "http", "https")
LINK = re.compile(r"(?<!!)\]\([^()\s]+\)")


@dataclass(frozen=True)
class Place:
    """Lines of a page, from `first` up to and without `end`."""

    page: Page
    first: int
    end: int

    def lines(self) -> list[tuple[int, str]]:
        """The lines with their numbers."""
        source = self.page.text.split("\n")
        return [(n, source[n - 1]) for n in range(self.first, self.end)]

    @property
    def text(self) -> str:
        """All lines as one text."""
        return "\n".join(line for _, line in self.lines())

    @property
    def words(self) -> int:
        """How many words of running text stand here."""
        return sum(
            len(passage.words)
            for passage in prose.passages(self.page)
            if self.first <= passage.line < self.end
        )

    def items(self) -> list[tuple[int, str]]:
        """Its outermost list items, with the line that each begins on."""
        found = [(n, m) for n, line in self.lines() if (m := ITEM.match(line))]
        indents = [len(m["indent"].expandtabs(4)) for _, m in found]
        starts = [
            n for (n, _), i in zip(found, indents, strict=True) if i == min(indents)
        ]
        texts = dict(self.lines())
        ends = [*starts[1:], self.end]
        return [
            (start, "\n".join(texts[n] for n in range(start, end)))
            for start, end in zip(starts, ends, strict=bool(starts))
        ]


def chapters(known: Apparatus) -> Iterator[Finding]:
    """A draft chapter has the files and parts that the book's skeleton asks for."""
    rules = skeleton.load(known.book.docs)
    for chapter in skeleton.chapters(known.book, skeleton.DRAFT):
        yield from _opener(chapter, rules)
        pages = {page.path.name: page for page in chapter.pages}
        for name, pieces in rules.files.items():
            if name in pages:
                yield from _parts(pages[name], pieces)
            else:
                message = f"chapter {chapter.number} has no {name}"
                fix = "write that page and name it under `nav:` in mkdocs.yml"
                yield _at(chapter.opener, 1, "skeleton-file", message, fix)
        for name, page in pages.items():
            if page is not chapter.opener and name not in rules.files:
                yield from _section(page, rules)


def _opener(chapter: Chapter, rules: Skeleton) -> Iterator[Finding]:
    for key in rules.meta:
        if not chapter.opener.meta.get(key):
            message, fix = f"the front matter has no `{key}`", "add it"
            yield _at(chapter.opener, 1, "skeleton-meta", message, fix)


def _section(page: Page, rules: Skeleton) -> Iterator[Finding]:
    count = len(listed(page))
    if not _within(count, rules.sections.promises):
        message = f"the section keeps {count} promises"
        fix = f"let it keep {_shown(rules.sections.promises)}: `promises: [1.1]`"
        yield _at(page, 1, "section-promises", message, fix)
    if rules.sections.words == ANY:
        return
    words = sum(len(passage.words) for passage in prose.passages(page))
    if not _within(words, rules.sections.words):
        message = f"the section has {words} words"
        fix = f"let it have {_shown(rules.sections.words)}"
        yield _at(page, 1, "section-words", message, fix)


def _parts(page: Page, pieces: tuple[Piece, ...]) -> Iterator[Finding]:
    """What is wrong with the parts of a page, and with their order."""
    reached = 0
    for piece in pieces:
        places = _places(page, piece)
        if len(places) < piece.count:
            those = f"{piece.count} of them" if piece.count > 1 else "it"
            message = f"the page lacks its {piece.part}"
            fix = f"write {those}: {_where(piece)}"
            yield _at(page, 1, "skeleton-part", message, fix)
        for place in places:
            if _ordered(piece) and place.first < reached:
                message = f"the {piece.part} comes too early"
                fix = "keep the order: " + ", ".join(p.part for p in pieces)
                yield _at(page, place.first, "skeleton-order", message, fix)
            yield from _holds(place, piece)
        if places and _ordered(piece):
            reached = max(reached, places[-1].first)


def _ordered(piece: Piece) -> bool:
    return bool(piece.lead or piece.heading or piece.label or piece.callout)


def _where(piece: Piece) -> str:
    if piece.lead:
        return "begin the page with it, before the first heading"
    if piece.label:
        return f"a section whose label begins with {piece.label}"
    if piece.heading:
        return f"a heading that matches “{piece.heading}”"
    return f"a call-out, `!!! {piece.callout}`" if piece.callout else "on this page"


def _places(page: Page, piece: Piece) -> list[Place]:
    last = page.text.rstrip("\n").count("\n") + 2
    below = [h for h in page.scan.headings if h.level > 1]
    if piece.lead:
        start = page.heading.line + 1 if page.heading else page.scan.first_line
        while start < last and not page.text.split("\n")[start - 1].strip():
            start += 1
        lead = Place(page, start, below[0].line if below else last)
        return [lead] if lead.words else []
    if piece.callout:
        return _callouts(page, piece.callout, last)
    if not (piece.heading or piece.label):
        start = page.heading.line if page.heading else page.scan.first_line
        return [Place(page, start, last)]
    found = []
    for at, heading in enumerate(below):
        named = piece.heading and re.search(piece.heading, heading.text)
        labelled = piece.label and heading.label.startswith(piece.label)
        if named or labelled:
            rest = (h.line for h in below[at + 1 :] if h.level <= heading.level)
            found.append(Place(page, heading.line, next(rest, last)))
    return found


def _callouts(page: Page, kind: str, last: int) -> list[Place]:
    lines = page.text.split("\n")
    found = []
    for number in range(page.scan.first_line, last):
        if re.match(rf"!!!\s+{re.escape(kind)}\b", lines[number - 1]):
            end = number + 1
            while end < last and not lines[end - 1][:1].strip():
                end += 1
            found.append(Place(page, number, end))
    return found


def _holds(place: Place, piece: Piece) -> Iterator[Finding]:
    """What a part lacks, or has too much of."""
    if piece.words != ANY and not _within(place.words, piece.words):
        message = f"the {piece.part} has {place.words} words"
        fix = f"let it have {_shown(piece.words)}"
        yield _at(place.page, place.first, "skeleton-words", message, fix)
    items = place.items()
    if not _within(len(items), piece.items):
        message = f"the {piece.part} has {len(items)} items"
        fix = f"let it have {_shown(piece.items)}"
        yield _at(place.page, place.first, "skeleton-items", message, fix)
    for line, text in items if piece.linked else ():
        if not _is_linked(place.page, line, text):
            message = f"this item of the {piece.part} leads nowhere"
            fix = "link it to what it rests on: @sec-…, [@…] or [text](address)"
            yield _at(place.page, line, "skeleton-link", message, fix)
    for name in piece.has:
        if not re.search(HAS[name], place.text, re.M):
            message = f"the {piece.part} has no {name}"
            yield _at(place.page, place.first, "skeleton-has", message, "add one")
    yield from _levels(place, piece)
    if piece.fact_within and not _fact_early(place, piece.fact_within):
        message = (
            f"the first {piece.fact_within} words of the {piece.part} hold no fact"
        )
        fix = "begin with something that has a number: [](fact:…)"
        yield _at(place.page, place.first, "skeleton-fact", message, fix)


def _levels(place: Place, piece: Piece) -> Iterator[Finding]:
    for level in piece.levels:
        begins = re.compile(rf"^\s*(?:[-*+]|\d+\.)\s+[*_]{re.escape(level)}\b", re.M)
        if not begins.search(place.text):
            message = f"the {piece.part} have none of the level “{level}”"
            fix = f"begin an item with *{level}.*"
            yield _at(place.page, place.first, "skeleton-level", message, fix)


def _is_linked(page: Page, first: int, text: str) -> bool:
    lines = range(first, first + text.count("\n") + 1)
    marked = any(m.line in lines and m.kind in LINKED for m in page.scan.marks)
    return marked or bool(LINK.search(text))


def _fact_early(place: Place, within: int) -> bool:
    before, link, _ = place.text.partition("](fact:")
    return bool(link) and len(before.split()) <= within


def _within(count: int, bounds: Range) -> bool:
    low, high = bounds
    return low <= count and (high is None or count <= high)


def _shown(bounds: Range) -> str:
    low, high = bounds
    if high is None:
        return f"{low} or more"
    return f"{low} to {high}" if low != high else str(low)


def _at(page: Page, line: int, code: str, message: str, fix: str) -> Finding:
    return Finding(page.path, line, code, message, fix)


BOOK_RULES = (chapters,)
