"""The live preview: what it builds, what it serves, and what no fault may do."""

from __future__ import annotations

import mimetypes
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config

from press import book as books
from press import build, data, sample
from press.findings import Finding, PressError
from press.preview.additions import banner
from press.preview.builder import Builder
from press.preview.server import Server

PROJECT = Path(__file__).resolve().parents[2]
SIZE = sample.Size(chapters=2, sections=2, words=60)
URL = "http://127.0.0.1:8000/"
ONE = "manuscript/01-chapter/01-section.md"
TWO = "manuscript/02-chapter/01-section.md"
OPENER = "manuscript/02-chapter/index.md"
FACTS = "manuscript/facts.yml"
NAV = "mkdocs.yml"
PATIENCE = 60  # seconds that a loaded machine may take for one build

Change = Callable[[Path], None]


@pytest.fixture(scope="module")
def invented(tmp_path_factory) -> Path:
    """A small invented book, to be copied."""
    folder = tmp_path_factory.mktemp("invented") / "book"
    sample.write(folder, PROJECT, size=SIZE)
    return folder


@pytest.fixture
def copied(invented, tmp_path) -> Path:
    """A small book to be changed at will."""
    shutil.copytree(invented, tmp_path / "book")
    return tmp_path / "book"


def restore(root: Path, kept: dict[str, bytes]) -> None:
    """Give a folder the files that it had."""
    for path, content in contents(root).items():
        if path not in kept:
            (root / path).unlink()
        elif content != kept[path]:
            (root / path).write_bytes(kept[path])
    for path in kept.keys() - contents(root).keys():
        (root / path).write_bytes(kept[path])


# -- changes -------------------------------------------------------------------


def swap(path: str, old: str, new: str, count: int = 1) -> Change:
    """Save a file with one text in another's place."""

    def change(root: Path) -> None:
        text = (root / path).read_text(encoding="utf-8")
        assert old in text
        data.write_text(root / path, text.replace(old, new, count))

    return change


def both(*changes: Change) -> Change:
    """Several changes, one after the other."""

    def change(root: Path) -> None:
        for each in changes:
            each(root)

    return change


def add(path: str, text: str) -> Change:
    """Save a file with a text at its end; a file that isn't there is made."""

    def change(root: Path) -> None:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        data.write_text(file, before + text)

    return change


def remove(path: str) -> Change:
    """Delete a file."""
    return lambda root: (root / path).unlink()


def rename_chapter(root: Path) -> None:
    """Give a chapter another title, on its page and in the navigation."""
    title = books.load(root).chapter(2).title
    swap(OPENER, f"# {title} ", "# Another title ")(root)
    swap(NAV, f"2. {title}:", "2. Another title:")(root)


FIGURE = "\n![A drawing of boxes.](diagram:d-1-1-1)\n\n: New. {#fig-new}\n"
EXERCISES = "          - 01-chapter/exercises.md\n"
CHANGES = {
    "prose": swap(ONE, " the ", " that "),
    "second-level heading": swap(ONE, "## ", "## Also "),
    "title": swap(ONE, "# ", "# Also "),
    "chapter title": rename_chapter,
    "figure before others": swap(ONE, "\n![", f"{FIGURE}\n!["),
    "label renamed": both(
        *(swap(page, "sec-2-1-a}", "sec-2-1-x}") for page in (TWO,)),
        add(ONE, "\nSee @sec-2-1-x.\n"),
    ),
    "reference": add(ONE, "\nSee @fig-2-1-p, [](fact:f2-1-0) and [@work3, §2].\n"),
    "index mark": add(TWO, "\nA [new mark](index:marks/new).\n"),
    "footnote": add(TWO, "\nA note.[^n]\n\n[^n]: At the foot.\n"),
    "value of a fact": swap("experiments/p-1-1/data.json", '"0": ', '"0": 1'),
    "conditions of a fact": swap(FACTS, 'conditions: "', 'conditions: "Perhaps '),
    "definition": swap("manuscript/glossary.yml", "definition: ", "definition: Or "),
    "bibliography": swap("manuscript/references.bib", "year = {", "year = {1", -1),
    "listing": swap("service/s1_1.py", "total = ", "total = 1 + "),
    "output": add("manuscript/01-chapter/outputs/1.console", "one more line\n"),
    "drawing": swap("experiments/p-1-1/plot.light.svg", "<rect", "<!-- --><rect"),
    "page deleted": both(
        remove("manuscript/01-chapter/exercises.md"), swap(NAV, EXERCISES, "")
    ),
    "new page": both(
        add("manuscript/01-chapter/more/index.md", "# More {#sec-more}\n\nMore.\n"),
        swap(NAV, EXERCISES, f"          - 01-chapter/more/index.md\n{EXERCISES}"),
    ),
    "pages swapped": both(
        swap(NAV, "01-chapter/01-section.md", "01-chapter/x"),
        swap(NAV, "01-chapter/02-section.md", "01-chapter/01-section.md"),
        swap(NAV, "01-chapter/x", "01-chapter/02-section.md"),
    ),
    "status": swap(OPENER, "status: draft", "status: begun"),
    "description": swap(ONE, "# ", "---\ndescription: A page.\n---\n\n# "),
    "version": swap(NAV, 'version: "1"', 'version: "2"'),
    "date": swap(NAV, "date: 2026-01-01", "date: 2026-02-02"),
    "style": add("theme/site/text.css", "/* new */\n"),
    "template": swap("theme/site/overrides/partials/footer.html", "Version", "No."),
}


# -- builds --------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder, but hidden ones."""
    files = (path for path in folder.rglob("[!.]*") if path.is_file())
    return {
        name: path.read_bytes()
        for path in files
        if not (name := path.relative_to(folder).as_posix()).startswith(".")
    }


def as_mkdocs_builds(root: Path, folder: Path) -> dict[str, bytes]:
    """The site as `mkdocs build` makes it, for the address of the preview."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", str(build.epoch(books.load(root))))
        config = str(root / "mkdocs.yml")
        mkdocs_build(load_config(config, site_dir=str(folder), site_url=URL))
    return contents(folder)


@pytest.fixture(scope="module")
def warm(invented, tmp_path_factory) -> Iterator[Builder]:
    """A builder that has built once."""
    root = tmp_path_factory.mktemp("warm") / "book"
    shutil.copytree(invented, root)
    made = Builder(root)
    made.site_url = URL
    made.build()
    yield made
    made.close()


@pytest.fixture
def builder(warm) -> Iterator[Builder]:
    """A builder whose last build was of its book as it was invented."""
    kept = contents(warm.root)
    warm.build()
    warm.sweep()
    yield warm
    restore(warm.root, kept)


@pytest.fixture
def root(builder) -> Path:
    """The builder's book, to be changed; the next test finds it as it was."""
    return builder.root


@pytest.mark.parametrize("name", CHANGES)
def test_a_rebuild_gives_the_bytes_of_a_fresh_build(builder, root, tmp_path, name):
    before = contents(builder.site.resolve())
    CHANGES[name](root)
    builder.build()
    after = contents(builder.site.resolve())
    assert after == as_mkdocs_builds(root, tmp_path / "fresh")
    assert after != before


def test_many_changes_in_a_row_give_the_bytes_of_a_fresh_build(builder, root, tmp_path):
    apart = ("label renamed", "page deleted", "new page", "description")
    for name in CHANGES.keys() - set(apart):
        CHANGES[name](root)
        builder.build()
    fresh = as_mkdocs_builds(root, tmp_path / "fresh")
    assert contents(builder.site.resolve()) == fresh


def test_only_what_changed_is_rendered(builder, root):
    assert builder.build().rendered == 0
    CHANGES["prose"](root)
    run = builder.build()
    assert (run.rendered, run.written) == (1, 1)


def test_a_number_that_changes_is_rendered_where_it_is_printed(builder, root):
    CHANGES["value of a fact"](root)
    rendered = {
        page.src
        for page in builder.known.book.pages
        if any(mark.target == "f1-1-0" for mark in page.scan.of("fact"))
    }
    before = dict(builder.memory.rendered)
    builder.build()
    after = builder.memory.rendered
    assert rendered <= {src for src in after if after[src] is not before[src]}
    assert len(rendered) < len(after) / 2


@pytest.mark.parametrize(
    "fault",
    [
        add(ONE, "\nSee @fig-nowhere.\n"),
        add(ONE, "\nSee [there](nowhere.md).\n"),
        add(ONE, "\nSee [there](../02-chapter/index.md#nowhere).\n"),
        add(FACTS, "\nf: [\n"),
        add(NAV, "\nnav: [\n"),
        swap("theme/site/overrides/main.html", "{% block", "{% blok"),
        lambda root: (root / ONE).write_bytes(b"# Caf\xe9\n"),
        lambda root: (root / NAV).write_bytes(b"site_name: Caf\xe9\n"),
        swap("diagrams/rendered/d-1-1-1.light.svg", "<rect", "<!-- --><rect"),
        remove(TWO),
        remove(NAV),
    ],
)
def test_a_fault_is_told_each_time_and_leaves_the_last_good_site(builder, root, fault):
    before = contents(builder.site.resolve())
    kept = contents(root)
    fault(root)
    for _ in range(2):
        with pytest.raises(PressError) as told:
            builder.build()
        assert all(f.path.is_relative_to(root) for f in told.value.findings)
        assert contents(builder.site.resolve()) == before
    restore(root, kept)
    builder.build()
    assert contents(builder.site.resolve()) == before


def test_folders_of_former_builds_are_swept(builder):
    for _ in range(3):
        builder.build()
    builder.sweep()
    assert len(list(builder.site.parent.iterdir())) == 2  # the link and its folder


def test_closing_leaves_nothing_behind(copied, monkeypatch, tmp_path):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    made = Builder(copied)
    made.build()
    made.close()
    assert list((tmp_path / "scratch").iterdir()) == []
    assert os.environ["SOURCE_DATE_EPOCH"] == "1"


def test_another_mkdocs_is_refused(invented, monkeypatch):
    monkeypatch.setattr("mkdocs.__version__", "2.0.0")
    with pytest.raises(PressError, match=r"MkDocs 2\.0\.0"):
        Builder(invented)


def test_the_banner_shows_text_as_text(tmp_path):
    finding = Finding(tmp_path / "a.md", 3, "html", "<b> is open", "close <b>")
    shown = banner((finding,), tmp_path)
    assert 'role="alert"' in shown
    assert "<code>a.md:3</code>: &lt;b&gt; is open" in shown
    assert "<b>" not in shown


# -- the server ----------------------------------------------------------------


class Preview:
    """`press site` on a free port, and a reader of its pages."""

    def __init__(self, root: Path, scratch: Path) -> None:
        self.root = root
        self.settled = 0
        scratch.mkdir()
        environment = {**os.environ, "TMPDIR": str(scratch)}
        command = [sys.executable, "-m", "press.cli", "site", "--root", str(root)]
        self.process = subprocess.Popen(
            [*command, "--port", "0"],
            stderr=subprocess.PIPE,
            env=environment,
            text=True,
        )
        self.said: list[str] = []
        self.url = re.search(r"http://\S+/", self.process.stderr.readline())[0]
        self.listener = threading.Thread(target=self._listen)
        self.listener.start()

    def _listen(self) -> None:
        self.said += iter(self.process.stderr.readline, "")

    def get(self, path: str = "") -> str:
        """A page's text, whatever its status."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=PATIENCE) as reply:
                return reply.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.read().decode()

    def epoch(self) -> int:
        """The build that is shown."""
        return int(re.search(r'data-epoch="(\d+)"', self.get())[1])

    def see(self, wanted: Callable[[str], bool], path: str = "") -> str:
        """Wait, as a browser does, until a page is as wanted."""
        end = time.monotonic() + PATIENCE
        while not wanted(page := self.get(path)):
            assert time.monotonic() < end, page
            epoch = re.search(r'data-epoch="(\d+)"', page)[1]
            if int(self.get(f"livereload/{epoch}/1")) == int(epoch):
                time.sleep(0.05)
        return page

    def end(self) -> int:
        """Interrupt the server; its exit status.

        By SIGTERM, which it takes as it takes ^C: shells make the processes
        that they start in the background deaf to SIGINT.
        """
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE)
        self.listener.join()
        self.process.stderr.close()
        return status


@pytest.fixture
def started(copied, tmp_path) -> Iterator[Callable[[], Preview]]:
    """A function that starts a preview of `copied`, to be ended by the test's end."""
    running: list[Preview] = []

    def start() -> Preview:
        running.append(Preview(copied, tmp_path / "scratch"))
        return running[-1]

    yield start
    for preview in running:
        if preview.process.returncode is None:
            preview.end()


@pytest.fixture(scope="module")
def running(invented, tmp_path_factory) -> Iterator[Preview]:
    """A preview that goes on from test to test."""
    folder = tmp_path_factory.mktemp("running")
    shutil.copytree(invented, folder / "book")
    made = Preview(folder / "book", folder / "scratch")
    yield made
    made.end()


@pytest.fixture
def preview(running) -> Iterator[Preview]:
    """A preview of the book as it was invented."""
    kept = contents(running.root)
    yield running
    restore(running.root, kept)
    running.settled += 1
    mark = f"Settled {running.settled}."
    add("manuscript/front/preface.md", f"\n{mark}\n")(running.root)
    running.see(has(mark), "front/preface/")


@pytest.fixture
def book(preview) -> Path:
    """The folder of the preview's book."""
    return preview.root


def has(text: str) -> Callable[[str], bool]:
    """Whether a page holds a text and no banner."""
    return lambda page: text in page and "preview-findings" not in page


def faulty(text: str) -> Callable[[str], bool]:
    """Whether a page has a banner that holds a text."""
    return lambda page: "preview-findings" in page and text in page


PAGE = "01-chapter/01-section/"


def test_a_saved_page_is_served(preview, book):
    add(ONE, "\nA new end.\n")(book)
    preview.see(has("A new end."), PAGE)


def test_a_page_written_in_place_is_served(preview, book):
    with (book / ONE).open("a", encoding="utf-8") as file:
        file.write("\nA slow")
        file.flush()
        time.sleep(0.1)
        file.write(" end.\n")
    preview.see(has("A slow end."), PAGE)


def test_the_last_of_many_saves_wins(preview, book):
    text = (book / ONE).read_text(encoding="utf-8")
    for number in range(20):
        data.write_text(book / ONE, f"{text}\nSave number {number}.\n")
        time.sleep(0.01)
    preview.see(has("Save number 19."), PAGE)


def test_an_edit_during_the_first_build_is_not_missed(started, copied):
    preview = started()  # it has told its address and builds now
    add(ONE, "\nAn early end.\n")(copied)
    preview.see(has("An early end."), PAGE)


def test_downloads_have_their_types_on_any_system(monkeypatch):
    monkeypatch.setattr(mimetypes, "guess_type", lambda path: (None, None))
    types = [Server._guess_type(f"b.{kind}") for kind in ("pdf", "epub", "bin")]
    unknown = "application/octet-stream"
    assert types == ["application/pdf", "application/epub+zip", unknown]


def test_reading_files_causes_no_build(preview, book):
    epoch = preview.epoch()
    contents(book)
    time.sleep(0.5)
    assert preview.epoch() == epoch


@pytest.mark.parametrize(
    ("change", "path", "text"),
    [
        (swap("service/s1_1.py", "total = ", "total = 77 + "), PAGE, ">77<"),
        (
            swap("experiments/p-1-1/plot.light.svg", "<rect", "<!-- new --><rect"),
            "assets/figures/plot-p-1-1.light.svg",
            "<!-- new -->",
        ),
        (add("theme/site/text.css", "/* new */\n"), "assets/book.css", "/* new */"),
        (swap("experiments/p-1-1/data.json", '"0": ', '"0": 77'), PAGE, ">77"),
        (CHANGES["new page"], "01-chapter/more/", ">More<"),
    ],
    ids=["listing", "drawing", "style", "data", "page in a new folder"],
)
def test_everything_that_a_page_is_made_from_is_watched(
    preview, book, change, path, text
):
    change(book)
    end = time.monotonic() + PATIENCE
    while text not in preview.get(path):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_half_typed_reference_leaves_the_page_and_is_told(preview, book):
    page = preview.get(PAGE)
    add(ONE, "\nHalf an end, see @fig-half\n")(book)
    seen = preview.see(faulty(f"{ONE}:"), PAGE)
    assert 'role="alert"' in seen
    assert "Half an end" not in seen
    assert title(seen) == title(page)
    assert faulty(f"{ONE}:")(preview.get("02-chapter/"))
    assert any(f"{ONE}:" in line and "fig-half" in line for line in preview.said)
    swap(ONE, "@fig-half", "@fig-1-1-1")(book)
    assert "Half an end" in preview.see(has("Half an end"), PAGE)


def title(page: str) -> str:
    """What stands between the tags of a page's title."""
    return re.search(r"<title>(.*?)</title>", page)[1]


@pytest.mark.parametrize(
    ("path", "broken"),
    [(NAV, b"site_name: [\n"), (ONE, b"# Caf\xe9\n"), (FACTS, b"a: [\n")],
)
def test_a_broken_file_is_told_and_mended(preview, book, path, broken):
    good = (book / path).read_bytes()
    (book / path).write_bytes(broken)
    preview.see(faulty(f"{path}:"))
    (book / path).write_bytes(good + b"\n")
    preview.see(has("</html>"))


def test_a_deleted_page_is_gone_once_the_navigation_says_so(preview, book):
    remove("manuscript/01-chapter/exercises.md")(book)
    page = preview.see(faulty("exercises.md"), "01-chapter/exercises/")
    assert "Try it" in page
    swap(NAV, EXERCISES, "")(book)
    preview.see(has("This page"), "01-chapter/exercises/")
    assert "This page" not in preview.get("01-chapter/")


def test_a_first_build_with_faults_shows_them_and_recovers(started, copied):
    add(ONE, "\nSee @fig-half.\n")(copied)
    preview = started()
    assert faulty(f"{ONE}:")(preview.get(PAGE))
    assert "site_name" not in preview.get("mkdocs.yml")
    swap(ONE, "@fig-half", "@fig-1-1-1")(copied)
    preview.see(has(".</p>"), PAGE)


def test_what_is_added_to_pages_keeps_to_their_policy(preview, book):
    files = Builder(book)
    files.site_url = preview.url
    files.build()
    written = (files.site / PAGE / "index.html").read_text(encoding="utf-8")
    files.close()
    added = re.compile(r'<script src="/_press/page\.js" data-epoch="\d+"></script>')
    assert added.sub("", preview.get(PAGE)) == written
    assert "livereload" in preview.get("_press/page.js")
    assert "--paper" in preview.get("_press/page.css")


def test_an_interrupt_ends_it_without_a_trace(started, tmp_path):
    preview = started()
    preview.get()
    assert preview.end() == 0
    assert "Traceback" not in "".join(preview.said)
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_port_that_is_taken_is_told(invented):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        command = [sys.executable, "-m", "press.cli", "site", "--root", str(invented)]
        ran = subprocess.run(
            [*command, "--port", str(port)],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
    assert ran.returncode == 1
    assert f"127.0.0.1:{port} is taken" in ran.stderr
    assert "Traceback" not in ran.stderr
