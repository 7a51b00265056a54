"""Pages that are kept from one layout of a tree to the next.

A chapter is laid out several times, with a figure in another place or another page
number in a line. The layout engine (WeasyPrint 70) can make single pages again, for
counters whose values it learns late. It is told here that these are the pages with
changes; those behind them it makes until one begins as it did before. What it
doesn't account for are footnotes that are put off to the next page.
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from lxml import etree
from weasyprint.formatting_structure import boxes
from weasyprint.layout import LayoutContext

from press.printing.content import NOTED

Names = tuple[str, ...]


class Kept:
    """A tree and its pages, for when it is laid out again with a few changes.

    A page is made anew when something on it has changed, or on the next page, to
    which it may have looked ahead; and when it begins otherwise than before.
    Elements that haven't changed stay the same objects, so pages that are kept
    hold elements of the tree as it is now; and so do images, which the engine
    changes a little when it draws them.
    """

    def __init__(self) -> None:
        self.images: dict[str, Any] = {}  # the engine's, by address
        self._root: ElementTree.Element | None = None
        self._pages: list[boxes.PageBox] = []
        self._bodies: list[list[boxes.Box]] = []  # what is on them but their margins
        self._begins: list[tuple[Any, ...]] = []  # the engine's own account of them
        self._left: list[tuple[Names, Names]] = []  # notes to come, and put off to it
        self._margins: dict[boxes.PageBox, list[boxes.Box]] = {}
        self._whole = True

    def renew(self, root: etree._Element) -> ElementTree.Element:
        """The tree, now with the content of `root`."""
        new = ElementTree.fromstring(etree.tostring(root))
        if self._root is None or _own(self._root) != _own(new):
            self._root, self._pages = new, []
        else:
            _renew(self._root, new)
        return self._root

    def begin(self, context: LayoutContext) -> list[boxes.PageBox]:
        """Tell the engine which of the last layout's pages to make; returns all."""
        self._notes = {_name(note): note for note in context.footnotes}
        self._margins, self._whole = {}, True
        if not self._pages:
            self._left = [(tuple(self._notes), ())]
            return []
        context.page_maker = self._begins
        changed = self._changed()
        for at, (kept, body) in enumerate(zip(self._pages, self._bodies, strict=True)):
            self._begins[at][-1]["content_changed"] = bool({at, at + 1} & changed)
            self._margins[kept] = [box for box in kept.children if _is_margin(box)]
            kept.children = body
        return self._pages

    def _changed(self) -> set[int]:
        """The pages that hold what the tree holds no longer."""
        alive = {None, *self._root.iter()}
        return {
            at
            for at, body in enumerate(self._bodies)
            for part in body
            if any(b.element not in alive for b in part.descendants(placeholders=True))
        }

    def before(self, context: LayoutContext, at: int) -> None:
        """Tell the engine which footnotes the pages before page `at` have left."""
        to_come, put_off = self._left[at]
        context.footnotes = [self._notes[name] for name in to_come]
        context.reported_footnotes = [self._notes[name] for name in put_off]

    def after(self, context: LayoutContext, at: int) -> None:
        """Remember what the pages before page `at` have left; if new, it is made."""
        notes = context.footnotes, context.reported_footnotes
        to_come, put_off = (tuple(map(_name, each)) for each in notes)
        if self._left[at : at + 1] != [(to_come, put_off)]:
            self._left[at : at + 1] = [(to_come, put_off)]
            if at < len(context.page_maker) - 1:  # the last entry begins no page
                context.page_maker[at][-1]["content_changed"] = True
        self._whole &= not context.broken_out_of_flow

    def margins(self, page: boxes.PageBox) -> list[boxes.Box] | None:
        """The running head and foot of a page that is kept."""
        return self._margins.get(page)

    def end(self, context: LayoutContext, made: list[boxes.PageBox]) -> None:
        """Remember the pages, unless one can't be told from how it begins.

        So it is with one that goes on with a broken float, or that only has
        footnotes.
        """
        self._begins = context.page_maker
        self._whole &= all(begin[0] is not None for begin in self._begins[1:-1])
        self._pages = made if self._whole else []
        self._bodies = [list(page.children) for page in self._pages]


def _is_margin(box: boxes.Box) -> bool:
    return isinstance(box, boxes.MarginBox)


def _name(note: boxes.Box) -> str:
    return note.element.get(NOTED)


def _renew(old: ElementTree.Element, new: ElementTree.Element) -> None:
    """Replace what is in `old` by what is in `new` where they differ.

    The two themselves don't. An element behind one that is replaced is replaced
    as well, since its style may depend on what it follows (`p + p`).
    """
    before = False
    for at, (mine, other) in enumerate(zip(list(old), list(new), strict=True)):
        differs = _own(mine) != _own(other)
        if differs or before:
            old[at] = other
        else:
            _renew(mine, other)
        before = differs


def _own(node: ElementTree.Element) -> tuple[Any, ...]:
    """An element without its children, but with the text between them."""
    return node.tag, node.attrib, node.text, [child.tail for child in node]
