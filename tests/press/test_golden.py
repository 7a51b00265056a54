"""The fixture book's outputs, held against the golden files.

`pytest tests/press/test_golden.py --save-golden` writes them anew; read the
difference before you commit it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from fixture_book import GOLDEN, PAGES

from press import blocks, checks


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
