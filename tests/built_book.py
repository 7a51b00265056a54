"""A book that was built, as the tests of outputs take it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from fixture_book import PROJECT

from press import book, build
from press.checks.outputs.built import Built
from press.findings import Finding

INPUTS = ("manuscript", "theme", "diagrams", "experiments", "earshot", "tests/book")
CONFIGURATION = ("mkdocs.yml", "uv.lock")


def copy(root: Path) -> None:
    """Copy what the real book is built from."""
    ignored = shutil.ignore_patterns("__pycache__")
    for name in INPUTS:
        shutil.copytree(PROJECT / name, root / name, ignore=ignored)
    for name in CONFIGURATION:
        shutil.copy(PROJECT / name, root / name)


def build_in(root: Path) -> Built:
    """Build the book in a folder, unless it is built."""
    build.make(root, build.OUTPUTS, lambda text: None)
    return Built(book.load(root))


def told(findings: Iterable[Finding]) -> list[str]:
    """Findings as they are printed."""
    return [str(finding) for finding in findings]
