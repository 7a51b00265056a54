"""Galleys: the runs of pages that are laid out by themselves and then joined.

A galley is a chapter, or the opening, prefatory or back matter. It prints page
numbers, its own and those of other galleys (contents, “Figure 3-2 (p. 41)”,
index), so the book is laid out in rounds: each galley again whose first page or
printed numbers have changed, until none has. Two or three rounds are usual.

The layout engine could print a galley's own numbers itself (`target-counter`),
but then it makes single pages a second time and forgets the footnotes that the
page before had put off (WeasyPrint 70). So it is only ever given numbers that
stand in the text.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field

import weasyprint
from lxml import etree

from press.book import roman
from press.findings import Finding, PressError, refuse
from press.fragment import element, find, having
from press.printing import engine, gaps, index, inventory
from press.printing.kept import Kept
from press.printing.layout import Setter

PAGE_OF = "data-page-of"
PAGE = "data-page"
UNKNOWN = "000"
ROUNDS = 8
TRIES = 4
ARABIC = 10_000  # keeps page 1 from being a neighbour of the last roman page


@dataclass
class Galley:
    """Sections that are laid out together, on pages numbered from `start`."""

    sections: list[etree._Element]
    roman: bool = False
    start: int = 1
    laid: weasyprint.Document | None = None
    kept: Kept = field(default_factory=Kept)
    numbers: tuple[str, ...] = ()
    offsets: dict[str, int] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    filled: list[etree._Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Collect the anchors whose pages the galley prints."""
        wanted: list[str] = []
        for section in self.sections:
            wanted += section.xpath(f".//@{PAGE_OF}")
            links = find(section, f".//h:a[{having('ixp')}]")
            wanted += [link.get("href", "").removeprefix("#") for link in links]
        self.needs = tuple(dict.fromkeys(wanted))

    @property
    def count(self) -> int:
        """How many pages it fills."""
        return len(self.laid.pages) if self.laid else 0

    def label(self, offset: int) -> str:
        """The number that its page at `offset` shows."""
        number = self.start + offset
        return roman(number).lower() if self.roman else str(number)


class Galleys:
    """All galleys of a book in the order of its pages."""

    def __init__(self, setter: Setter, galleys: list[Galley]) -> None:
        self.setter = setter
        self.galleys = galleys

    def settle(self) -> None:
        """Lay out until every printed page number is true.

        Raises `PressError` when they don't settle or something got lost.
        """
        for _ in range(ROUNDS):
            with engine.unhindered():
                settled = not self._round()
            if settled:
                self._check()
                return
        path = self.setter.sheets.book.root / "mkdocs.yml"
        raise PressError(
            Finding(path, 1, "pdf", "the page numbers don't settle", "report this")
        )

    def _check(self) -> None:
        """Raise `PressError` for what the galleys hold and the pages don't."""
        sheets = self.setter.sheets
        found = [
            finding
            for galley in self.galleys
            for finding in inventory.lost(galley.filled, galley.laid, sheets)
        ]
        refuse(found)

    def _round(self) -> bool:
        """One round over all galleys; whether anything was laid out."""
        changed = False
        start = {True: 1, False: 1}
        for galley in self.galleys:
            first = start[galley.roman]
            stale = not galley.laid or first != galley.start
            if first != galley.start:
                galley.start, galley.kept = first, Kept()
            if stale or self._numbers(galley) != galley.numbers:
                if changed:
                    engine.keep()
                self._lay(galley)
                changed = True
            start[galley.roman] = first + galley.count + galley.count % 2
        return changed

    def _lay(self, galley: Galley) -> None:
        """Lay one galley out until no figure and no box breaks its pages badly."""
        for _ in range(TRIES):
            galley.numbers = self._numbers(galley)
            galley.filled = [copy.deepcopy(section) for section in galley.sections]
            for section in galley.filled:
                self._fill(section)
            galley.laid = self.setter.document(galley.filled, galley.start, galley.kept)
            galley.offsets = {}
            for offset, page in enumerate(galley.laid.pages):
                for anchor in page.anchors:
                    galley.offsets.setdefault(anchor, offset)
            moved = gaps.close(galley.sections, galley.laid)
            if not gaps.keep(galley.sections, galley.laid) and not moved:
                break

    def _numbers(self, galley: Galley) -> tuple[str, ...]:
        """The page numbers that the galley prints, as far as they are known."""
        return tuple(self.label(anchor) for anchor in galley.needs)

    def _fill(self, section: etree._Element) -> None:
        for node in find(section, f".//*[@{PAGE_OF}]"):
            node.set(PAGE, self.label(node.get(PAGE_OF)))
        index.number(section, self.position)

    def label(self, anchor: str) -> str:
        """The page number of an anchor; a stand-in while it isn't known."""
        place = self.position(anchor)
        return place[1] if place else UNKNOWN

    def position(self, anchor: str) -> tuple[int, str] | None:
        """An anchor's place in the book (neighbours differ by one) and its page."""
        for galley in self.galleys:
            if anchor in galley.offsets:
                offset = galley.offsets[anchor]
                apart = 0 if galley.roman else ARABIC
                return apart + galley.start + offset, galley.label(offset)
        return None

    def leaves(self) -> Iterator[tuple[str, weasyprint.Page]]:
        """All pages with their labels, blank ones where a galley ends on a right."""
        for galley in self.galleys:
            assert galley.laid is not None
            for offset, page in enumerate(galley.laid.pages):
                yield galley.label(offset), page
            if galley.count % 2 and galley is not self.galleys[-1]:
                blank = [element("section", class_="blank")]
                leaf = self.setter.document(blank, galley.start + galley.count)
                yield galley.label(galley.count), leaf.pages[0]
