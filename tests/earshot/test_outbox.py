"""Events go out once, in order and in bounds, and again when asked for."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from earshot.api.messages import Event, Flushed, Partial, Timing, encode, parse_event
from earshot.transport.outbox import Outbox, Overflow

LIMIT = 4


def partial(segment: int = 1, stable: str = "") -> Partial:
    return Partial(
        segment=segment,
        start_ms=0,
        stable=stable,
        stable_ms=0,
        unstable="",
        end_ms=0,
        timing=Timing(),
    )


def flushed(id: str = "") -> Flushed:
    return Flushed(id=id, audio_ms=0)


def drain(outbox: Outbox) -> list[int]:
    seqs = []
    while text := outbox.next():
        seqs.append(parse_event(text).seq)
    return seqs


class Machine(RuleBasedStateMachine):
    """Events are put, sent and asked for again; a model keeps what should be there."""

    def __init__(self) -> None:
        super().__init__()
        self.outbox = Outbox(LIMIT)
        self.kept: list[Event] = []
        self.sent = self.seq = self.lost = self.superseded = 0

    def put(self, event: Event) -> None:
        last = self.kept[-1] if self.kept else None
        replaces = (
            isinstance(event, Partial)
            and isinstance(last, Partial)
            and last.segment == event.segment
            and last.seq > self.sent
        )
        if replaces:
            self.kept.pop()
            self.superseded += 1
        unsent = sum(one.seq > self.sent for one in self.kept)
        if unsent == LIMIT:
            with pytest.raises(Overflow):
                self.outbox.put(event, 0)
            return
        if len(self.kept) == LIMIT:
            self.lost = self.kept.pop(0).seq
        self.seq += 1
        self.outbox.put(event, 7)
        assert (event.seq, event.at) == (self.seq, 7)
        self.kept.append(event)

    @rule(segment=st.integers(1, 2))
    def put_partial(self, segment: int) -> None:
        self.put(partial(segment))

    @rule()
    def put_other(self) -> None:
        self.put(flushed())

    @rule()
    def next(self) -> None:
        text = self.outbox.next()
        due = [one for one in self.kept if one.seq > self.sent]
        assert text == (encode(due[0]) if due else None)
        if due:
            self.sent = due[0].seq

    @rule(data=st.data())
    def rewind(self, data: st.DataObject) -> None:
        seq = data.draw(st.integers(0, self.seq + 2))
        assert self.outbox.keeps(seq) == (seq >= self.lost)
        self.outbox.rewind(seq)
        self.sent = min(max(seq, self.lost), self.seq)

    @rule()
    def forget(self) -> None:
        self.outbox.forget()
        self.kept.clear()
        self.lost = self.sent = self.seq

    @invariant()
    def it_keeps_so_many_and_no_more(self) -> None:
        assert [one.text for one in self.outbox._letters] == list(
            map(encode, self.kept)
        )
        assert len(self.kept) <= LIMIT
        assert self.outbox.superseded == self.superseded


Machine.TestCase.settings = settings(max_examples=60, stateful_step_count=30)
TestAnythingGoes = Machine.TestCase


def test_numbers_rise_and_skip_what_was_superseded() -> None:
    outbox = Outbox(LIMIT)
    for event in (flushed(), partial(stable="a"), partial(stable="b"), flushed()):
        outbox.put(event, 0)
    assert drain(outbox) == [1, 3, 4]
    assert outbox.superseded == 1


@pytest.mark.parametrize("between", [flushed(), partial(2)])
def test_a_partial_passes_over_nothing_that_came_between(between: Event) -> None:
    outbox = Outbox(LIMIT)
    for event in (partial(1), between, partial(1)):
        outbox.put(event, 0)
    assert drain(outbox) == [1, 2, 3]


def test_a_partial_that_was_sent_is_not_superseded() -> None:
    outbox = Outbox(LIMIT)
    outbox.put(partial(), 0)
    assert drain(outbox) == [1]
    outbox.put(partial(), 0)
    assert drain(outbox) == [2]
    outbox.rewind(0)
    assert drain(outbox) == [1, 2]


def test_a_full_outbox_takes_a_newer_partial_for_its_last() -> None:
    outbox = Outbox(LIMIT)
    for event in (*(flushed() for _ in range(LIMIT - 1)), partial(), partial()):
        outbox.put(event, 0)
    assert drain(outbox) == [1, 2, 3, 5]


def test_it_overflows_only_when_all_it_keeps_is_unsent() -> None:
    outbox = Outbox(LIMIT)
    for _ in range(LIMIT):
        outbox.put(flushed(), 0)
    with pytest.raises(Overflow):
        outbox.put(flushed(), 0)
    assert outbox.next() is not None
    outbox.put(flushed(), 0)
    assert drain(outbox) == [2, 3, 4, 5]


def test_what_is_no_longer_kept_is_owned_up_to() -> None:
    outbox = Outbox(LIMIT)
    for _ in range(LIMIT + 2):
        outbox.put(flushed(), 0)
        drain(outbox)
    assert [outbox.keeps(seq) for seq in (0, 1, 2, 6)] == [False, False, True, True]
    outbox.rewind(1)
    assert drain(outbox) == [3, 4, 5, 6]
    outbox.rewind(4)
    assert drain(outbox) == [5, 6]
    outbox.rewind(2)
    assert drain(outbox) == [3, 4, 5, 6]


def test_a_number_from_the_future_silences_nothing() -> None:
    outbox = Outbox(LIMIT)
    outbox.put(flushed(), 0)
    outbox.rewind(1_000_000)
    assert drain(outbox) == []
    outbox.put(flushed(), 0)
    assert drain(outbox) == [2]


def test_what_is_forgotten_is_never_sent() -> None:
    outbox = Outbox(LIMIT)
    outbox.put(flushed(), 0)
    outbox.forget()
    assert drain(outbox) == []
    outbox.put(flushed(), 0)
    assert drain(outbox) == [2]
    outbox.rewind(0)
    assert drain(outbox) == [2]
    assert not outbox.keeps(0)
