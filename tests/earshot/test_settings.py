"""Settings come from file and environment; each mistake is named with its place."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from earshot import settings as module
from earshot.commands import settings as command
from earshot.settings import Settings, SettingsError, load

EXAMPLE = Path(module.__file__).with_name("earshot.toml")


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith("EARSHOT_"):
            monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    return Path("earshot.toml")


def complaint(config: Path | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(config)
    return str(caught.value).splitlines()


def test_without_file_and_environment_the_defaults_hold() -> None:
    assert load() == Settings()
    assert load().server.port == 8765


def test_a_file_sets_what_it_names_and_no_more(file: Path) -> None:
    file.write_text('[server]\nlog = "json"\n[stream]\nstep_ms = 800\n')
    held = load(file)
    assert (held.server.log, held.stream.step_ms) == ("json", 800)
    assert held.server.port == Settings().server.port
    assert held.stream.first_ms == Settings().stream.first_ms


def test_the_environment_wins_over_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("[stream]\nstep_ms = 800\nfirst_ms = 700\n")
    monkeypatch.setenv("EARSHOT_STREAM__STEP_MS", "600")
    assert load(file).stream.step_ms == 600
    assert load(file).stream.first_ms == 700


def test_a_variable_names_the_file_unless_the_call_does(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("[server]\nport = 1\n")
    Path("other.toml").write_text("[server]\nport = 2\n")
    monkeypatch.setenv("EARSHOT_CONFIG", "earshot.toml")
    assert load().server.port == 1
    assert load(Path("other.toml")).server.port == 2


def test_variables_of_other_parts_are_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARSHOT_CACHE", "/somewhere")
    monkeypatch.setenv("EARSHOT_CLIPS", "/elsewhere")
    assert load() == Settings()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "[server]\nport = 80000\n",
            "[server] port: should be less than or equal to 65535, not 80000",
        ),
        (
            "[server]\nthreads = 0\n",
            "[server] threads: should be greater than or equal to 1, not 0",
        ),
        (
            '[server]\nlog = "xml"\n',
            "[server] log: should be 'text' or 'json', not 'xml'",
        ),
        (
            '[server]\nfake = "perhaps"\n',
            "[server] fake: should be true or false, not 'perhaps'",
        ),
        (
            '[stream]\nstep_ms = "fast"\n',
            "[stream] step_ms: should be a whole number, not 'fast'",
        ),
        ("[gate]\nenter = []\n", "[gate] enter: should be a number, not []"),
        (
            "[segmenter]\nendpoint = 100\n",
            "[segmenter] endpoint: not 0 <= pre_roll, 0 < post_roll <= endpoint",
        ),
        (
            "[stream]\nstep_msec = 5\n",
            "[stream] step_msec: there is no such setting; "
            "did you mean [stream] step_ms?",
        ),
        (
            "[strem]\nstep_ms = 5\n",
            "[strem] step_ms: there is no such setting; did you mean [stream] step_ms?",
        ),
        (
            "port = 5\n",
            "port: there is no such setting; `earshot settings` has them all",
        ),
        (
            "stream = 5\n",
            "stream: there is no such setting; `earshot settings` has them all",
        ),
        (
            "_env_file = 5\n",
            "_env_file: there is no such setting; `earshot settings` has them all",
        ),
    ],
)
def test_a_mistake_in_a_file_is_told_with_its_place(
    file: Path, text: str, expected: str
) -> None:
    file.write_text(text)
    assert complaint(file) == [f"earshot.toml: {expected}"]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("EARSHOT_STREAM__STEP_MS", "fast", "should be a whole number, not 'fast'"),
        ("EARSHOT_SERVER__PORT", "", "should be a whole number, not ''"),
        ("EARSHOT_GATE__ENTER", "0.1", "not 0 < leave 0.35 <= enter 0.1 <= 1"),
        ("EARSHOT_GATE__ENTER", "nan", "should be a finite number, not 'nan'"),
        (
            "EARSHOT_STREAM__STEP",
            "5",
            "there is no such setting; did you mean EARSHOT_STREAM__STEP_MS?",
        ),
        ("EARSHOT_GATE", '{"enter": 0.6}', "there is no such setting"),
        ("EARSHOT_SERVER__PORT__HIGH", "5", "there is no such setting"),
        ("EARSHOT_NONSENSE", "5", "there is no such setting"),
    ],
)
def test_a_mistake_in_the_environment_is_told_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(name, value)
    [line] = complaint()
    assert line.startswith(f"{name}: {expected}")


def test_all_mistakes_are_told_at_once(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("[server]\nport = -1\nprot = 1\n[gate]\nleave = 0.9\n")
    monkeypatch.setenv("EARSHOT_SERVER__LOG", "loud")
    monkeypatch.setenv("EARSHOT_LOUD", "1")
    places = [line.partition(": ")[0::2] for line in complaint(file)]
    assert sorted(places) == [
        ("EARSHOT_LOUD", "there is no such setting; `earshot settings` has them all"),
        ("EARSHOT_SERVER__LOG", "should be 'text' or 'json', not 'loud'"),
        ("earshot.toml", "[gate] leave: not 0 < leave 0.9 <= enter 0.5 <= 1"),
        (
            "earshot.toml",
            "[server] port: should be greater than or equal to 0, not -1",
        ),
        (
            "earshot.toml",
            "[server] prot: there is no such setting; did you mean [server] port?",
        ),
    ]


def test_a_rule_that_two_places_break_names_both(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("[gate]\nenter = 0.4\nhangover = 5\n")
    monkeypatch.setenv("EARSHOT_GATE__LEAVE", "0.6")
    assert complaint(file) == [
        "earshot.toml: [gate] enter and EARSHOT_GATE__LEAVE: "
        "not 0 < leave 0.6 <= enter 0.4 <= 1"
    ]


def test_groups_that_do_not_fit_one_another_are_refused(file: Path) -> None:
    file.write_text(
        "[segmenter]\npre_roll = 400\ncap = 400\ncut = 200\n"
        "[gate]\nminimum_speech = 9\n[server]\nport = 1\n"
    )
    assert complaint(file) == [
        "earshot.toml: [gate] minimum_speech and earshot.toml: [segmenter] pre_roll "
        "and earshot.toml: [segmenter] cap: "
        "pre_roll and minimum_speech leave no room below cap"
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"[server]\nport 5\n", r"is not TOML: .*line 2"),
        (b"[server]\nport = 1\nport = 2\n", r"is not TOML: .*line 3"),
        (b"[server]\nmodel = '\xff'\n", r"is not UTF-8 \(at line 2\)"),
        (b"[server]\nport = " + 5000 * b"9", r"is not TOML: .*digits"),
    ],
)
def test_a_file_that_is_no_toml_is_refused_with_the_line(
    file: Path, content: bytes, expected: str
) -> None:
    file.write_bytes(content)
    assert re.match(f"earshot.toml {expected}", complaint(file)[0])


def test_a_file_that_cannot_be_read_is_refused(file: Path) -> None:
    assert complaint(file) == ["earshot.toml can't be read: No such file or directory"]
    file.mkdir()
    assert complaint(file) == ["earshot.toml can't be read: Is a directory"]


names = st.sampled_from(
    ["server", "gate", "stream", "port", "enter", "_env_file", "self", "", "x y"]
)
values = st.recursive(
    st.integers() | st.floats() | st.booleans() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner),
    max_leaves=5,
)


@given(table=st.dictionaries(names, values, max_size=3))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_content_of_a_file_raises_anything_but_a_settings_error(
    monkeypatch: pytest.MonkeyPatch, table: dict[str, object]
) -> None:
    monkeypatch.setattr(module.toml, "read", lambda path, wrong: table)
    with suppress(SettingsError):
        assert isinstance(load(Path("earshot.toml")), Settings)


def test_the_example_has_every_setting_with_its_default_and_a_comment() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert json.dumps(tomllib.loads(text)) == json.dumps(Settings().model_dump())
    lines = text.splitlines()
    for above, line in pairwise(lines):
        if " = " in line and not line.startswith("#"):
            assert "#" in line or above.startswith("#"), f"no comment: {line}"


def test_the_example_is_a_file_of_the_defaults() -> None:
    assert load(EXAMPLE) == Settings()


def test_the_command_prints_a_file_of_what_holds(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("[stream]\nstep_ms = 800\n")
    monkeypatch.setenv("EARSHOT_SERVER__TRACE", 'a "file" of späne')
    printed = CliRunner().invoke(command, ["--config", "earshot.toml"])
    assert printed.exit_code == 0
    held = load(file)
    Path("printed.toml").write_text(printed.stdout, encoding="utf-8")
    monkeypatch.delenv("EARSHOT_SERVER__TRACE")
    assert load(Path("printed.toml")) == held


def test_the_command_prints_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARSHOT_SERVER__PORT", "0")
    printed = CliRunner().invoke(command, ["--json"])
    assert json.loads(printed.stdout) == load().model_dump()


def test_the_command_fails_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARSHOT_SERVER__PORT", "high")
    failed = CliRunner().invoke(command)
    assert failed.exit_code == 1
    assert failed.stderr == (
        "Error: EARSHOT_SERVER__PORT: should be a whole number, not 'high'\n"
    )
