"""Figures and boxes that don't fit their page.

Text that follows a figure fills the gap before it; a short box isn't broken.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import weasyprint
from lxml import etree
from weasyprint.formatting_structure import boxes

from press.fragment import BLOCK, classes, find, having, tag

SMALLEST = 80.0  # px of white that are worth a move; about four lines
FLOWING = ("p", "ul", "ol")
BOX = "admonition"
WHOLE = "whole"
SHORT = 1 / 2  # of a page's height: boxes up to this are kept whole,
GAP = 1 / 3  # when they leave no more than this white before them


def close(sections: list[etree._Element], laid: weasyprint.Document) -> bool:
    """Move figures behind paragraphs that fit in the gap they leave.

    Changes `sections`, from which `laid` was made; returns whether it did.
    """
    figures = {
        node.get("id"): node
        for section in sections
        for node in section.iter(tag("figure"))
        if "figure" in classes(node)
    }
    moved = False
    for name, room in _late(laid):
        if name in figures:
            moved |= _move(figures[name], _passed(laid, name, room))
    return moved


def keep(sections: list[etree._Element], laid: weasyprint.Document) -> bool:
    """Keep short boxes whole that are broken over two pages.

    Changes `sections`, from which `laid` was made; returns whether it did.
    """
    torn = set(_torn(laid))
    kept = False
    for section in sections:
        for box in find(section, f".//h:div[{having(BOX)}]"):
            if _first_number(box) in torn and WHOLE not in classes(box):
                box.set("class", f"{box.get('class')} {WHOLE}")
                kept = True
    return kept


def _torn(laid: weasyprint.Document) -> Iterator[str]:
    """Short boxes that are broken over two pages: their first block's number."""
    for page, after in pairwise(laid.pages):
        heads, tails = _boxes(page), _boxes(after)
        page_height = page._page_box.height
        for name in heads.keys() & tails.keys():
            head, tail = heads[name], tails[name]
            if head <= GAP * page_height and head + tail <= SHORT * page_height:
                yield name


def _boxes(page: weasyprint.Page) -> dict[str, float]:
    """The boxes on a page by their first block's number, and their heights in px."""
    return {
        _first_number(box.element): box.border_height()
        for box in _flow(page._page_box)
        if box.element is not None and BOX in classes(box.element)
    }


def _first_number(node: etree._Element) -> str:
    return next((n.get(BLOCK) for n in node.iter() if n.get(BLOCK)), "")


def _late(laid: weasyprint.Document) -> Iterator[tuple[str, float]]:
    """Figures that open a page after a gap: their ids and the gap in px."""
    for page, after in pairwise(laid.pages):
        lead = _first_block(after._page_box)
        if lead is None or lead.element_tag != "figure":
            continue
        room = _room(page._page_box)
        if room > SMALLEST:
            yield lead.element.get("id", ""), room


def _room(page: boxes.PageBox) -> float:
    """The white below the last line of a page, in px."""
    floor = page.content_box_y() + page.height
    last = page.content_box_y()
    for box in _flow(page):
        if isinstance(box, boxes.FootnoteAreaBox):
            floor -= box.margin_height()
        elif isinstance(box, boxes.LineBox | boxes.ReplacedBox):
            last = max(last, box.position_y + box.height)
    return floor - last


def _flow(box: boxes.Box) -> Iterator[boxes.Box]:
    """The boxes of a page down to its lines, without its margins."""
    for child in getattr(box, "children", ()):
        if isinstance(child, boxes.MarginBox):
            continue
        yield child
        if not isinstance(child, boxes.LineBox | boxes.FootnoteAreaBox):
            yield from _flow(child)


def _first_block(page: boxes.PageBox) -> boxes.Box | None:
    """The first block of a page that is no mere section."""
    for box in _flow(page):
        name = box.element_tag if box.element is not None else None
        if name not in (None, "html", "body", "section", "div"):
            return box
    return None


def _passed(laid: weasyprint.Document, name: str, room: float) -> int:
    """How many blocks after the figure fill the room, the last perhaps in part."""
    for page in laid.pages:
        for box in _flow(page._page_box):
            children = list(getattr(box, "children", ()))
            for at, child in enumerate(children):
                if child.element is not None and child.element.get("id") == name:
                    return _filling(children[at + 1 :], room)
    return 0


def _filling(following: list[boxes.Box], room: float) -> int:
    used, count = 0.0, 0
    for box in following:
        boxed = box.element is not None and BOX in classes(box.element)
        fits = boxed and used + box.margin_height() <= room
        if used >= room or not (fits or box.element_tag in FLOWING):
            break
        used += box.margin_height()
        count += 1
    return count


def _move(figure: etree._Element, count: int) -> bool:
    """Move the figure behind its next `count` siblings."""
    following = list(figure.itersiblings())[:count]
    if not following:
        return False
    parent, tail = figure.getparent(), figure.tail
    parent.remove(figure)
    figure.tail = tail
    parent.insert(parent.index(following[-1]) + 1, figure)
    return True
