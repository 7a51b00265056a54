"""On which page of the PDF each anchor and each block begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import weasyprint
from weasyprint.formatting_structure import boxes

from press.book import roman
from press.fragment import BLOCK
from press.printing.pages import Sheets


class Places:
    """The pages from the first with an arabic number, and what stands on them."""

    def __init__(self, laid: list[weasyprint.Page]) -> None:
        self.front: list[weasyprint.Page] = []
        self.pages: list[weasyprint.Page] = []
        self.anchors: dict[str, int] = {}
        self.add(laid)

    def add(self, laid: list[weasyprint.Page]) -> None:
        """Append pages; an anchor that spans pages counts on its first."""
        for page in laid:
            self.pages.append(page)
            for anchor in page.anchors:
                self.anchors.setdefault(anchor, len(self.pages))

    def put_before(self, front: list[weasyprint.Page]) -> None:
        """Put the pages with roman numbers before the others."""
        self.front = front

    def label(self, anchor: str) -> str:
        """The number of the page where an anchor is, or nothing."""
        return str(self.anchors.get(anchor, ""))

    def position(self, anchor: str) -> tuple[int, str] | None:
        """A page's number as a number and as a label."""
        number = self.anchors.get(anchor)
        return (number, str(number)) if number else None

    def page_map(self, sheets: Sheets) -> dict[str, Any]:
        """`pages` and `blocks` as `press.pdf.write` returns them."""
        labels = [roman(n).lower() for n in range(1, len(self.front) + 1)]
        labels += [str(n) for n in range(1, len(self.pages) + 1)]
        found: dict[str, list[list[Any]]] = {}
        seen: set[str] = set()
        for label, page in zip(labels, [*self.front, *self.pages], strict=True):
            begun: dict[str, int] = {}
            for block in _blocks(page._page_box):
                if block not in seen:
                    seen.add(block)
                    number, _, at = block.partition(":")
                    src = sheets.pages[int(number)].src
                    begun[src] = min(int(at), begun.get(src, int(at)))
            for src, at in begun.items():
                found.setdefault(src, []).append([at, label])
        return {"pages": labels, "blocks": found}


def _blocks(box: boxes.Box) -> Iterator[str]:
    """The numbers of the blocks on a page, not looking into lines."""
    element = box.element
    if element is not None and element.get(BLOCK):
        yield element.get(BLOCK)
    if not isinstance(box, boxes.LineBox):
        for child in _children(box):
            yield from _blocks(child)


def _children(box: boxes.Box) -> Iterable[boxes.Box]:
    for child in box.all_children():
        yield getattr(child, "_box", child)
