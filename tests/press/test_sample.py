"""The invented book: the same for a seed, faultless, of a real section's density."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from press import apparatus, checks, sample
from press.sample import Size

PROJECT = Path(__file__).resolve().parents[2]
SMALL = Size(chapters=4, sections=2, words=300)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The apparatus of a book of full size."""
    folder = tmp_path_factory.mktemp("sample") / "book"
    sample.write(folder, PROJECT)
    return apparatus.load(folder)


def test_same_seed_same_bytes(tmp_path):
    sample.write(tmp_path / "a", PROJECT, seed=7, size=SMALL)
    sample.write(tmp_path / "b", PROJECT, seed=7, size=SMALL)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_another_seed_other_words(tmp_path):
    sample.write(tmp_path / "a", PROJECT, seed=1, size=SMALL)
    sample.write(tmp_path / "b", PROJECT, seed=2, size=SMALL)
    page = "manuscript/01-chapter/01-section.md"
    assert (tmp_path / "a" / page).read_text() != (tmp_path / "b" / page).read_text()


def test_it_is_a_book_of_thirteen_chapters_in_five_parts(book):
    assert (len(book.book.parts), len(book.book.chapters)) == (5, 13)
    assert len(book.book.pages) == 102


def test_it_has_no_faults(book):
    assert checks.run(book) == []


def test_it_has_the_size_of_a_book(book):
    words = sum(page.scan.words for page in book.book.pages)
    assert words == pytest.approx(110_000, rel=0.01)


def test_every_page_is_distinct(book):
    pages = [p.text for p in book.book.pages if p.kind in ("section", "chapter")]
    lines = Counter(line for text in pages for line in set(text.split("\n")) if line)
    shared = [line for line, count in lines.items() if count > 1 and len(line) > 40]
    assert shared == []


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        ("image-diagram", 2),
        ("image-plot", 1),
        ("cite", 8),
        ("fact", 9),
        ("term", 8),
        ("index", 8),
        ("book1", 3),
        ("ref", 6),
    ],
)
def test_sections_are_as_dense_as_a_real_one(book, kind, least):
    sections = [p for p in book.book.pages if p.kind == "section" and p.number]
    assert all(len(page.scan.of(kind)) >= least for page in sections)


def test_settings_are_those_of_the_project(book):
    assert book.book.config["theme"]["name"] == "material"
    assert book.book.edition.slug == "sample"
