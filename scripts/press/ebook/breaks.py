"""Where the pages of the PDF begin in the EPUB's text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lxml import etree

from press.ebook.document import identifier, meaning
from press.fragment import BLOCK, classes, element, find, having, tag

WITHIN = tuple(map(tag, ("p", "li", "dt", "dd")))


class Breaks:
    """The PDF's page labels in order, and the block that begins each page.

    `blocks` maps a manuscript page to pairs of block number and label. A page on
    which no block begins has no mark; marks only ever go forward in the book.
    """

    def __init__(
        self,
        labels: Sequence[str],
        blocks: Mapping[str, Sequence[tuple[int, str]]],
    ) -> None:
        self.order = {label: place for place, label in enumerate(labels)}
        self.blocks = blocks
        self.last = -1

    def mark(self, body: etree._Element, src: str) -> list[tuple[str, str]]:
        """Mark the pages that begin in `body`; returns their labels and ids."""
        labels = dict(self.blocks.get(src, ()))
        made: list[tuple[str, str]] = []
        for node in find(body, f".//*[@{BLOCK}]"):
            label = labels.get(int(node.get(BLOCK)))
            if label is None or self.order[label] <= self.last:
                continue
            anchor = identifier(f"page-{label}")
            if _insert(node, label, anchor):
                self.last = self.order[label]
                made.append((label, anchor))
        return made


def _insert(node: etree._Element, label: str, anchor: str) -> bool:
    """Put a page break at a block; footnotes hold none, for they are set apart."""
    if find(node, f"ancestor-or-self::h:div[{having('footnote')}]"):
        return False
    within = _holder(node)
    name = "div" if within is None else "span"
    mark = element(name, id=anchor, aria_label=label)
    meaning(mark, "pagebreak", "doc-pagebreak")
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
    apart = find(node, "ancestor::h:figure") or "admonition-title" in classes(node)
    return node if node.tag in WITHIN and not apart else None


def _outermost(node: etree._Element) -> etree._Element:
    """The block that a break has to stand before: a whole figure, fence or box."""
    figures = find(node, "ancestor::h:figure[1]")
    if figures:
        return figures[0]
    boxed = node.tag == tag("pre") or "admonition-title" in classes(node)
    return node.getparent() if boxed else node
