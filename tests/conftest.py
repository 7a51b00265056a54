"""What all tests share: the fixture book, its renderings and the golden files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fixture_book import GOLDEN, Rendering, lay_out
from hypothesis import settings

from press import apparatus, build
from press import book as books
from press.apparatus import Apparatus

os.environ["NO_MKDOCS_2_WARNING"] = "1"
# A loaded machine is not a fault, and a run is to be told apart from the last
# one by what changed in the code alone.
settings.register_profile("book", deadline=None, derandomize=True)
settings.load_profile("book")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--save-golden` writes the golden files anew instead of comparing them."""
    parser.addoption("--save-golden", action="store_true", help="write golden files")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No date, address or commit from outside reaches a test's book."""
    for name in (
        "SOURCE_DATE_EPOCH",
        "BOOK_SITE_URL",
        "BOOK_REPO_URL",
        "PRESS_RELEASE_COMMIT",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the fixture book to be changed at will."""
    return lay_out(tmp_path / "book")


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the fixture book that nobody may change."""
    return lay_out(tmp_path_factory.mktemp("fixture") / "book")


@pytest.fixture(scope="session")
def known(project: Path) -> Apparatus:
    """The fixture book's apparatus."""
    return apparatus.load(project)


@pytest.fixture(scope="session")
def rendering(
    project: Path, known: Apparatus, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rendering]:
    """The fixture book, rendered once for all tests of a worker."""
    site = tmp_path_factory.mktemp("rendering") / "site"
    book = books.load(project)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", str(build.epoch(book)))
        yield Rendering(book, known, build.render(book, site), site)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare text with a golden file, or write it under `--save-golden`."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("save_golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"{name} has changed"

    return compare
