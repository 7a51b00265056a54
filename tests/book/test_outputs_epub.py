"""The real book's EPUB, by our rules, by others' validators, and on three screens."""

from __future__ import annotations

from typing import Any

import pytest
from built_book import Built, told

from press.checks.outputs import code, epub, reader, tools, validators


def test_links_notes_order_and_properties(outputs: Built) -> None:
    assert told(epub.check(outputs.epub)) == []


def test_the_page_list_is_the_pdfs(outputs: Built) -> None:
    found = epub.pages(outputs.epub, outputs.printed, outputs.begun)
    assert told(found) == []


def test_code_is_the_sources(outputs: Built) -> None:
    assert told(code.in_epub(outputs.book, outputs.epub)) == []


@pytest.mark.external
def test_epub_passes_the_w3cs_validator(outputs: Built) -> None:
    assert told(validators.epubcheck(outputs.epub, tools.epubcheck())) == []


@pytest.mark.external
def test_epub_is_accessible_in_daisys_eyes(outputs: Built) -> None:
    assert told(validators.ace(outputs.epub)) == []


@pytest.mark.external
def test_nothing_is_too_wide_on_any_device(outputs: Built, browser: Any) -> None:
    assert told(reader.overflow(browser, outputs.epub)) == []
