"""What the layout engine (WeasyPrint 70) needs from us: trees as they are, and mends.

It makes room for a paragraph's last line before a page break by putting off
footnotes that stand on the page already; the notes that this line itself calls
it then forgets. They are put off to the next page as well. For every tag that
it writes it lists all pages of the book anew; here it lists them once. And its
pages are a million objects, which Python's collector would look through again
and again while more are made.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from unittest import mock
from xml.etree import ElementTree

import pydyf
import weasyprint
from cssselect2 import ElementWrapper
from lxml import etree
from weasyprint.layout import LayoutContext, page


class Tree(weasyprint.HTML):
    """A document that was a tree all along, so no text of it is parsed."""

    def __init__(self, root: etree._Element) -> None:
        self.base_url = None
        self.url_fetcher = weasyprint.urls.URLFetcher()
        self.media_type = "print"
        self.etree_element = ElementTree.fromstring(etree.tostring(root))
        self.wrapper_element = ElementWrapper.from_html_root(self.etree_element)


@contextmanager
def mended() -> Iterator[None]:
    """Lay out without losing footnotes."""
    make = page.make_page

    def make_page(context: LayoutContext, *given: Any) -> tuple[Any, ...]:
        made = make(context, *given)
        for box in list(made[0].descendants()):
            if box.footnote in context.footnotes:
                context.footnotes.remove(box.footnote)
                context.reported_footnotes.append(box.footnote)
        return made

    with mock.patch.object(page, "make_page", make_page):
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
