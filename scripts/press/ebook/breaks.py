"""Where the pages of the PDF begin in the EPUB's text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lxml import etree

from press.ebook.document import Document, identifier, meaning
from press.fragment import BLOCK, classes, element, find, having, tag

WITHIN = tuple(map(tag, ("p", "li", "dt", "dd")))


class Breaks:
    """The PDF's page labels in order, and the block that begins each page.

    `blocks` maps a manuscript page to pairs of block number and label, `places`
    names the labels of pages that print makes itself, such as `title`. A page on
    which neither begins has no mark; marks only ever go forward in the book.
    """

    def __init__(
        self,
        labels: Sequence[str],
        blocks: Mapping[str, Sequence[tuple[int, str]]],
        places: Mapping[str, str],
    ) -> None:
        self.order = {label: place for place, label in enumerate(labels)}
        self.blocks = blocks
        self.places = places
        self.last = -1

    def mark(self, body: etree._Element, src: str) -> list[tuple[str, str]]:
        """Mark the pages that begin in `body`; returns their labels and ids."""
        labels = dict(self.blocks.get(src, ()))
        made: list[tuple[str, str]] = []
        for node in find(body, f".//*[@{BLOCK}]"):
            label = labels.get(int(node.get(BLOCK)))
            if self._is_next(label) and _insert(node, label):
                made.append(self._made(label))
        return made

    def open(self, document: Document, place: str) -> None:
        """Mark the page that a document of its own begins, as `title` or `part-1`."""
        label = self.places.get(place)
        if self._is_next(label):
            document.section.insert(0, _mark("div", label))
            document.pages.append(self._made(label))

    def _is_next(self, label: str | None) -> bool:
        return label is not None and self.order[label] > self.last

    def _made(self, label: str) -> tuple[str, str]:
        self.last = self.order[label]
        return label, _anchor(label)


def _anchor(label: str) -> str:
    return identifier(f"page-{label}")


def _mark(name: str, label: str) -> etree._Element:
    mark = element(name, id=_anchor(label), aria_label=label)
    return meaning(mark, "pagebreak", "doc-pagebreak")


def _insert(node: etree._Element, label: str) -> bool:
    """Put a page break at a block; footnotes hold none, for they are set apart."""
    if find(node, f"ancestor-or-self::h:div[{having('footnote')}]"):
        return False
    within = _holder(node)
    mark = _mark("div" if within is None else "span", label)
    if within is None:
        _outermost(node).addprevious(mark)
    else:
        mark.tail, within.text = within.text, None
        within.insert(0, mark)
    return True


def _holder(node: etree._Element) -> etree._Element | None:
    """The element that can hold a break at its start; None to stand before it."""
    cells = find(node, "./h:td | ./h:th")
    if cells:
        return cells[0]
    explained = find(node, f"ancestor::*[{having('callouts')}]")
    set_apart = find(node, "ancestor::h:figure") and not explained
    apart = set_apart or "admonition-title" in classes(node)
    return node if node.tag in WITHIN and not apart else None


def _outermost(node: etree._Element) -> etree._Element:
    """The block that a break has to stand before: a whole figure, fence or box."""
    figures = find(node, "ancestor::h:figure[1]")
    if figures:
        return figures[0]
    boxed = node.tag == tag("pre") or "admonition-title" in classes(node)
    return node.getparent() if boxed else node
