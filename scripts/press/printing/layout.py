"""Setting sections on pages with WeasyPrint, its complaints heeded."""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import weasyprint
from lxml import etree
from weasyprint.formatting_structure import boxes
from weasyprint.text.fonts import FontConfiguration

from press.findings import Finding, PressError, refuse
from press.fragment import BLOCK, element
from press.printing import engine, fonts, pages, tags
from press.printing.kept import Kept
from press.printing.pages import Sheets

STYLES = "print/book.css"
VARIANT = "pdf/ua-1"
ANCHOR = re.compile(r"#(p\d+[\w:.-]*)")


class Setter:
    """One run: the styles and the fonts that its documents share."""

    def __init__(self, sheets: Sheets) -> None:
        self.sheets = sheets
        self.theme = sheets.theme
        self.fonts = FontConfiguration()
        text = (self.theme.folder / STYLES).read_text(encoding="utf-8")
        self.styles = self._css(fonts.css(self.theme) + self.theme.fill(text))

    def _css(self, text: str) -> weasyprint.CSS:
        return weasyprint.CSS(string=text, font_config=self.fonts)

    def document(
        self,
        sections: list[etree._Element],
        start: int = 1,
        kept: Kept | None = None,
    ) -> weasyprint.Document:
        """Sections laid out on pages that are numbered from `start`.

        Odd numbers are right-hand pages. `kept` are the pages of the last layout
        with the same `start`; they become the new ones.
        """
        kept = kept or Kept()
        side = "right" if start % 2 else "left"
        begin = f"html{{break-before:{side}}}"
        if start > 1:
            begin += f"@page:first{{counter-reset:page {start}}}"
        edition = self.sheets.book.edition
        root = pages.document(
            edition.title, edition.language, list(self._about()), sections
        )
        with heeded(self.sheets), engine.mended(kept):
            return engine.Tree(kept.renew(root)).render(
                font_config=self.fonts,
                stylesheets=[self.styles, self._css(begin)],
                pdf_variant=VARIANT,
                cache=kept.images,
            )

    def _about(self) -> Iterator[etree._Element]:
        edition = self.sheets.book.edition
        about = {
            "author": edition.author,
            "description": edition.description,
            "keywords": ", ".join(edition.subjects),
            "dcterms.created": edition.date.isoformat(),
        }
        for name, content in about.items():
            meta = element("meta", content=content)
            meta.set("name", name)
            yield meta

    def save(self, document: weasyprint.Document, path: Path, front: int) -> None:
        """Write the document to `path` in one step, its tags mended.

        The first `front` pages are labelled in roman figures.
        """
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".pdf-") as folder:
            raw, done = Path(folder) / "raw.pdf", Path(folder) / "done.pdf"
            with heeded(self.sheets), engine.counted(), engine.unhindered():
                document.write_pdf(raw, pdf_variant=VARIANT)
            embedded = tags.finish(raw, done, front)
            refuse(fonts.strange(embedded, self.theme))
            done.replace(path)


@contextmanager
def heeded(sheets: Sheets) -> Iterator[None]:
    """Turn the engine's error messages into a `PressError` with findings."""
    heard = _Heard()
    logger = logging.getLogger("weasyprint")
    before = logger.propagate, logger.level
    logger.addHandler(heard)
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.removeHandler(heard)
        logger.propagate, level = before
        logger.setLevel(level)
    if heard.messages:
        raise PressError(*sorted({_finding(sheets, m) for m in heard.messages}))


class _Heard(logging.Handler):
    """Keeps messages of level error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one message, on one line and of bearable length."""
        self.messages.append(" ".join(record.getMessage().split())[:300])


def _finding(sheets: Sheets, message: str) -> Finding:
    """The manuscript's page that a message names, or the book's configuration."""
    named = ANCHOR.search(message)
    path = pages.path_of(sheets, named[1]) if named else None
    return Finding(
        path or sheets.book.root / "mkdocs.yml",
        1,
        "pdf",
        f"the PDF can't be set: {message}",
        "mend the page that holds this",
    )


def begins(box: boxes.Box) -> Iterator[str]:
    """The numbers of the blocks on a page, not looking into lines."""
    if box.element is not None and box.element.get(BLOCK):
        yield box.element.get(BLOCK)
    if not isinstance(box, boxes.LineBox):
        for child in box.all_children():
            yield from begins(getattr(child, "_box", child))
