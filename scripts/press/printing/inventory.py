"""What a galley was given and what stands on its pages: nothing may be lost.

The layout engine can drop a footnote or a block without a word; this compares
the two, so that a book with a hole in it is never written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import weasyprint
from lxml import etree
from weasyprint.formatting_structure import boxes

from press.findings import Finding
from press.fragment import BLOCK
from press.printing import pages
from press.printing.content import NOTED
from press.printing.pages import Sheets

PICTURE = "\ufffc"  # stands for an image, whatever it shows
PICTURES = ("img", "svg")
UNSEEN = ("style", "script", "template")
SHOWN = 60  # characters of a lost text that a message quotes
FIX = "word the text before it differently, so that the page breaks elsewhere"


@dataclass
class Inventory:
    """Ids, and texts by the footnote or block that holds them."""

    ids: set[str] = field(default_factory=set)
    texts: dict[str, list[str]] = field(default_factory=dict)

    def add(self, holder: str, text: str | None) -> None:
        """Count a piece of text in."""
        if text:
            self.texts.setdefault(holder, []).append(text)

    def text(self, holder: str) -> str:
        """All text of a holder."""
        return "".join(self.texts.get(holder, ()))


def lost(
    sections: list[etree._Element], laid: weasyprint.Document, sheets: Sheets
) -> Iterator[Finding]:
    """What the sections hold and the pages made from them don't show."""
    given, got = _given(sections), _laid(laid)
    for holder in given.texts:
        if _letters(given.text(holder)) - _letters(got.text(holder)):
            told = " ".join(given.text(holder).replace(PICTURE, "").split())
            what = f"“{told[:SHOWN]}” is cut or missing" if told else "a picture is"
            yield _finding(sheets, holder.partition(":")[0], what)
    for name in sorted(given.ids - got.ids):
        yield _finding(sheets, name, f"the place “{name}” is on no page")


def _given(sections: list[etree._Element]) -> Inventory:
    found = Inventory()
    for section in sections:
        _collect(section, "", found)
    return found


def _collect(node: etree._Element, holder: str, found: Inventory) -> None:
    name = etree.QName(node).localname
    if name in UNSEEN:
        return
    holder = node.get(NOTED) or node.get(BLOCK) or holder
    if node.get("id"):
        found.ids.add(node.get("id"))
    if name in PICTURES:
        found.add(holder, PICTURE)
        return
    found.add(holder, node.text)
    for child in node:
        _collect(child, holder, found)
        found.add(holder, child.tail)


def _laid(laid: weasyprint.Document) -> Inventory:
    found = Inventory()
    for page in laid.pages:
        found.ids.update(page.anchors)
        for box in page._page_box.children:
            if not isinstance(box, boxes.MarginBox):
                _gather(box, "", page, found)
    return found


def _gather(
    box: boxes.Box, holder: str, page: weasyprint.Page, found: Inventory
) -> None:
    if box.element_tag and "::" in box.element_tag:
        return
    if box.element is not None:
        holder = box.element.get(NOTED) or box.element.get(BLOCK) or holder
    if isinstance(box, boxes.TextBox):
        if _is_on(page, box):
            found.add(holder, box.text)
    elif isinstance(box, boxes.ReplacedBox):
        found.add(holder, PICTURE)
    else:
        for child in box.all_children():
            _gather(getattr(child, "_box", child), holder, page, found)


def _is_on(page: weasyprint.Page, box: boxes.TextBox) -> bool:
    """Whether text stands on the sheet, and not beyond an edge of it."""
    right, bottom = box.position_x + box.width, box.position_y + box.height
    return (
        min(box.position_x, box.position_y) >= 0
        and right <= page.width
        and bottom <= page.height
    )


def _letters(text: str) -> Counter[str]:
    """The characters of a text that leave a mark on paper."""
    return Counter(c for c in text if c.isprintable() and not c.isspace())


def _finding(sheets: Sheets, name: str, what: str) -> Finding:
    path = pages.path_of(sheets, f"p{name}" if name.isdecimal() else name)
    return Finding(
        path or sheets.book.root / "mkdocs.yml",
        1,
        "pdf",
        f"the PDF has lost something: {what}",
        FIX,
    )
