"""The outputs of the real book and of the fixture book, built once; a browser."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from typing import Any

import pytest
from built_book import build_in, copy
from fixture_book import lay_out

from press.checks.outputs import browser as browsing
from press.checks.outputs.built import Built


@pytest.fixture(scope="session")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A copy of the real book, built once for all workers."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    root = base / "the-book"
    with (base / "the-book.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            copy(root.with_name("the-book.new"))
            root.with_name("the-book.new").rename(root)
        return build_in(root)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The fixture book, built; nobody may change it."""
    return build_in(lay_out(tmp_path_factory.mktemp("small") / "book"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The system's Chromium."""
    with browsing.launched() as opened:
        yield opened
