"""The command line: help, findings, and what each command prints."""

from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner
from fixture_book import PROJECT

from press.cli import main

ROOTLESS = ("new book",)


def commands(group: click.Group, before: str = "") -> dict[str, click.Command]:
    """All commands by their words."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        words = f"{before}{name}"
        if isinstance(command, click.Group):
            found |= commands(command, f"{words} ")
        else:
            found[words] = command
    return found


COMMANDS = commands(main)


def run(*arguments: object):
    """Call the press in this process."""
    return CliRunner().invoke(main, list(map(str, arguments)))


def test_the_commands_are_those_that_make_calls():
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    called = {
        line.split("$(BIN)/press ")[1].split()[0]
        for line in makefile.splitlines()
        if "$(BIN)/press " in line
    }
    assert called <= set(COMMANDS)
    assert {"expand", "labels", "rename", "new book", "new section"} <= set(COMMANDS)


@pytest.mark.parametrize("words", COMMANDS)
def test_help_says_what_a_command_and_its_options_do(words):
    result = run(*words.split(), "--help")
    assert result.exit_code == 0
    command = COMMANDS[words]
    assert command.help
    assert command.help.split("\n")[0].endswith(".")
    assert command.help.split()[0] in result.output
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
            assert parameter.opts[0] in result.output
        else:
            assert parameter.human_readable_name in result.output


def test_help_lists_every_command():
    listed = run("-h").output
    assert all(words.split()[0] in listed for words in COMMANDS)
    assert "book" in run("new", "--help").output
    assert run("--version").exit_code == 0


@pytest.mark.parametrize("words", [w for w in COMMANDS if w not in ROOTLESS])
def test_a_folder_without_a_book_is_told(words, tmp_path):
    arguments = {
        "rename": ("fig-a", "fig-b"),
        "expand": (tmp_path / "out",),
        "sample": (tmp_path / "out",),
        "new section": (1, "Title"),
    }
    root = tmp_path / "nowhere"
    result = run(*words.split(), "--root", root, *arguments.get(words, ()))
    assert result.exit_code == 1
    assert result.stderr.startswith("mkdocs.yml:1: there is no book here; ")
    assert isinstance(result.exception, SystemExit)
    assert list(tmp_path.iterdir()) == []


def test_check_says_nothing_of_a_sound_book(copied):
    result = run("check", "--root", copied)
    assert (result.exit_code, result.output) == (0, "")


def test_check_as_json_is_a_list_even_of_nothing(copied):
    result = run("check", "--root", copied, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == []


def test_a_release_refuses_what_a_draft_may_hold(copied):
    result = run("check", "--release", "--root", copied)
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert [line.split(":")[0] for line in lines[:-1]] == [
        "manuscript/01-queues/index.md",
        "manuscript/02-signals/index.md",
    ]
    assert lines[-1] == "2 findings"


def test_an_old_fact_warns_in_a_draft_and_stops_a_release(copied):
    ledger = copied / "manuscript/facts.yml"
    ledger.write_text(ledger.read_text().replace("2099-05-01", "2001-05-01"))
    draft = run("check", "--root", copied)
    assert draft.exit_code == 0
    assert draft.stderr.startswith("warning: manuscript/facts.yml:")
    release = run("check", "--release", "--root", copied)
    assert "[fact-expired]" in release.stderr
    assert release.exit_code == 1


def test_labels_are_listed_for_people_and_editors(copied):
    lines = run("labels", "--root", copied).stdout.splitlines()
    assert any(
        line.split()[:2] == ["fig-line", "manuscript/01-queues/01-waiting.md:11"]
        and "Figure 1-1" in line
        for line in lines
    )
    rows = json.loads(run("labels", "--root", copied, "--json").stdout)
    assert len(rows) == len(lines)
    assert {"label", "text", "title", "path", "line"} == set(rows[0])


def test_rename_prints_the_pages_that_it_changed(copied):
    result = run("rename", "--root", copied, "fig-outside", "fig-line-outside")
    assert result.exit_code == 0
    assert sorted(result.stdout.split()) == [
        "manuscript/01-queues/01-waiting.md",
        "manuscript/front/preface.md",
    ]


def test_expand_writes_the_whole_book_for_other_engines(copied, tmp_path):
    out = tmp_path / "expanded"
    result = run("expand", "--root", copied, out)
    assert result.stdout == f"15 pages in {out}\n"
    text = (out / "01-queues/01-waiting.md").read_text()
    assert "//// html | figure#fig-line.figure" in text
    assert (out / "01-queues/index.md").read_text().startswith("---\nstatus: begun\n")
    assert (out / "assets/figures/diagram-line.dark.svg").is_file()


def test_expand_never_writes_onto_the_manuscript(copied):
    sources = copied / "manuscript"
    before = {p: p.read_bytes() for p in sources.rglob("*") if p.is_file()}
    result = run("expand", "--root", copied, sources / "." / "front" / "..")
    assert result.exit_code == 1
    assert result.stderr.startswith("manuscript:1: ")
    assert "[expand]" in result.stderr
    assert {p: p.read_bytes() for p in sources.rglob("*") if p.is_file()} == before


def test_a_new_section_is_printed(copied):
    result = run("new", "section", "--root", copied, 1, "Another line")
    assert result.stdout == "manuscript/01-queues/04-another-line.md\n"


def test_a_new_book_says_how_to_build_it(tmp_path):
    theme = PROJECT / "theme"
    result = run("new", "book", "--theme", theme, tmp_path / "mine")
    assert result.exit_code == 0
    assert result.stdout.endswith(f"next: press book --root {tmp_path / 'mine'}\n")


def test_recorded_outputs_are_run_again(copied):
    kept = copied / "manuscript/01-queues/outputs/queue.console"
    before = kept.read_text()
    assert run("listings", "--root", copied).stdout == ""
    kept.write_text("$ python examples/queue.py\nmean wait: 99 min\n")
    result = run("listings", "--root", copied)
    assert result.stdout == "recorded manuscript/01-queues/outputs/queue.console\n"
    assert kept.read_text() == before


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("$ python examples/none.py\n", "exit status 2"),
        ("$ no-such-program\n", "FileNotFoundError"),
        ("$ echo 'open\n", "ValueError"),
        ("no command\n", "no command"),
        ("", "no command"),
    ],
)
def test_a_command_that_fails_is_a_finding(text, problem, copied):
    kept = copied / "manuscript/01-queues/outputs/queue.console"
    kept.write_text(text)
    result = run("listings", "--root", copied)
    assert result.exit_code == 1
    assert result.stderr.startswith("manuscript/01-queues/outputs/queue.console:1: ")
    assert problem in result.stderr
    assert kept.read_text() == text


def test_a_plot_that_fails_is_a_finding(copied):
    script = copied / "experiments/queue/plot.py"
    script.write_text("raise ValueError('no data')\n")
    result = run("figures", "--root", copied)
    assert result.exit_code == 1
    assert result.stderr.startswith("experiments/queue/plot.py:1: ")
    assert "no data" in result.stderr
    script.write_text("open('experiments/queue/drawn', 'w').close()\n")
    assert run("figures", "--root", copied).exit_code == 0
    assert (copied / "experiments/queue/drawn").exists()


def test_a_chapter_that_is_not_there_has_no_preview(copied):
    result = run("pdf", "--root", copied, "--chapter", 9)
    assert result.exit_code == 1
    assert "[no-chapter]" in result.stderr
