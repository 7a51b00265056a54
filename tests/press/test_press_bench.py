"""The bench: what it runs, what it judges by, and what it prints."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

from press.bench import child, profile, report, servers, stock, suite, writers

FOUND = {
    "about": {
        "date": "2026-11-26",
        "cpu": "A CPU",
        "cores": 2,
        "system": "Linux 6",
        "python": "3.11.7",
        "packages": {"mkdocs": "1.6.1"},
    },
    "lines": [
        {"what": "PDF", "value": 61.234, "unit": "s", "bar": None, "met": None},
        {"what": "PDF, pages", "value": 412, "unit": "", "bar": None, "met": None},
        {"what": "reload", "value": 0.9, "unit": "s", "bar": 0.7, "met": False},
    ],
    "pdf_stages": {"lines": 0.75, "styles": 0.25},
}


def test_a_child_tells_what_it_used_and_said() -> None:
    work = "print('done'); b = bytearray(60_000_000); sum(range(3_000_000))"
    spent = child.run([sys.executable, "-c", work])
    assert spent.output == "done\n"
    assert spent.wall_s > 0
    assert spent.cpu_s > 0
    assert spent.memory_mb > 60


def test_a_child_that_fails_is_quoted() -> None:
    with pytest.raises(child.BenchError, match="no such thing"):
        child.run([sys.executable, "-c", "raise SystemExit('no such thing')"])


@pytest.mark.parametrize(
    ("value", "bar", "met"), [(1, None, None), (1, 1.0, True), (1.01, 1.0, False)]
)
def test_a_bar_is_the_most_that_is_allowed(value, bar, met) -> None:
    assert suite.Line("x", value, "s", bar).met is met


def test_the_table_says_what_was_missed() -> None:
    lines = report.table(FOUND).splitlines()
    assert lines[0].split() == ["what", "measured", "bar", "verdict"]
    assert lines[1].split() == ["PDF", "61.23", "s"]
    assert lines[2].split() == ["PDF,", "pages", "412"]
    assert lines[3].split() == ["reload", "0.90", "s", "≤", "0.7", "s", "missed"]


def test_what_was_found_is_kept_as_data_and_as_a_page(tmp_path: Path) -> None:
    report.write(FOUND, tmp_path)
    kept = json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))
    assert kept == FOUND
    page = (tmp_path / "speed.md").read_text(encoding="utf-8")
    assert "on 2026-11-26" in page
    assert "| reload | 0.90 s | ≤ 0.7 s | missed |" in page
    assert "| lines | 75% |" in page


def test_the_kept_page_is_made_of_the_kept_data() -> None:
    kept = json.loads((report.DOCS / "speed.json").read_text(encoding="utf-8"))
    assert (report.DOCS / "speed.md").read_text(encoding="utf-8") == report.page(kept)


def test_the_peer_has_the_books_settings_without_the_press(
    project: Path, tmp_path: Path
) -> None:
    stock.write(project, tmp_path / "stock")
    settings = yaml.safe_load((tmp_path / "stock" / "mkdocs.yml").read_text("utf-8"))
    assert settings["theme"]["name"] == "material"
    assert "custom_dir" not in settings["theme"]
    assert settings["plugins"] == ["search"]
    names = [next(iter(each)) for each in settings["markdown_extensions"]]
    assert "admonition" in names
    assert "press" not in names
    sources = (tmp_path / "stock/docs").rglob("*.md")
    assert not any('lines="' in source.read_text("utf-8") for source in sources)
    child.run(
        child.mkdocs(
            "build", "-q", "-f", tmp_path / "stock" / "mkdocs.yml", "-d", tmp_path / "o"
        )
    )
    assert "Waiting" in (tmp_path / "o/01-queues/01-waiting/index.html").read_text()


def test_a_reload_is_seen_when_the_page_has_what_was_saved(copied: Path) -> None:
    source = copied / "manuscript/01-queues/01-waiting.md"
    kept = source.read_text(encoding="utf-8")
    with servers.served(child.press("site", "--root", copied), "--port") as url:
        times = servers.reload_s(url, "01-queues/01-waiting/", source, 2)
    assert len(times) == 2
    assert min(times) > 0
    assert source.read_text(encoding="utf-8") == kept


def test_the_writers_are_measured_from_the_same_pages(project: Path) -> None:
    found = writers.measure(project)
    assert found["pdf"]["pages"] > 5
    assert found["pdf"]["cpu_s"] > 0
    assert found["epub"]["cpu_s"] > 0
    assert sum(found["stages"].values()) == pytest.approx(1)


def test_looks_are_counted_by_stage() -> None:
    with profile.stages() as looks:
        sum(range(30_000_000))
    assert isinstance(looks, Counter)
    assert set(looks) == {profile.PRESS}
