"""The fixture book's outputs, held against the golden files.

`pytest tests/press/test_golden.py --save-golden` writes them anew; read the
difference before you commit it.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pikepdf
import pytest
from epub_book import page_map
from fixture_book import GOLDEN, PAGES

from press import blocks, checks, epub, pdf


def test_the_fixture_book_has_no_faults(known):
    assert checks.run(known) == []


@pytest.mark.parametrize("src", PAGES)
def test_expanded_markdown(src, known, golden):
    golden(f"expanded/{src}", blocks.expand(known.book.by_src[src], known))


@pytest.mark.parametrize("src", PAGES)
def test_fragment(src, rendering, golden):
    page = next(page for page in rendering.pages if page.src == src)
    golden(f"fragments/{src.removesuffix('.md')}.html", page.html + "\n")


def test_every_golden_file_has_its_page():
    for folder, ending in (("expanded", ".md"), ("fragments", ".html")):
        kept = (GOLDEN / folder).rglob(f"*{ending}")
        names = {p.relative_to(GOLDEN / folder).with_suffix(".md") for p in kept}
        assert names == set(map(Path, PAGES))


def test_pdf(rendering, golden, tmp_path):
    """What a reader's machine sees of the PDF, wherever its lines break."""
    path = tmp_path / "book.pdf"
    pdf.write(rendering.book, rendering.pages, path, lambda text: None)
    with pikepdf.open(path) as document:
        with document.open_outline() as outline:
            bookmarks = list(map(_bookmark, outline.root))
        info = document.docinfo
        described = {
            "metadata": {str(k): str(info[k]) for k in sorted(info.keys())},
            "bookmarks": bookmarks,
            "anchors": sorted(str(name) for name in _anchors(document)),
            "descriptions": _descriptions(document.Root.StructTreeRoot),
        }
    golden("pdf.json", json.dumps(described, indent=1, ensure_ascii=False) + "\n")


def _bookmark(item: pikepdf.OutlineItem) -> dict[str, object]:
    below = list(map(_bookmark, item.children))
    return {"title": item.title, **({"children": below} if below else {})}


def _anchors(document: pikepdf.Pdf) -> list[str]:
    return list(pikepdf.NameTree(document.Root.Names.Dests).keys())


def _descriptions(node: pikepdf.Object) -> list[str]:
    """The alternative texts of the structure tree, in reading order."""
    found = [str(node.Alt)] if "/Alt" in node else []
    children = node.get("/K", [])
    for child in children if isinstance(children, pikepdf.Array) else [children]:
        if isinstance(child, pikepdf.Dictionary):
            found += _descriptions(child)
    return found


SHOWN_IN_EPUB = ("01-queues/01-waiting", "back/references")


def test_epub(rendering, golden, tmp_path):
    path = tmp_path / "book.epub"
    epub.write(rendering.book, rendering.pages, path, page_map(rendering.pages))
    with zipfile.ZipFile(path) as archive:
        golden("epub/files.txt", "".join(f"{name}\n" for name in archive.namelist()))
        for name in SHOWN_IN_EPUB:
            (inside,) = (n for n in archive.namelist() if n.endswith(_document(name)))
            golden(f"epub/{name}.xhtml", archive.read(inside).decode())


def _document(name: str) -> str:
    return f"/{name.replace('/', '-')}.xhtml"
