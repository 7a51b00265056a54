"""Every job is taken once or told dropped once, and in the right order."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)
from jobs import job

from earshot.inference.batcher import Policy, batch, is_full
from earshot.inference.scheduler import Job, Kind, Loss, Scheduler

FINAL, FIRST, PARTIAL = Kind


class Line:
    """A scheduler, and what it told of dropped jobs."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.dropped: list[tuple[Job, Loss]] = []
        self.scheduler = Scheduler(policy or Policy(), self._drop)

    def _drop(self, job: Job, why: Loss) -> None:
        self.dropped.append((job, why))

    def submit(self, *jobs: Job) -> None:
        for one in jobs:
            self.scheduler.submit(one)


class Machine(RuleBasedStateMachine):
    """Streams submit, go away and wait in any order; a model keeps the books.

    A job's audio is as long as its number, so that each can be told apart.
    """

    policy = Policy(spread=1e9)

    def __init__(self) -> None:
        super().__init__()
        self.line = Line(self.policy)
        self.now = 0.0
        self.number = 0
        self.waiting: dict[int, Job] = {}
        self.segments = dict.fromkeys("abcde", 1)

    def expect(self, jobs: list[Job], why: Loss) -> None:
        told = [(len(one.audio), why) for one in jobs]
        assert [(len(one.audio), why) for one, why in self.line.dropped] == told
        self.line.dropped.clear()
        for one in jobs:
            del self.waiting[len(one.audio)]

    @rule(
        stream=st.sampled_from("abcde"),
        kind=st.sampled_from(Kind),
        patience=st.sampled_from([0.0, 3.0, math.inf]),
    )
    def submit(self, stream: str, kind: Kind, patience: float) -> None:
        self.number += 1
        new = job(
            stream,
            kind,
            self.now,
            self.number,
            self.segments[stream],
            self.now + patience,
        )
        old = [
            one
            for one in self.waiting.values()
            if one.stream == stream and one.kind is not FINAL
        ]
        self.line.submit(new)
        self.expect(old, "superseded")
        if kind is FINAL:
            self.segments[stream] += 1
        (self.waiting[self.number],) = (
            one for one in self.line.scheduler if len(one.audio) == self.number
        )
        place = self.waiting[self.number].asked
        inherited = old and kind is not FINAL
        assert place == (old[0].asked if inherited else self.now)

    @rule(stream=st.sampled_from("abcde"))
    def cancel(self, stream: str) -> None:
        gone = [one for one in self.line.scheduler if one.stream == stream]
        self.line.scheduler.cancel(stream)
        self.expect(gone, "cancelled")
        assert all(one.stream != stream for one in self.waiting.values())

    @rule(seconds=st.sampled_from([0.5, 1.0, 4.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: self.waiting)
    @rule()
    def take(self) -> None:
        wake = self.line.scheduler.wake()
        late = [one for one in self.line.scheduler if one.deadline < self.now]
        taken = self.line.scheduler.take(self.now)
        self.expect(late, "expired")
        if not late:
            assert bool(taken) == (self.now >= wake)
        for one in taken:
            assert self.waiting.pop(len(one.audio)) is one
            assert one.deadline >= self.now
        if taken:
            before = min((o.kind, o.asked) for o in [*taken, *self.waiting.values()])
            assert (taken[0].kind, taken[0].asked) == before

    @invariant()
    def the_line_is_what_was_neither_taken_nor_dropped(self) -> None:
        line = list(self.line.scheduler)
        assert {len(one.audio) for one in line} == set(self.waiting)
        assert len(line) == len(self.line.scheduler) == len(self.waiting)
        partials = [one.stream for one in line if one.kind is not FINAL]
        assert len(partials) == len(set(partials))
        oldest = min((one.asked for one in line), default=self.now)
        assert self.line.scheduler.waited(self.now) == self.now - oldest

    @invariant()
    def it_wakes_when_a_batch_is_full_or_due(self) -> None:
        line = list(self.line.scheduler)
        wake = self.line.scheduler.wake()
        if not line:
            assert wake == math.inf
            return
        chosen = batch(line, self.policy)
        if is_full(chosen, self.policy):
            assert wake == -math.inf
        else:
            assert wake == min(one.asked for one in chosen) + self.policy.window


class WindowMachine(Machine):
    """The same, where batches wait for company."""

    policy = Policy(finals=3, partials=3, window=2.0, spread=1e9)


BRIEF = settings(max_examples=40, stateful_step_count=30)
Machine.TestCase.settings = WindowMachine.TestCase.settings = BRIEF
TestInterleavings = Machine.TestCase
TestInterleavingsWithAWindow = WindowMachine.TestCase


def test_a_final_goes_before_partials_that_asked_earlier() -> None:
    line = Line()
    final = job("c", FINAL, asked=2.0)
    line.submit(job("a", PARTIAL, 0.0), job("b", FIRST, 1.0), final)
    assert line.scheduler.take(2.0) == [final]


def test_newer_audio_takes_the_place_in_line() -> None:
    line = Line(Policy(partials=1))
    line.submit(job("a", asked=0.0, samples=10), job("b", asked=1.0))
    line.submit(job("a", asked=2.0, samples=20))
    (first,) = line.scheduler.take(2.0)
    assert (first.stream, len(first.audio), first.asked) == ("a", 20, 0.0)
    ((old, why),) = line.dropped
    assert (len(old.audio), why) == (10, "superseded")


def test_the_partial_of_an_older_segment_is_told_dropped() -> None:
    line = Line()
    line.submit(job(segment=1), job(segment=2))
    assert [(one.segment, why) for one, why in line.dropped] == [(1, "superseded")]
    assert [one.segment for one in line.scheduler] == [2]


def test_a_job_is_wanted_up_to_its_deadline() -> None:
    line = Line()
    line.submit(job("a", deadline=4.0), job("b", deadline=5.0))
    assert [one.stream for one in line.scheduler.take(5.0)] == ["b"]
    assert [(one.stream, why) for one, why in line.dropped] == [("a", "expired")]


def test_a_batch_waits_for_its_window_or_until_it_is_full() -> None:
    line = Line(Policy(partials=2, window=0.03))
    line.submit(job("a", asked=1.0))
    assert line.scheduler.wake() == 1.03
    assert line.scheduler.take(1.0) == []
    line.submit(job("b", asked=1.01))
    assert len(line.scheduler.take(1.01)) == 2
    line.submit(job("c", asked=2.0))
    assert line.scheduler.take(line.scheduler.wake()) != []
    assert line.scheduler.wake() == math.inf


def test_two_streams_of_unlike_length_do_not_hold_each_other_up() -> None:
    line = Line()
    line.submit(job("a", samples=1000), job("b", samples=100))
    assert [one.stream for one in line.scheduler.take(0.0)] == ["a"]
    assert [one.stream for one in line.scheduler.take(0.0)] == ["b"]


def test_no_audio_is_no_obstacle() -> None:
    line = Line()
    line.submit(job("a", samples=0), job("b", samples=100, asked=1.0))
    assert len(line.scheduler.take(1.0)) == 1
    assert len(line.scheduler.take(1.0)) == 1


@given(
    st.lists(st.sets(st.sampled_from("bcdefgh")), min_size=8, max_size=20),
    st.integers(1, 4),
)
def test_no_stream_starves_while_others_keep_asking(
    rounds: list[set[str]], room: int
) -> None:
    line, waited = Line(Policy(partials=room)), 0
    for at, streams in enumerate(rounds):
        asking = [*sorted(streams), "a"]
        line.submit(*(job(stream, asked=float(at)) for stream in asking))
        taken = {one.stream for one in line.scheduler.take(at)}
        waited = 0 if "a" in taken else waited + 1
        assert waited < math.ceil(8 / room)


def test_the_default_scheduler_tells_nobody() -> None:
    scheduler = Scheduler()
    for one in (job(segment=1), job(segment=2)):
        scheduler.submit(one)
    scheduler.cancel("a")
    assert len(scheduler) == 0


@pytest.mark.parametrize("samples", [0, 1, 16_000, 24_000])
def test_a_job_knows_its_seconds(samples: int) -> None:
    assert job(samples=samples).seconds == samples / 16_000
