"""What the layout engine (WeasyPrint 70) needs from us: trees as they are, and mends.

It makes room for a paragraph's last line before a page break by putting off
footnotes that stand on the page already; the notes that this line itself calls
it then forgets. They are put off to the next page as well. It makes a whole
document for each small change of it; here it goes on from the pages that are kept.
For every tag that it writes it lists all pages of the book anew; here it lists
them once. And its pages are a million objects, which Python's collector would look
through again and again while more are made.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from unittest import mock
from xml.etree import ElementTree

import pydyf
import weasyprint
from cssselect2 import ElementWrapper
from weasyprint import layout
from weasyprint.formatting_structure import boxes
from weasyprint.layout import LayoutContext, page

from press.printing.kept import Kept


class Tree(weasyprint.HTML):
    """A document that was a tree all along, so no text of it is parsed."""

    def __init__(self, root: ElementTree.Element) -> None:
        self.base_url = None
        self.url_fetcher = weasyprint.urls.URLFetcher()
        self.media_type = "print"
        self.etree_element = root
        self.wrapper_element = ElementWrapper.from_html_root(root)


@contextmanager
def mended(kept: Kept) -> Iterator[None]:
    """Lay out without losing footnotes, and only the pages that have to be made."""
    make, make_all = page.make_page, layout.make_all_pages
    surround, paint = layout.make_margin_boxes, layout.layout_backgrounds

    def make_page(
        context: LayoutContext,
        root: boxes.Box,
        kind: page.PageType,
        resume_at: Any,
        number: int,
        state: Any,
    ) -> tuple[Any, ...]:
        kept.before(context, number - 1)
        made = make(context, root, kind, resume_at, number, state)
        for box in list(made[0].descendants()):
            if box.footnote in context.footnotes:
                context.footnotes.remove(box.footnote)
                context.reported_footnotes.append(box.footnote)
        kept.after(context, number)
        return made

    def make_all_pages(
        context: LayoutContext, root: boxes.Box, html: Tree, _: Any
    ) -> list[boxes.PageBox]:
        made = list(make_all(context, root, html, kept.begin(context)))
        kept.end(context, made)
        return made

    def make_margin_boxes(
        context: LayoutContext, leaf: boxes.PageBox, state: Any
    ) -> Iterable[boxes.Box]:
        known = kept.margins(leaf)
        return surround(context, leaf, state) if known is None else known

    def layout_backgrounds(leaf: boxes.PageBox, *given: Any) -> None:
        if kept.margins(leaf) is None:
            paint(leaf, *given)

    with (
        mock.patch.object(page, "make_page", make_page),
        mock.patch.multiple(
            layout,
            make_all_pages=make_all_pages,
            make_margin_boxes=make_margin_boxes,
            layout_backgrounds=layout_backgrounds,
        ),
    ):
        yield


@contextmanager
def counted() -> Iterator[None]:
    """Write with the pages listed once, when they are all there."""
    listed = cached_property(pydyf.PDF.page_references.fget)
    listed.__set_name__(pydyf.PDF, "page_references")
    with mock.patch.object(pydyf.PDF, "page_references", listed):
        yield


@contextmanager
def unhindered() -> Iterator[None]:
    """Work without the garbage collector; what `keep` set aside is free to go after."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_on:
            gc.enable()


def keep() -> None:
    """Drop what is garbage by now and set the rest aside, not to be looked at again."""
    gc.collect()
    gc.freeze()
