"""Builds that are killed, and builds at once: readers see one edition, whole."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from fixture_book import lay_out
from killed import State, kill, leftovers, moments, run, shown, start

from press import build, epub, pdf

OPENER = "manuscript/index.md"
TITLES = ("# The Fixture Book", "# Another Book")
CHANGES = {
    *("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.symlink", "os.link"),
    *("os.truncate", "os.chmod", "shutil.rmtree", "shutil.copyfile"),
}
"""Audit events that come before a change of the file system."""


def title(root: Path, new: int) -> None:
    """Give the manuscript one of its two titles."""
    page = root / OPENER
    text = page.read_text(encoding="utf-8").replace(TITLES[1 - new], TITLES[new])
    page.write_text(text, encoding="utf-8")


def is_whole(state: State, *editions: State) -> bool:
    """Whether all that is shown is of one edition; links may still be missing."""
    return any(state.items() <= edition.items() for edition in editions)


# -- killed before any change that the press makes -----------------------------------


@pytest.fixture
def quick(copied: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The fixture book, with writers that write the title and no more."""

    def render(book, site):
        (site / "downloads").mkdir(parents=True)
        (site / "index.html").write_text(book.pages[0].title)
        return []

    def write(book, pages, path, *_):
        path.write_text(f"{path.suffix} of {book.pages[0].title}")
        return {}

    monkeypatch.setattr(build, "render", render)
    monkeypatch.setattr(pdf, "write", write)
    monkeypatch.setattr(epub, "write", write)
    return copied


def make(root: Path) -> list[Path]:
    """Build all outputs, if need be; which."""
    return build.make(root, build.OUTPUTS, lambda _: None)


def dies(root: Path, step: int) -> bool:
    """Build in a process that is killed before its change number `step`.

    False where the build was done before.
    """
    child = os.fork()
    if not child:
        with suppress(BaseException):
            sys.addaudithook(killer(step))
            make(root)
            os._exit(0)
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def killer(step: int):
    """An audit hook that kills its process before change number `step`."""
    left = iter(range(step))

    def hook(event: str, given: tuple) -> None:
        writes = event == "open" and given[2] & (os.O_WRONLY | os.O_RDWR)
        if (writes or event in CHANGES) and next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


def editions(root: Path) -> tuple[State, State]:
    """What readers see of the old and of the new edition; the old one is left."""
    seen = []
    for new in (1, 0):
        title(root, new)
        make(root)
        seen.append(shown(root))
    return seen[1], seen[0]


def test_a_build_killed_at_any_step_leaves_one_edition(quick: Path) -> None:
    old, new = editions(quick)
    assert old.keys() == new.keys()
    step = 0
    while True:
        title(quick, 1)
        if not dies(quick, step):
            break
        assert shown(quick) in (old, new), step
        title(quick, 0)
        make(quick)
        assert shown(quick) == old, step
        assert leftovers(quick) == [], step
        step += 1
    assert shown(quick) == new
    assert step > 20  # edition, files, record, swap, and the old edition's removal


def test_a_first_build_killed_at_any_step_shows_nothing_of_another(
    quick: Path, tmp_path: Path
) -> None:
    make(quick)
    whole = shown(quick)
    step = 0
    while dies(fresh := lay_out(tmp_path / str(step)), step):
        assert is_whole(shown(fresh), whole), step
        make(fresh)
        assert shown(fresh) == whole, step
        assert leftovers(fresh) == [], step
        step += 1
    assert step > 20


def test_another_slug_killed_at_any_step_shows_one_edition(quick: Path) -> None:
    make(quick)
    old = shown(quick)
    config = quick / "mkdocs.yml"
    before = config.read_text()
    config.write_text(before.replace("slug: fixture-book", "slug: other"))
    make(quick)
    new = shown(quick)
    step = 0
    while True:
        config.write_text(before)
        make(quick)
        assert shown(quick) == old, step
        config.write_text(before.replace("slug: fixture-book", "slug: other"))
        if not dies(quick, step):
            break
        assert is_whole(shown(quick), old, new), step
        step += 1
    assert shown(quick) == new
    assert step > 20


# -- killed at any moment --------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, State, State]:
    """The fixture book, built as it is, and what readers see of it either way."""
    root = lay_out(tmp_path_factory.mktemp("killed") / "book")
    seen = []
    for new in (1, 0):
        title(root, new)
        run(root)
        seen.append(shown(root))
    return root, seen[1], seen[0]


def test_builds_killed_at_random_moments_leave_one_edition(
    whole: tuple[Path, State, State],
) -> None:
    root, old, new = whole
    assert old != new
    title(root, 1)
    longest = run(root)
    target = 0
    for number, moment in enumerate(moments(longest)):
        if shown(root) == (old, new)[target]:  # or nothing would be built
            target = 1 - target
        title(root, target)
        kill(root, moment)
        assert shown(root) in (old, new), moment
        if number % 3 == 2:
            run(root)
            assert shown(root) == (old, new)[target]
            assert leftovers(root) == []


def test_two_builds_at_once_give_one_edition(whole: tuple[Path, State, State]) -> None:
    root, old, new = whole
    for target, edition in ((1, new), (0, old)):
        title(root, target)
        with start(root) as one, start(root) as other:
            told = [process.communicate() for process in (one, other)]
        assert [one.returncode, other.returncode] == [0, 0], told
        assert shown(root) == edition
        assert leftovers(root) == []


def test_a_build_that_waited_goes_on_when_the_first_is_killed(
    whole: tuple[Path, State, State],
) -> None:
    root, _, new = whole
    title(root, 0)
    run(root)
    title(root, 1)
    with start(root) as one, start(root) as other:
        time.sleep(0.8)
        os.killpg(one.pid, signal.SIGKILL)
        _, errors = other.communicate()
    assert other.returncode == 0, errors
    assert shown(root) == new
    assert leftovers(root) == []


# -- changed while it is built ---------------------------------------------------


def test_what_changes_during_a_build_is_built_next_time(
    quick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(quick)
    old = shown(quick)
    write = pdf.write

    def meanwhile(*given):
        title(quick, 1)
        return write(*given)

    with monkeypatch.context() as patch:
        patch.setattr(pdf, "write", meanwhile)
        with (quick / "mkdocs.yml").open("a") as config:
            config.write("\n")
        make(quick)
    title(quick, 0)  # as it was when that build began, and not when it ended
    assert make(quick)
    assert not make(quick)
    assert shown(quick) == old
