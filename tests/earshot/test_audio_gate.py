"""The gate opens and closes by its rules, for any probabilities."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earshot.audio.gate import Gate, GateSettings

probabilities = st.lists(
    st.one_of(st.sampled_from([0.0, 0.34, 0.35, 0.5, 1.0]), st.floats(0, 1))
)
counts = st.integers(1, 4)
settings = st.builds(GateSettings, minimum_speech=counts, hangover=counts)


def states(values: list[float], rules: GateSettings) -> list[bool]:
    gate = Gate(rules)
    return [gate.step(value) for value in values]


def drawn(pattern: str) -> list[float]:
    """`#` speech, `-` in between, `.` silence."""
    return [{"#": 0.9, "-": 0.4, ".": 0.1}[mark] for mark in pattern]


@pytest.mark.parametrize(
    ("heard", "opens"),
    [
        ("....", "...."),
        (".#..#.", "......"),
        (".##...", "..xxx."),
        (".#-...", "..xxx."),
        (".-#-...", "...xxx."),
        (".--..", "....."),
        (".##..#...", "..xxxxxx."),
        (".##.-.-.-", "..xxxxxxx"),
        (".##...##", "..xxx..x"),
    ],
)
def test_pictures_of_the_gate(heard: str, opens: str) -> None:
    got = states(drawn(heard), GateSettings())
    assert "".join("x" if state else "." for state in got) == opens


@given(probabilities, settings)
def test_it_changes_only_after_frames_that_agree(
    values: list[float], rules: GateSettings
) -> None:
    got = [False, *states(values, rules)]
    for number in range(1, len(got)):
        if got[number] and not got[number - 1]:
            run = values[number - rules.minimum_speech : number]
            assert len(run) == rules.minimum_speech
            assert run[0] >= rules.enter
            assert min(run) >= rules.leave
        if got[number - 1] and not got[number]:
            run = values[number - rules.hangover : number]
            assert len(run) == rules.hangover
            assert max(run) < rules.leave


@given(probabilities, settings)
def test_it_changes_when_frames_agree(values: list[float], rules: GateSettings) -> None:
    got = states(values, rules)
    for number in range(len(values)):
        heard = values[max(0, number + 1 - rules.minimum_speech) : number + 1]
        if len(heard) == rules.minimum_speech and min(heard) >= rules.enter:
            assert got[number]
        quiet = values[max(0, number + 1 - rules.hangover) : number + 1]
        if len(quiet) == rules.hangover and max(quiet) < rules.leave:
            assert not got[number]


@given(probabilities, probabilities, settings)
def test_a_reset_forgets(
    before: list[float], values: list[float], rules: GateSettings
) -> None:
    gate = Gate(rules)
    for value in before:
        gate.step(value)
    gate.reset()
    assert not gate.open
    assert [gate.step(value) for value in values] == states(values, rules)


@pytest.mark.parametrize(
    "values",
    [
        {"enter": 0.3},
        {"enter": 1.1},
        {"leave": 0.0},
        {"minimum_speech": 0},
        {"hangover": 0},
    ],
)
def test_settings_that_cannot_hold_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"leave|minimum_speech"):
        GateSettings(**values)
