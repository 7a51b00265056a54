"""Editions: built aside, promoted at once, kept where nothing changed."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import lxml.html
import pytest
from fixture_book import PROJECT, lay_out

from press import book as books
from press import build, epub, pdf
from press.findings import PressError


def quiet(_: str) -> None:
    """Report nothing."""


@pytest.fixture
def stubbed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Writers that write a word each and say that they ran."""
    ran: list[str] = []

    def render(book, site):
        (site / "downloads").mkdir(parents=True)
        (site / "index.html").write_text(book.pages[0].text)
        for kind in ("pdf", "epub"):
            (site / "downloads" / f"{book.edition.slug}.{kind}").touch()
        ran.append("site")
        return []

    def write_pdf(book, pages, path, report):
        path.write_text(f"pdf of {book.pages[0].title}")
        ran.append("pdf")
        return {"pages": ["i", "1"]}

    def write_epub(book, pages, path, page_map):
        path.write_text(f"epub of {book.pages[0].title} {page_map.get('pages')}")
        ran.append("epub")

    monkeypatch.setattr(build, "render", render)
    monkeypatch.setattr(pdf, "write", write_pdf)
    monkeypatch.setattr(epub, "write", write_epub)
    return ran


def make(root: Path, *outputs: str) -> list[str]:
    """Build the outputs (all when none is named) and return those made."""
    made = build.make(root, outputs or build.OUTPUTS, quiet)
    return [path.name for path in made]


def shown(root: Path) -> dict[str, str]:
    """Every file that readers see, by its path below `build/`, with its text."""
    folder = root / "build"
    return {
        f"{name}/{path.relative_to(folder / name)}": path.read_text()
        for name in ("site", "fixture-book.pdf", "fixture-book.epub")
        for path in [folder / name, *sorted((folder / name).rglob("*"))]
        if path.is_file()
    }


def rewrite(root: Path, old: str, new: str, path: str = "manuscript/index.md") -> None:
    """Change a text of the manuscript."""
    file = root / path
    file.write_text(file.read_text().replace(old, new))


# -- what a build makes ------------------------------------------------------------


def test_readers_see_links_through_one_edition(copied, stubbed):
    assert make(copied) == ["site", "fixture-book.pdf", "fixture-book.epub"]
    folder = copied / "build"
    current = Path(os.readlink(folder / ".current"))
    assert current.parent == Path(".editions")
    for name in ("site", "fixture-book.pdf", "fixture-book.epub"):
        assert Path(os.readlink(folder / name)) == Path(".current") / name
    assert [p.name for p in (folder / ".editions").iterdir()] == [current.name]
    assert (folder / "site" / "index.html").read_text().startswith("# The Fixture")


def test_the_site_offers_what_was_built_with_it(copied, stubbed):
    make(copied)
    downloads = copied / "build" / "site" / "downloads"
    for kind in ("pdf", "epub"):
        name = f"fixture-book.{kind}"
        assert (downloads / name).read_text() == (copied / "build" / name).read_text()


def test_an_unchanged_book_is_not_built_again(copied, stubbed):
    make(copied)
    stubbed.clear()
    before = shown(copied)
    assert make(copied) == []
    assert stubbed == []
    assert shown(copied) == before


@pytest.mark.parametrize(
    "path",
    [
        "manuscript/index.md",
        "manuscript/facts.yml",
        "mkdocs.yml",
        "examples/queue.py",
        "experiments/queue/data.json",
        "diagrams/rendered/line.light.svg",
    ],
)
def test_a_change_of_any_source_builds_again(path, copied, stubbed):
    make(copied)
    with (copied / path).open("a") as file:
        file.write("\n")
    assert len(make(copied)) == 3


def test_a_change_of_theme_or_environment_builds_again(copied, stubbed, monkeypatch):
    (copied / "theme").unlink()
    shutil.copytree(PROJECT / "theme", copied / "theme")
    make(copied)
    with (copied / "theme" / "theme.yml").open("a") as file:
        file.write("\n")
    assert len(make(copied)) == 3
    monkeypatch.setenv("BOOK_SITE_URL", "https://example.org/")
    assert len(make(copied)) == 3
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    assert len(make(copied)) == 3
    assert make(copied) == []


def test_the_press_is_a_source_of_books_elsewhere(copied):
    names = [name for name, _ in build._inputs(books.load(copied))]
    assert "press/build.py" in names
    assert all(not name.startswith(("/", "..")) for name in names)


def test_a_build_leaves_the_environment_alone(copied, stubbed):
    make(copied)
    assert "SOURCE_DATE_EPOCH" not in os.environ


def test_the_date_is_the_editions_unless_it_is_given(copied, monkeypatch):
    book = books.load(copied)
    assert build.epoch(book) == 1795392000  # 2026-11-23T00:00:00Z
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert build.epoch(book) == 86400


@pytest.mark.parametrize("given", ["", "soon", "-5", "1.5", "²"])
def test_an_epoch_that_is_no_number_counts_as_none(given, copied, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", given)
    assert build.epoch(books.load(copied)) == 1795392000


def test_a_folder_that_takes_no_links_is_told_before_anything_is_made(
    copied, stubbed, monkeypatch
):
    def refused(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "symlink_to", refused)
    with pytest.raises(PermissionError) as caught:
        make(copied)
    assert caught.value.filename == str(copied / "build")
    assert stubbed == []


def test_a_stray_file_among_the_editions_stays(copied, stubbed):
    make(copied)
    stray = build.Editions(books.load(copied)).store / ".DS_Store"
    stray.write_text("x")
    rewrite(copied, "Every convention", "Each convention")
    make(copied)
    assert stray.read_text() == "x"
    assert "Each convention" in shown(copied)["site/index.html"]


# -- books of another shape --------------------------------------------------------

BACK_MATTER = ("glossary", "evidence", "references", "subject-index")


def test_a_book_without_generated_pages_prints_what_it_cites(copied, tmp_path):
    """Facts, terms and citations are words where no page can be linked to."""
    for name in BACK_MATTER:
        (copied / f"manuscript/back/{name}.md").unlink()
        rewrite(copied, f"      - back/{name}.md\n", "", "mkdocs.yml")
    with (copied / "manuscript/references.bib").open("a") as works:
        works.write("@book{nobody,author={Nobody},title={Not Listed},year={2000}}\n")
    page = copied / "manuscript/01-queues/exercises.md"
    text = "A [queue](term:fifo) of [](fact:patience), [@nobody, p. 2].\n"
    page.write_text(f"{page.read_text()}\n{text}")
    pages = build.render(books.load(copied), tmp_path / "site")
    html = next(p.html for p in pages if p.src == "01-queues/exercises.md")
    words = "".join(lxml.html.fromstring(html).itertext())
    assert "A queue of three, [Nobody, 2000, p. 2]." in " ".join(words.split())
    assert not re.search(r"<a\b[^>]*class=\"(?:fact|term)", html)
    assert "<a>" not in html
    assert "back/" not in html


def test_one_chapter_is_rendered_as_in_the_whole_book(copied, tmp_path):
    book = books.load(copied)
    whole = build.render(book, tmp_path / "site")
    alone = build.render_chapter(book, 1, tmp_path / "none")
    mine = [page.src for page in book.chapter(1).pages]
    assert [p for p in alone if p.html] == [p for p in whole if p.src in mine]
    assert [(p.src, p.url) for p in alone] == [(p.src, p.url) for p in whole]
    assert not (tmp_path / "none").exists()


def test_a_chapter_alone_tells_of_links_that_lead_nowhere(copied, tmp_path):
    page = copied / "manuscript/01-queues/exercises.md"
    page.write_text(f"{page.read_text()}\nA [link](nowhere.md).\n")
    with pytest.raises(PressError, match=r"nowhere\.md"):
        build.render_chapter(books.load(copied), 1, tmp_path / "none")


# -- one output alone --------------------------------------------------------------


def test_an_output_made_alone_keeps_the_others(copied, stubbed):
    make(copied)
    before = shown(copied)
    rewrite(copied, "# The Fixture Book", "# Another Book")
    assert make(copied, "pdf") == ["fixture-book.pdf"]
    after = shown(copied)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"fixture-book.pdf/."}
    assert after.keys() == before.keys()


def test_outputs_made_alone_come_together_later(copied, stubbed):
    make(copied, "epub")
    make(copied, "pdf")
    assert "None" in (copied / "build" / "fixture-book.epub").read_text()
    assert len(make(copied)) == 3
    assert "['i', '1']" in (copied / "build" / "fixture-book.epub").read_text()
    assert all(shown(copied).values())


def test_an_epub_alone_has_the_pages_of_the_last_pdf(copied, stubbed):
    make(copied)
    rewrite(copied, "# The Fixture Book", "# Another Book")
    make(copied, "epub")
    text = (copied / "build" / "fixture-book.epub").read_text()
    assert text == "epub of Another Book ['i', '1']"


def test_another_slug_leaves_no_link_to_nothing(copied, stubbed):
    make(copied)
    rewrite(copied, "slug: fixture-book", "slug: other", "mkdocs.yml")
    make(copied)
    links = [path for path in (copied / "build").iterdir() if path.is_symlink()]
    assert sorted(p.name for p in links) == [
        ".current",
        "other.epub",
        "other.pdf",
        "site",
    ]
    assert all(link.exists() for link in links)


# -- failures and crashes ------------------------------------------------------------


@pytest.mark.parametrize("error", [PressError(), OSError("disk full"), SystemExit(1)])
def test_a_failure_changes_nothing_that_readers_see(
    error, copied, stubbed, monkeypatch
):
    make(copied)
    before = shown(copied)
    rewrite(copied, "# The Fixture Book", "# Another Book")

    def fail(*_):
        raise error

    monkeypatch.setattr(epub, "write", fail)
    with pytest.raises(type(error)):
        make(copied)
    assert shown(copied) == before
    assert len(list((copied / "build" / ".editions").iterdir())) == 1


def test_what_a_crash_left_is_cleared(copied, stubbed):
    make(copied)
    editions = copied / "build" / ".editions"
    (editions / "edition-dead" / "site").mkdir(parents=True)
    (editions / "edition-dead" / "site" / "index.html").write_text("half")
    (copied / "build" / "..current.new").symlink_to("nowhere")
    rewrite(copied, "# The Fixture Book", "# Another Book")
    make(copied)
    assert len(list(editions.iterdir())) == 1
    assert "half" not in shown(copied).values()
    assert (
        (copied / "build" / "site" / "index.html").read_text().startswith("# Another")
    )


def test_a_crash_before_the_links_is_mended(copied, stubbed):
    make(copied)
    (copied / "build" / "fixture-book.pdf").unlink()
    assert len(make(copied)) == 3
    assert (copied / "build" / "fixture-book.pdf").exists()


def test_an_unreadable_record_means_a_new_edition(copied, stubbed):
    make(copied)
    (copied / "build" / ".current" / build.RECORD).write_text("{")
    assert len(make(copied)) == 3


def test_plain_files_in_the_way_give_way(copied, stubbed):
    (copied / "build" / "site").mkdir(parents=True)
    (copied / "build" / "fixture-book.pdf").write_text("old")
    make(copied)
    assert (copied / "build" / "site").is_symlink()
    assert (copied / "build" / "fixture-book.pdf").is_symlink()


def test_readers_never_see_a_mixture(copied, stubbed, monkeypatch):
    """At every rename of the second build the outputs are of one edition."""
    make(copied)
    rewrite(copied, "# The Fixture Book", "# Another Book")
    states: set[frozenset[bool]] = set()
    real = os.replace

    def watched(*given, **options):
        states.add(frozenset("Another" in text for text in shown(copied).values()))
        real(*given, **options)
        states.add(frozenset("Another" in text for text in shown(copied).values()))

    monkeypatch.setattr(build.os, "replace", watched)
    make(copied)
    assert states == {frozenset([False]), frozenset([True])}


def test_a_second_build_waits_for_the_first(copied, stubbed):
    folder = copied / "build"
    folder.mkdir()
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = threading.Thread(target=make, args=(copied,))
        second.start()
        second.join(0.2)
        assert second.is_alive()
        assert stubbed == []
    second.join(30)
    assert stubbed == ["site", "pdf", "epub"]


# -- the whole ---------------------------------------------------------------------


def digests(root: Path) -> dict[str, str]:
    """A digest of every file of the current edition, but for what it was made from."""
    folder = root / "build" / ".current"
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != build.RECORD
    }


def test_two_builds_in_two_folders_give_the_same_bytes(tmp_path):
    """Another folder, process, hash seed, time zone and umask change nothing."""
    one, other = (lay_out(tmp_path / name) for name in ("one", "other/deeper"))
    assert len(make(one)) == 3
    press = Path(sys.executable).with_name("press")
    environment = {"TZ": "Pacific/Auckland", "PYTHONHASHSEED": "7"}
    done = subprocess.run(
        [press, "book", "--root", other],
        env={**os.environ, **environment},
        umask=0o077,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [line.split()[-1] for line in done.stdout.splitlines()[:3]] == [
        "build/site",
        "build/fixture-book.pdf",
        "build/fixture-book.epub",
    ]
    assert digests(one) == digests(other)
    made = digests(one)
    assert made["site/downloads/fixture-book.pdf"] == made["fixture-book.pdf"]
    record = json.loads((one / "build/.current" / build.RECORD).read_text())
    assert set(record) == set(build.OUTPUTS)
