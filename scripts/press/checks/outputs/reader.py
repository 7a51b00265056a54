"""The EPUB's pages in a browser, as wide as a phone, an e-reader and a tablet."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from press.checks.outputs import archive
from press.checks.outputs.browser import served
from press.findings import Finding

WIDTHS = {"phone": 360, "e-reader": 600, "tablet": 820}
HEIGHT = 800
SCHEMES = ("light", "dark")
# What is cut or reaches over the edge: readers show pages, which don't scroll.
OVER = """() => {
  const edge = document.documentElement.clientWidth + 1, found = [];
  for (const node of document.body.querySelectorAll("*")) {
    const box = node.getBoundingClientRect();
    const shown = box.width && box.height;
    const style = getComputedStyle(node);
    const cut = style.display !== "inline" && style.overflowX !== "visible"
      && node.scrollWidth > node.clientWidth + 1;
    if (shown && (box.right > edge || box.left < -1 || cut)) {
      const names = [node.localName, ...node.classList].join(".");
      found.push(`${names} “${node.textContent.trim().slice(0, 40)}”`);
    }
  }
  return found;
}"""

# A number in a table that goes on in the next line reads as two.
BROKEN = r"""() => {
  const found = [];
  for (const cell of document.querySelectorAll("th, td")) {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const node = texts.currentNode;
      for (const number of node.data.matchAll(/\d[\d.,]*\d/g)) {
        const range = document.createRange();
        range.setStart(node, number.index);
        range.setEnd(node, number.index + number[0].length);
        const lines = new Set([...range.getClientRects()].map(box => box.top));
        if (lines.size > 1) found.push(number[0]);
      }
    }
  }
  return found;
}"""


def overflow(browser: Any, path: Path) -> Iterator[Finding]:
    """Nothing is wider than the screen, and no number in a table broken.

    On any device, in light and dark.
    """
    book = archive.read(path)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in book.files.items():
            target = folder / file
            if not target.resolve().is_relative_to(folder.resolve()):
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        with served(folder) as root, closing(browser.new_context()) as context:
            page = context.new_page()
            for document in book.spine:
                yield from _document(page, root + document, book.place(document))


def _document(page: Any, url: str, path: Path) -> Iterator[Finding]:
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.goto(url)
        for device, width in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": HEIGHT})
            for what in page.evaluate(OVER):
                told = f"{what} is too wide for a {device} in {scheme} colours"
                fix = "let it wrap, shrink or stack in `theme/epub`"
                yield Finding(path, 1, "epub-wide", told, fix)
            for number in page.evaluate(BROKEN):
                told = f"{number} is broken over two lines on a {device}"
                fix = "give its column more room in `ebook/tables.py`"
                yield Finding(path, 1, "epub-number", told, fix)
