"""Outputs that no longer agree: each difference is found, in whichever it is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from built_book import Built
from test_broken_epub import PAGE as DOCUMENT
from test_broken_epub import rewrite
from test_broken_epub import swap as in_epub
from test_broken_site import PAGE
from test_broken_site import swap as on_site

from press.checks.outputs import across
from press.checks.outputs.pdf import Pdf
from press.checks.outputs.site import Site


def found(built: Any) -> set[str]:
    """The codes of all that the rules find."""
    return {finding.code for rule in across.RULES for finding in rule(built)}


@pytest.fixture
def parts(small: Built, tmp_path: Path) -> SimpleNamespace:
    """The fixture book's outputs, the site as a copy to be broken."""
    shutil.copytree(small.site.folder, tmp_path / "site")
    site = Site(tmp_path / "site", small.site.address)
    return SimpleNamespace(book=small.book, site=site, epub=small.epub, pdf=small.pdf)


def printed(small: Built, change: Callable[[str], str]) -> Pdf:
    """The PDF, had its pages another text."""
    pdf = Pdf(small.pdf.path)
    pdf.__dict__["texts"] = [change(text) for text in small.pdf.texts]
    return pdf


def test_the_outputs_as_built_agree(small: Built) -> None:
    assert [str(f) for rule in across.RULES for f in rule(small)] == []


def test_a_sentence_that_the_epub_lacks(parts: Any, tmp_path: Path) -> None:
    lost = in_epub(DOCUMENT, " Its mean wait is .*? in mail\\.", "")
    parts.epub = rewrite(parts.epub, tmp_path / "book.epub", lost)
    assert "across-words" in found(parts)


def test_a_number_that_the_site_changes(parts: Any, small: Built) -> None:
    value = next(iter(small.site.pages[PAGE].find_class("fact"))).text_content()
    on_site(f">{value}</a>", f">9{value}</a>")(parts.site.folder)
    assert found(parts) == {"across-words", "across-facts"}


def test_a_figure_that_comes_after_the_next(parts: Any) -> None:
    ids = [anchor for anchor, _ in across.numbered_in(small_article(parts))]
    first, second = ids[:2]
    for old, new in ((first, "x"), (second, first), ("x", second)):
        on_site(f'id="{old}"', f'id="{new}"')(parts.site.folder)
    parts.site = Site(parts.site.folder, parts.site.address)
    assert found(parts) == {"across-numbered"}


def small_article(parts: Any) -> Any:
    """What the site shows of the page that is broken."""
    return parts.site.pages[PAGE].xpath("//article")[0]


def test_a_picture_that_the_pdf_lacks(parts: Any, tmp_path: Path) -> None:
    other = in_epub(DOCUMENT, r'(<figure.*?<img[^>]*) alt="[^"]*"', r'\1 alt="A cat."')
    parts.epub = rewrite(parts.epub, tmp_path / "book.epub", other)
    assert found(parts) == {"across-pictures"}


def test_a_table_that_the_pdf_lacks(parts: Any, small: Built) -> None:
    cells = small.site.pages[PAGE].xpath("//article//td")
    longest = max((cell.text_content().strip() for cell in cells), key=len)
    parts.pdf = printed(small, lambda text: text.replace(longest, ""))
    assert found(parts) == {"across-printed"}


def test_a_number_that_the_pdf_changes(parts: Any, small: Built) -> None:
    value = next(iter(small.site.pages[PAGE].find_class("fact"))).text_content()
    number = value.split()[0]
    parts.pdf = printed(small, lambda text: text.replace(number, f"9{number}"))
    assert found(parts) == {"across-printed"}


def test_a_block_may_be_broken_over_pages() -> None:
    pages = ["first words and 1.5 ms", "of audio, then more"]
    pages = [across.close(page) for page in pages]
    assert across.over_pages(across.close("words and 1.5 ms of audio"), pages)
    assert not across.over_pages(across.close("words and 15 ms of audio"), pages)
