"""A mend of the layout engine: no footnote is left behind.

WeasyPrint 70 makes room for a paragraph's last line before a page break by
putting off footnotes that stand on the page already; the notes that this line
itself calls it then forgets. They are put off to the next page as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from weasyprint.layout import LayoutContext, page


@contextmanager
def mended() -> Iterator[None]:
    """Lay out with the mend in place."""
    make = page.make_page

    def make_page(context: LayoutContext, *given: Any) -> tuple[Any, ...]:
        made = make(context, *given)
        for box in list(made[0].descendants()):
            if box.footnote in context.footnotes:
                context.footnotes.remove(box.footnote)
                context.reported_footnotes.append(box.footnote)
        return made

    page.make_page = make_page
    try:
        yield
    finally:
        page.make_page = make
