"""A batch is of one purpose and about one length, and has a limit."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jobs import job

from earshot.inference.batcher import Policy, batch, is_full
from earshot.inference.scheduler import Job, Kind

FINAL, FIRST, PARTIAL = Kind

jobs = st.builds(
    job,
    stream=st.sampled_from("abcdefgh"),
    kind=st.sampled_from(Kind),
    asked=st.integers(0, 9).map(float),
    samples=st.sampled_from([0, 1, 74, 75, 100, 125, 126, 1000]),
)
lines = st.lists(jobs, max_size=12)
policies = st.builds(
    Policy,
    finals=st.integers(1, 3),
    partials=st.integers(1, 5),
    spread=st.sampled_from([0.0, 0.25, 1.0]),
    mixed=st.booleans(),
)


def line_of(*jobs: tuple[Kind, float, int]) -> list[Job]:
    """Jobs of as many streams: what for, asked when, and how long."""
    return [
        job(stream, kind, asked, samples)
        for stream, (kind, asked, samples) in zip("abcdefgh", jobs, strict=False)
    ]


def order(one: Job) -> tuple[Kind, float]:
    return one.kind, one.asked


def is_close(first: Job, one: Job, policy: Policy) -> bool:
    length = len(first.audio)
    return abs(len(one.audio) - length) <= policy.spread * length


@given(lines, policies)
def test_a_batch_begins_with_the_first_in_line(line: list[Job], policy: Policy) -> None:
    chosen = batch(line, policy)
    assert bool(chosen) == bool(line)
    if line:
        assert chosen[0] is min(line, key=order)
        assert chosen == sorted(chosen, key=order)


@given(lines, policies)
def test_a_batch_keeps_its_limits(line: list[Job], policy: Policy) -> None:
    chosen = batch(line, policy)
    finals = [one for one in chosen if one.kind is FINAL]
    assert all(is_close(chosen[0], one, policy) for one in chosen)
    assert len({one.stream for one in chosen}) == len(chosen)
    if policy.mixed:
        assert len(chosen) <= policy.partials
    else:
        assert finals in ([], chosen)
        assert len(chosen) <= (policy.finals if finals else policy.partials)


@given(lines, policies)
def test_nobody_who_fits_is_left_out_while_there_is_room(
    line: list[Job], policy: Policy
) -> None:
    chosen = batch(line, policy)
    for one in line:
        behind = any(one.stream == other.stream for other in line if other is not one)
        if one in chosen or behind or not is_close(chosen[0], one, policy):
            continue
        stranger = not policy.mixed and (one.kind is FINAL) != (chosen[0].kind is FINAL)
        assert stranger or is_full(chosen, policy)


def test_lengths_may_differ_by_a_quarter_of_the_first() -> None:
    lengths = [100, 125, 126, 75, 74]
    line = line_of(*((PARTIAL, at, length) for at, length in enumerate(lengths)))
    assert [len(one.audio) for one in batch(line, Policy(partials=4))] == [100, 125, 75]


def test_finals_go_alone_and_first_partials_with_the_others() -> None:
    line = line_of((PARTIAL, 0, 9), (FIRST, 1, 9), (FINAL, 2, 9))
    assert [one.kind for one in batch(line, Policy())] == [FINAL]
    assert [one.kind for one in batch(line[:2], Policy())] == [FIRST, PARTIAL]


def test_a_mixed_batch_has_finals_and_partials() -> None:
    kinds, policy = (PARTIAL, FINAL, FIRST, FINAL, FINAL), Policy(4, 4, mixed=True)
    chosen = batch(line_of(*((kind, 0, 9) for kind in kinds)), policy)
    assert [one.kind for one in chosen] == [FINAL, FINAL, FINAL, FIRST]
    assert is_full(chosen, policy)
    assert not is_full(chosen[:3], policy)


@pytest.mark.parametrize("kind", Kind)
def test_equals_go_in_the_order_they_asked(kind: Kind) -> None:
    line = line_of(*((kind, asked, 9) for asked in (3, 1, 2)))
    assert [one.asked for one in batch(line, Policy(3, 3))] == [1, 2, 3]


def test_a_short_final_does_not_pass_a_long_one_of_its_stream() -> None:
    line = [job("a", FINAL, asked, samples) for asked, samples in ((0, 9), (1, 99))]
    line += [job("a", FINAL, 2, 9), job("b", FINAL, 3, 9)]
    assert [(one.stream, one.asked) for one in batch(line, Policy())] == [
        ("a", 0),
        ("b", 3),
    ]


@pytest.mark.parametrize(
    "values",
    [
        {"finals": 0},
        {"partials": 0},
        {"spread": -0.1},
        {"window": -1.0},
        {"window": math.inf},
    ],
)
def test_policies_that_cannot_hold_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"batch|window"):
        Policy(**values)
