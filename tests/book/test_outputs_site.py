"""The real book's site: every page, by its files and in a browser."""

from __future__ import annotations

from typing import Any

import pytest
from built_book import Built, told

from press.checks.outputs import axe, code, site, suite, validators
from press.checks.outputs import browser as browsing


def test_links_policy_and_downloads(outputs: Built) -> None:
    assert told(site.check(outputs.site)) == []


def test_only_what_readers_need_is_published(outputs: Built) -> None:
    assert told(site.strays(outputs.site, outputs.book.docs)) == []


def test_code_is_the_sources(outputs: Built) -> None:
    assert told(code.on_site(outputs.book, outputs.site)) == []


@pytest.mark.external
def test_html_is_valid(outputs: Built) -> None:
    assert told(validators.html(outputs.site.folder)) == []


@pytest.mark.external
def test_every_page_in_light_and_dark_and_at_every_width(
    outputs: Built, browser: Any
) -> None:
    found = browsing.pages(browser, outputs.site, axe.violations)
    assert told(found) == []


@pytest.mark.external
def test_each_kind_of_page_on_a_phone_and_with_the_search_open(
    outputs: Built, browser: Any
) -> None:
    words = max(outputs.book.chapters[0].title.split(), key=len)
    names = suite.kinds(outputs)
    found = browsing.close_up(browser, outputs.site, axe.violations, names, words)
    assert told(found) == []


@pytest.mark.external
def test_search_works_and_costs_nothing_before_it_is_used(
    outputs: Built, browser: Any
) -> None:
    words = max(outputs.book.chapters[0].title.split(), key=len)
    assert told(browsing.search(browser, outputs.site, words)) == []


@pytest.mark.external
def test_every_page_is_light(outputs: Built, browser: Any) -> None:
    assert told(browsing.weight(browser, outputs.site)) == []
