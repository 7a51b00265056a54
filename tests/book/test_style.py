"""Spelling and Markdown style of the manuscript and the repository's notes.

`typos.toml` and `.rumdl.toml` hold the book's own exceptions.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = ("manuscript", "diagrams", "README.md", "CONTRIBUTING.md")
CONVENTIONS = ROOT / "tests/fixture/book/manuscript"
SPELLED = (
    "The colour is `color`, “color” and [grey](https://example.org/color).\n\n"
    "```css\ncolor: grey\n```\n"
)


def run(program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A program of the virtual environment, run in the project's root."""
    command = [Path(sys.executable).with_name(program), *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )


def spelling(*paths: str | Path) -> list[str]:
    """What `typos` finds, a line each."""
    config = ("--config", ROOT / "typos.toml", "--force-exclude", "--format", "brief")
    done = run("typos", *config, *paths)
    assert done.returncode in (0, 2), done.stderr
    return done.stdout.splitlines()


def style(*paths: str | Path) -> list[str]:
    """What `rumdl` finds, a line each."""
    done = run("rumdl", "check", "--config", ROOT / ".rumdl.toml", "--quiet", *paths)
    assert done.returncode in (0, 1), done.stderr
    return [line for line in done.stdout.splitlines() if ": [MD" in line]


def test_what_we_write_is_spelled_right() -> None:
    assert spelling(*WRITTEN) == []


def test_our_markdown_keeps_to_one_style() -> None:
    assert style(*WRITTEN) == []


def test_misspelled_and_american_words_are_told(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Title\n\nThe color of teh line.\n")
    found = spelling(page)
    assert [line.split("`")[1] for line in found] == ["color", "teh"]
    assert all(":3:" in line for line in found)


def test_code_and_quotations_keep_their_spelling(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(SPELLED)
    assert spelling(page) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("# Title\nText.\n", "MD022"),
        ("# Title\n\n* one\n- two\n", "MD004"),
        ("# Title\n\nText. \n", "MD009"),
        ("# Title\n\n```\nx\n```\n", "MD040"),
        ("# Title\n\nText.", "MD047"),
    ],
)
def test_another_style_is_told(text: str, code: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    assert any(f"[{code}]" in line for line in style(page))


def test_the_conventions_of_the_press_are_no_faults_of_style() -> None:
    faults = style(CONVENTIONS)
    assert [line for line in faults if "someone@fig-line.example" not in line] == []
