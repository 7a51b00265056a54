"""New books and sections, renamed labels: work on the manuscript's own files."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

import pikepdf
import pytest
import yaml
from fixture_book import FIXTURE, PROJECT
from hypothesis import given
from hypothesis import strategies as st

from press import apparatus, build, checks, labels, projects
from press import book as books
from press.book import Page
from press.findings import PressError
from press.source import scan

ENGINE = ("theme", "plugins", "validation", "markdown_extensions", "extra_css")
PAGE = "manuscript/01-queues/01-waiting.md"


def codes(error: pytest.ExceptionInfo[PressError]) -> list[str]:
    """The codes of what was refused."""
    return [finding.code for finding in error.value.findings]


# -- a new book ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book fresh from the starter."""
    folder = tmp_path_factory.mktemp("started") / "my-book"
    projects.new_book(folder, PROJECT / "theme")
    return folder


def test_a_new_book_builds_to_three_outputs(started):
    book = books.load(started)
    made = build.make(started, build.OUTPUTS, lambda _: None)
    assert [path.name for path in made] == ["site", "your-book.pdf", "your-book.epub"]
    site, pdf, epub = made
    for page in book.pages:
        folder = site / page.src
        folder = folder.parent if folder.stem == "index" else folder.with_suffix("")
        assert (folder / "index.html").is_file()
    with pikepdf.open(pdf) as document:
        assert len(document.pages) > 5
    with zipfile.ZipFile(epub) as archive:
        assert archive.testzip() is None


def test_a_new_book_has_an_identifier_of_its_own(started, tmp_path):
    other = tmp_path / "other"
    projects.new_book(other, PROJECT / "theme")
    identifiers = {books.load(root).edition.identifier for root in (started, other)}
    assert len(identifiers) == 2
    for identifier in identifiers:
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", identifier)
        assert projects.PLACEHOLDER not in identifier


def test_a_new_book_needs_an_empty_folder_and_a_theme(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(PressError) as error:
        projects.new_book(tmp_path / "full", PROJECT / "theme")
    assert codes(error) == ["not-empty"]
    with pytest.raises(PressError) as error:
        projects.new_book(tmp_path / "new", tmp_path / "no-theme")
    assert codes(error) == ["no-theme"]
    assert not (tmp_path / "new").exists()


class Loader(yaml.SafeLoader):
    """YAML with MkDocs' own tags as plain text."""


Loader.add_multi_constructor("", lambda loader, tag, node: (tag, str(node.value)))


@pytest.mark.parametrize(
    "config", [projects.STARTER / "mkdocs.yml", FIXTURE / "book" / "mkdocs.yml"]
)
def test_every_book_sets_the_press_up_alike(config):
    given, ours = (
        yaml.load(path.read_text(encoding="utf-8"), Loader)
        for path in (config, PROJECT / "mkdocs.yml")
    )
    assert {key: given.get(key) for key in ENGINE} == {key: ours[key] for key in ENGINE}
    for key in ("scope", "generator"):
        assert given["extra"][key] == ours["extra"][key]


# -- a new section -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chapter", "title", "name", "label"),
    [
        (1, "Counting what waits", "04-counting-what-waits", "sec-counting-what-waits"),
        (2, "Ångström’s “signals”", "01-angstroms-signals", "sec-angstroms-signals"),
    ],
)
def test_a_new_section_is_a_page_of_the_book(chapter, title, name, label, copied):
    path = projects.new_section(copied, chapter, title)
    assert path.stem == name
    known = apparatus.load(copied)
    assert checks.run(known) == []
    assert known.book.chapter(chapter).pages[-1].path == path
    assert known.labels.by_id[label].title == title


@pytest.mark.parametrize(
    ("chapter", "title", "code"),
    [(3, "A title", "no-chapter"), (1, "Waiting", "title"), (1, "¿?", "title")],
)
def test_a_section_that_cannot_be_begun(chapter, title, code, copied):
    before = (copied / "mkdocs.yml").read_text()
    with pytest.raises(PressError) as error:
        projects.new_section(copied, chapter, title)
    assert codes(error) == [code]
    assert (copied / "mkdocs.yml").read_text() == before


# -- renamed labels ------------------------------------------------------------------


def test_a_renamed_label_takes_its_references_along(copied):
    changed = projects.rename(copied, "sec-length", "sec-line-length")
    assert sorted(path.name for path in changed) == [
        "01-waiting.md",
        "02-shared-lines.md",
    ]
    known = apparatus.load(copied)
    assert checks.run(known) == []
    assert "sec-length" not in known.labels.by_id
    shared = (copied / "manuscript/01-queues/02-shared-lines.md").read_text()
    assert "(01-waiting.md#sec-line-length)" in shared


def test_a_rename_leaves_code_mail_and_escapes_alone(copied):
    projects.rename(copied, "fig-line", "fig-queue")
    text = (copied / PAGE).read_text()
    assert r"\@fig-line for" in text
    assert "`@fig-line`" in text
    assert "someone@fig-line.example" in text
    assert text.count("fig-line") == 3
    assert "{#fig-queue}" in text
    assert "\n@fig-queue shows" in text
    assert checks.run(apparatus.load(copied)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("fig-nothing", "fig-x"),
        ("fig-line", "fig-outside"),
        ("fig-line", "tbl-line"),
        ("fig-line", "fig-Line!"),
        ("fig-line", "line"),
    ],
)
def test_a_rename_that_is_refused(old, new, copied):
    before = (copied / PAGE).read_bytes()
    with pytest.raises(PressError) as error:
        projects.rename(copied, old, new)
    assert codes(error) == ["rename"]
    assert (copied / PAGE).read_bytes() == before


PIECES = ["@fig-a", "{#fig-a}", "@fig-ab", "`", "```", "\n", " ", "x", "<!--", "-->"]


@given(st.lists(st.sampled_from([*PIECES, "\\@fig-a", "---\n"]), max_size=16))
def test_a_rename_changes_marks_and_nothing_else(pieces):
    text = "".join(pieces)
    page = Page(Path("p.md"), "p.md", "section", text, {})
    out = projects._renamed(page, "fig-a", "fig-zz")
    assert out.replace("fig-zz", "fig-a") == text
    before, after = scan(text), scan(out)
    assert [m.target.replace("fig-zz", "fig-a") for m in after.marks] == [
        m.target for m in before.marks
    ]
    assert all(mark.target != "fig-a" for mark in (*after.marks, *after.labels))
    assert [fence.body for fence in after.fences] == [f.body for f in before.fences]


def test_labels_are_listed_with_their_places(known):
    label = labels.collect(known.book).by_id["tbl-arrivals"]
    assert label.text == "Table 1-1"
    assert label.page.src == "01-queues/01-waiting.md"
    line = label.page.text.split("\n")[label.line - 1]
    assert line.endswith("{#tbl-arrivals}")


def test_a_new_book_may_be_moved(tmp_path, started):
    """It does not know where it was laid out."""
    moved = tmp_path / "moved"
    shutil.copytree(started, moved, symlinks=True)
    assert checks.run(apparatus.load(moved)) == []
