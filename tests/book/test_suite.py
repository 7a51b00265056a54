"""All checks in one run: what isn't built or installed is told, never passed over."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from built_book import Built
from click.testing import CliRunner

from press import checks, cli
from press.checks import catalogue, pages
from press.checks.outputs import across, built, pdf, report, suite, tools


def ignored(_: str) -> None:
    """Tell nobody."""


def pretended(check: suite.Check) -> suite.Result:
    """A result that nobody had to work for."""
    return suite.Result(check, (), 1.25)


def test_a_book_that_is_not_built(copied: Path) -> None:
    done = CliRunner().invoke(cli.main, ["check", "--outputs", "--root", str(copied)])
    assert done.exit_code == 1
    assert "not built from what is here now: site, pdf, epub" in done.output


def test_outputs_of_another_manuscript(small: Built, copied: Path) -> None:
    (copied / "build").symlink_to(small.book.root / "build")
    assert built.load(copied).folder == small.folder
    with (copied / "manuscript/index.md").open("a", encoding="utf-8") as page:
        page.write("\nMore.\n")
    done = CliRunner().invoke(cli.main, ["check", "--outputs", "--root", str(copied)])
    assert done.exit_code == 1
    assert "[not-built]" in done.output


def test_what_is_not_installed_is_a_finding(
    small: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("playwright", "playwright.sync_api", "page"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(tools.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(suite, "CHECKS", [c for c in suite.CHECKS if needs(c)])
    results = suite.run(small, ignored)
    assert len(results) == 10
    codes = {f.code for one in results for f in one.findings}
    assert codes == {"tools", "diagram-tools"}
    assert all(one.findings for one in results)


def needs(check: suite.Check) -> bool:
    """Whether a check asks something that may be absent."""
    place = check.entry.place.removeprefix("outputs.")
    asks = ("validators.", "browser.", "reader.", "pdf.accessible")
    return place.startswith(asks)


def test_the_page_of_all_rules_names_each_with_its_codes() -> None:
    page = report.page([pretended(check) for check in suite.CHECKS], 60)
    rules = (*checks.PAGE_RULES, *checks.BOOK_RULES, *checks.REVIEW_RULES)
    for rule in rules:
        assert f"| {catalogue.entry(rule).place} |" in page
    for check in suite.CHECKS:
        assert check.entry.looks_at in page
    assert "`pdf-ua`" in page
    assert "`across-words`" in page
    assert "| 1.2 |" in page


def test_codes_are_those_of_a_rule_and_of_what_it_calls() -> None:
    assert catalogue.entry(pages.headings).codes == (
        "heading-skip",
        "no-title",
        "title-twice",
    )
    assert catalogue.entry(pdf.links).codes == ("pdf-bookmark", "pdf-link")
    assert catalogue.entry(across.pictures).codes == ("across-pictures",)


def test_the_table_has_a_line_for_each_check() -> None:
    lines = report.table([pretended(check) for check in suite.CHECKS]).splitlines()
    assert lines[0].split()[0] == "output"
    assert len(lines) == len(suite.CHECKS) + 1


@pytest.mark.external
def test_the_fixture_book_passes_every_check(small: Built) -> None:
    results = suite.run(small, ignored)
    assert [str(found) for one in results for found in one.findings] == []
