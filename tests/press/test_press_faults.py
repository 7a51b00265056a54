"""The judge of the fault campaign, a few cheap faults, and what it has found."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from changes import both, remove, write
from click.testing import CliRunner
from faults import campaign, circumstances
from faults.campaign import attempt, judged
from faults.cases import Fault, cases
from faults.damage import cut_short, turn
from fixture_book import PROJECT, lay_out

from press import apparatus, build, checks
from press import book as books
from press.cli import main
from press.findings import PressError

NAV = "mkdocs.yml"
TOLD = "mkdocs.yml:1: there is no book here; name its folder [no-book]"
FAULT = Fault("configuration", "no mkdocs.yml", remove(NAV), NAV, "no-book")
READ = "build/site/index.html"


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """The fixture book with something for readers to see."""
    root = lay_out(tmp_path / "whole")
    write(READ, "a page")(root)
    return root


def test_faults_are_many_and_each_has_a_name_of_its_own():
    names = [(fault.family, fault.name) for fault in cases()]
    assert len(names) == len(set(names)) >= 60


@pytest.mark.parametrize(
    ("status", "told", "objection"),
    [
        (1, TOLD, ""),
        (0, TOLD, "exit status 0"),
        (2, TOLD, "exit status 2"),
        (1, f"Traceback (most recent call last):\n{TOLD}", "a traceback"),
        (1, TOLD.replace("[no-book]", "[config]"), "not told as"),
        (1, TOLD.replace("mkdocs.yml", "book.yml"), "not told as"),
        (1, TOLD.replace(":1:", ":"), "not told as"),
        (1, TOLD.replace("; name its folder", ""), "not told as"),
        (1, "", "but: nothing"),
    ],
)
def test_a_fault_has_to_be_told_with_its_place_and_what_to_do(status, told, objection):
    objections = judged(FAULT, status, told)[1]
    assert len(objections) == bool(objection)
    assert objection in "".join(objections)


def test_the_message_of_the_fault_is_chosen_among_others():
    other = "a.md:3: no label; add it [label-unknown]"
    assert judged(FAULT, 1, f"{TOLD}\n{other}\n2 findings") == (TOLD, [])


@pytest.mark.parametrize(
    ("name", "change", "path", "code"),
    [
        ("no book", remove(NAV), NAV, "no-book"),
        ("no date", write(NAV, "docs_dir: x\nnav: [a]\n"), NAV, "config"),
        ("bytes", write(NAV, b"\xe9"), NAV, "encoding"),
    ],
)
def test_a_fault_that_is_told_passes(whole, tmp_path, name, change, path, code):
    verdict = attempt(Fault("cheap", name, change, path, code), whole, tmp_path)
    assert verdict.objections == ()
    assert verdict.said.startswith(f"{path}:1: ")
    assert verdict.seconds > 0


def test_a_wrong_expectation_fails(whole, tmp_path):
    verdict = attempt(replace(FAULT, code="config"), whole, tmp_path)
    assert [text[:11] for text in verdict.objections] == ["not told as"]


def test_outputs_that_were_touched_are_noticed(whole, tmp_path, monkeypatch):
    press = tmp_path / "press"
    press.write_text(f'#!/bin/sh\necho new > "$3/{READ}"\necho "{TOLD}"; exit 1\n')
    press.chmod(0o755)
    monkeypatch.setattr(campaign, "PRESS", press)
    verdict = attempt(FAULT, whole, tmp_path)
    assert verdict.objections == ("what readers see has changed",)


def test_a_circumstance_that_cannot_be_made_is_no_pass(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(circumstances.os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    fault = replace(FAULT, change=lambda root: None, how=circumstances.unreadable(NAV))
    (objection,) = attempt(fault, whole, tmp_path).objections
    assert objection.startswith("not tried: root needs setpriv")


def test_rights_bind_whoever_runs_the_tests(whole, tmp_path):
    how = circumstances.unreadable(NAV)
    fault = Fault("system", "unreadable", lambda root: None, NAV, "system", how)
    assert attempt(fault, whole, tmp_path).objections == ()


# -- what the campaign found ---------------------------------------------------------


@pytest.fixture
def own_theme(copied: Path) -> Path:
    """A copy of the fixture book whose theme may be changed, too."""
    (copied / "theme").unlink()
    shutil.copytree(PROJECT / "theme", copied / "theme")
    return copied


SOURCE = "diagrams/line.mmd"
DRAWING = "diagrams/rendered/line.light.svg"
DRAWN = write(SOURCE, "flowchart LR\n  a --> b\n")
SPOILT = {
    "drawing cut short": (both(DRAWN, write(DRAWING, "<svg")), SOURCE, "diagram-shape"),
    "drawing in bytes": (both(DRAWN, write(DRAWING, b"\xe9")), DRAWING, "encoding"),
    "width in words": (
        both(DRAWN, turn(DRAWING, "<svg ", '<svg width="all" ')),
        SOURCE,
        "diagram-shape",
    ),
    "lock in bytes": (
        write("diagrams/rendered.lock.json", b"\xe9"),
        "diagrams/rendered.lock.json",
        "encoding",
    ),
    "no style sheet": (remove("theme/print/book.css"), "theme/print/book.css", None),
    "no cover": (remove("theme/print/cover.svg"), "theme/print/cover.svg", None),
    "cover cut short": (
        cut_short("theme/print/cover.svg"),
        "theme/print/cover.svg",
        "theme",
    ),
    "bytes in a sheet": (
        write("theme/epub/book.css", b"\xe9"),
        "theme/epub/book.css",
        "encoding",
    ),
    **{
        f"{how.__name__} {path}": (how(f"theme/{path}"), f"theme/{path}", "theme")
        for how in (remove, cut_short)
        for path in ("fonts/Inter-Bold.ttf", "site/fonts/Inter-Regular.woff2")
    },
}


@pytest.mark.parametrize(("change", "path", "code"), SPOILT.values(), ids=SPOILT)
def test_what_is_spoilt_is_told_before_anything_is_rendered(
    own_theme, change, path, code
):
    change(own_theme)
    told = checks.run(apparatus.load(own_theme))
    places = [(str(one.relative(own_theme).path), one.code) for one in told]
    assert (path, code or "file-missing") in places


@pytest.mark.parametrize(
    ("template", "line"),
    [("\n{% extends", 2), ("{{ config.site_name }}\n\n{{ page.no.thing }}", 3)],
)
def test_a_template_that_fails_is_told_at_its_line(own_theme, template, line):
    place = own_theme / "theme/site/overrides/main.html"
    place.write_text(template)
    with pytest.raises(PressError) as caught:
        build.render(books.load(own_theme), own_theme / "site")
    (finding,) = caught.value.findings
    assert (finding.path, finding.line, finding.code) == (place, line, "template")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ModuleNotFoundError("gone", name="weasyprint"),
            "“weasyprint” is not installed",
        ),
        (OSError("cannot load library 'libpango': no such file"), "'libpango', which"),
        (OSError(28, "No space left", "a.md", None, "build/a.md"), "build/a.md:1: "),
    ],
)
def test_what_the_machine_lacks_is_told(copied, monkeypatch, error, said):
    def fail(*_):
        raise error

    monkeypatch.setattr(build, "make", fail)
    done = CliRunner().invoke(main, ["book", "--root", str(copied)])
    assert done.exit_code == 1
    assert said in done.output
