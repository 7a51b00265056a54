"""A session keeps its limits, survives its connections, and ends once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from ideal import SILENCE, sound, transcribed

from earshot.api.messages import CLOSE_CODES, Config, Event, Reason, Resume, parse_event
from earshot.audio.chunker import FRAME
from earshot.inference.ladder import Rung
from earshot.inference.scheduler import Scheduler
from earshot.inference.stream import Heard, Setup, StreamSettings
from earshot.transport.bounds import Bounds
from earshot.transport.session import ENDS, Clocks, Session

FRAME_S = FRAME / 16_000


class Desk:
    """One session, its clock, its jobs, and what was told of it."""

    def __init__(
        self,
        bounds: Bounds | None = None,
        config: Config | None = None,
        setup: Setup | None = None,
    ) -> None:
        self.now = 1000.0
        self.told: list[Event] = []
        self.line = Scheduler()
        self.session = Session(
            config or Config(),
            self.line,
            lambda: Rung.NORMAL,
            setup or Setup(),
            bounds or Bounds(),
            Clocks(lambda: self.now, lambda: round(1000 * self.now)),
            self._tell,
        )
        self.session.attach(self, None)

    def _tell(self, session: str, event: Event) -> None:
        assert session == self.session.id
        self.told.append(event)

    def audio(self, seconds: float, probability: float = SILENCE) -> None:
        """Send audio in one message."""
        self.session.audio(sound([probability] * round(seconds / FRAME_S)))

    def hear(self, probability: float = SILENCE) -> None:
        """Hear all that waits, as the service would."""
        stream = self.session.stream
        while stream.next(self.now) is not None:
            stream.hear(probability, self.now)

    def work(self, probability: float = SILENCE) -> None:
        """Hear all that waits, serve all jobs, and look whether that was all."""
        self.hear(probability)
        while jobs := self.line.take(self.now):
            heard = Heard(self.now, self.now, len(jobs))
            for job, transcript in zip(jobs, transcribed(jobs), strict=True):
                self.session.stream.resolve(job, transcript, heard)
        self.hear(probability)
        self.session.settle()

    def sent(self) -> list[Event]:
        """What a connection would send now."""
        events = []
        while text := self.session.outbox.next():
            events.append(parse_event(text))
        return events

    def of(self, kind: str) -> list[Any]:
        return [event for event in self.told if event.type == kind]

    @property
    def end(self) -> Any:
        """The one last event."""
        (ended,) = self.of("session.ended")
        assert self.told[-1] is ended
        assert self.session.ended == ended.reason
        return ended


def test_it_closes_when_all_finals_are_there() -> None:
    desk = Desk()
    desk.audio(1.0, 0.9)
    desk.hear(0.9)
    desk.session.finish("closed")
    desk.session.settle()
    assert desk.session.ended is None
    desk.work(0.9)
    assert [event.type for event in desk.told] == [
        "speech_started",
        "final",
        "session.ended",
    ]
    assert desk.end.reason == "closed"
    assert desk.end.last_ms == 992
    assert desk.end.usage.model_dump() == {
        "audio_ms": 992,
        "speech_ms": 992,
        "dropped_ms": 0,
        "segments": 1,
    }


def test_a_session_without_audio_closes_at_once() -> None:
    desk = Desk()
    desk.session.finish("closed")
    desk.work()
    assert (desk.end.reason, desk.end.last_ms) == ("closed", 0)


def test_nothing_is_taken_once_it_ends_but_packets_are_counted() -> None:
    desk = Desk()
    desk.audio(0.32)
    desk.session.finish("closed")
    desk.audio(0.32)
    desk.session.flush("late")
    desk.work()
    assert desk.session.packets == 2
    assert desk.session.usage.audio_ms == 320
    assert desk.of("flushed") == []


@pytest.mark.parametrize(("silence", "ends"), [(30.0, False), (30.1, True)])
def test_a_silent_connection_ends_as_idle(silence: float, ends: bool) -> None:
    desk = Desk(Bounds(idle=30.0))
    desk.now += 5.0
    desk.audio(0.32)
    desk.now += silence
    desk.session.tick()
    desk.work()
    assert bool(desk.of("session.ended")) == ends
    if ends:
        assert desk.end.reason == "idle"


@pytest.mark.parametrize("act", ["audio", "flush", "attach"])
def test_any_sign_of_life_puts_off_idleness(act: str) -> None:
    desk = Desk(Bounds(idle=30.0))
    desk.now += 29.0
    if act == "audio":
        desk.session.audio(b"")
    elif act == "flush":
        desk.session.flush("f")
    else:
        desk.session.attach(object(), 0)
    desk.now += 29.0
    desk.session.tick()
    desk.work()
    assert desk.of("session.ended") == []


def test_a_lost_connection_is_waited_for_and_then_abandoned() -> None:
    desk = Desk(Bounds(resume=30.0, idle=5.0))
    desk.session.detach()
    desk.now += 30.0
    assert desk.session.tick() is False
    desk.work()
    assert desk.session.ended is None
    desk.now += 0.1
    assert desk.session.tick() is True
    assert desk.end.reason == "abandoned"
    assert desk.session.tick() is True


def test_a_session_that_ended_while_nobody_listened_is_kept_for_a_while() -> None:
    desk = Desk(Bounds(resume=30.0))
    desk.session.finish("closed")
    desk.session.detach()
    desk.work()
    assert desk.end.reason == "closed"
    desk.now += 30.0
    assert desk.session.tick() is False
    desk.now += 1.0
    assert desk.session.tick() is True
    assert desk.end.reason == "closed"


def test_a_session_says_beforehand_that_it_is_nearly_at_its_longest() -> None:
    desk = Desk(Bounds(length=64.0, ahead=1000.0))
    desk.audio(3.2)
    assert desk.told == []
    desk.audio(1.6)
    (warning,) = desk.told
    assert (warning.code, warning.in_ms) == ("length_limit", 59_200)
    desk.audio(20.0)
    desk.work()
    assert desk.of("warning") == [warning]
    desk.audio(20.0)
    desk.work()
    desk.audio(19.2)
    assert desk.session.ending == "length_limit"
    desk.audio(1.0)
    desk.work()
    assert desk.end.reason == "length_limit"
    assert desk.end.usage.audio_ms == 64_000


def test_audio_may_be_so_far_ahead_of_the_clock_and_no_farther() -> None:
    desk = Desk(Bounds(ahead=9.6))
    desk.audio(9.6)
    assert desk.told == []
    desk.now += 1.0
    desk.audio(0.992)
    assert desk.told == []
    desk.audio(0.032)
    (error,) = desk.told
    assert (error.code, error.fatal) == ("too_fast", True)
    assert "9.6 s ahead" in error.message
    desk.work()
    assert desk.end.reason == "too_fast"
    assert desk.end.usage.audio_ms == 10_624


def test_usage_is_told_every_so_many_seconds_of_audio() -> None:
    desk = Desk(Bounds(usage=1.92))
    for seconds in (0.96, 0.96, 1.6, 0.96, 0.96):
        desk.audio(seconds)
    assert [event.usage.audio_ms for event in desk.of("usage")] == [1920, 4480]


def test_dropped_audio_is_in_the_books() -> None:
    desk = Desk(setup=Setup(StreamSettings(waiting_s=1.024)))
    desk.audio(1.024)
    desk.audio(0.32)
    usage = desk.session.usage
    assert (usage.audio_ms, usage.dropped_ms) == (512, 832)


def test_a_mistake_that_cannot_be_mended_is_told_and_ends_the_session() -> None:
    desk = Desk()
    desk.audio(0.32)
    desk.session.audio(b"odd")
    desk.audio(0.32)
    desk.session.refuse("bad_message", "again", "protocol_error")
    desk.work()
    (error,) = desk.of("error")
    assert (error.code, error.fatal) == ("odd_byte_count", True)
    assert error.message.startswith("packet 1: ")
    assert desk.end.reason == "bad_audio"
    assert desk.end.usage.audio_ms == 320


def test_a_bad_packet_is_told_and_the_next_one_taken() -> None:
    desk = Desk(config=Config(codec="opus", rate=48_000))
    for _ in range(2):
        desk.session.audio(b"")
    errors = desk.of("error")
    assert [(error.code, error.fatal) for error in errors] == [
        ("bad_packet", False)
    ] * 2
    assert [error.message[:9] for error in errors] == ["packet 0:", "packet 1:"]
    assert desk.session.ending is None


def test_a_flac_stream_that_breaks_ends_like_any_other() -> None:
    desk = Desk(config=Config(codec="flac"))
    desk.session.audio(b"no flac at all")
    desk.work()
    assert desk.of("error")[0].code == "bad_stream"
    assert desk.end.reason == "bad_audio"


def test_flushes_are_answered_and_too_many_at_once_are_too_fast() -> None:
    desk = Desk(Bounds(events=4))
    for id in "abcd":
        desk.session.flush(id)
    desk.sent()
    desk.work()
    assert [event.id for event in desk.of("flushed")] == list("abcd")
    desk.sent()
    for id in "efghijk":
        desk.session.flush(id)
    (error,) = desk.of("error")
    assert (error.code, error.fatal) == ("too_fast", True)
    assert desk.session.stream.owed == 5
    for _ in range(9):
        desk.sent()
        desk.session.stream.next(desk.now)
    desk.session.settle()
    assert desk.end.reason in ("too_fast", "slow_consumer")


def test_a_client_that_reads_nothing_is_let_go() -> None:
    desk = Desk(Bounds(events=3))
    for _ in range(3):
        desk.session.warn("draining", "soon")
    assert desk.session.ended is None
    desk.session.warn("draining", "soon")
    assert desk.end.reason == "slow_consumer"
    assert [event.type for event in desk.sent()] == ["session.ended"]


def test_a_last_word_that_finds_no_room_says_why() -> None:
    desk = Desk(Bounds(events=3))
    for _ in range(3):
        desk.session.warn("draining", "soon")
    desk.session.stop("draining")
    assert desk.end.reason == "slow_consumer"


@pytest.mark.parametrize("reason", ["draining", "slow_consumer"])
def test_who_has_ended_is_not_ended_again(reason: Reason) -> None:
    desk = Desk()
    desk.session.finish("closed")
    desk.work()
    desk.session.stop(reason)
    desk.session.finish(reason)
    desk.session.warn("draining", "soon")
    desk.session.error("internal", "late")
    assert desk.end.reason == "closed"
    assert [event.type for event in desk.sent()] == ["session.ended"]


def test_stopping_waits_for_no_final() -> None:
    desk = Desk()
    desk.audio(1.0, 0.9)
    desk.hear(0.9)
    desk.session.finish("closed")
    desk.session.stop("draining")
    assert desk.end.reason == "draining"
    told = list(desk.told)
    desk.work(0.9)
    assert desk.told == told


def test_only_its_token_opens_a_session() -> None:
    desk, other = Desk(), Desk()
    token = desk.session.token
    assert desk.session.admits(token)
    for wrong in ("", token[:-1], token + "x", other.session.token, "ü"):
        assert not desk.session.admits(wrong)
    assert desk.session.id != other.session.id
    assert len(token) >= 32


def test_ready_says_where_the_session_stands() -> None:
    desk = Desk(Bounds(ahead=7.0))
    desk.audio(0.32)
    desk.session.audio(sound([SILENCE])[:500])
    desk.session.detach()
    desk.session.attach(object(), 0)
    ready = desk.session.ready("tiny")
    assert (ready.packet, ready.audio_ms, ready.resumed) == (2, 320, True)
    assert (ready.session, ready.token) == (desk.session.id, desk.session.token)
    assert (ready.model, ready.at, ready.seq) == ("tiny", 1_000_000, 0)
    assert ready.limits.model_dump() == {
        "message_bytes": 65_536,
        "ahead": 7.0,
        "idle": 30.0,
        "length": 7200.0,
        "resume": 30.0,
    }


def test_a_new_session_may_go_on_where_an_unknown_one_stopped() -> None:
    resume = Resume(session="gone", token="gone", last_seq=9, packet=41, start_ms=5000)
    desk = Desk(Bounds(ahead=1.0, usage=2.0), Config(resume=resume))
    ready = desk.session.ready("tiny")
    assert (ready.packet, ready.audio_ms, ready.resumed) == (41, 5000, False)
    desk.audio(0.64)
    desk.session.finish("closed")
    desk.work()
    assert desk.session.packets == 42
    assert desk.of("usage") == []
    assert desk.end.last_ms == 5640
    assert desk.end.usage.audio_ms == 640


def test_who_comes_back_gets_just_what_was_missed() -> None:
    desk = Desk()
    for code in ("draining", "degraded", "recovered"):
        desk.session.warn(code, code)
    assert [event.seq for event in desk.sent()] == [1, 2, 3]
    desk.session.detach()
    desk.session.warn("draining", "missed")
    desk.session.changed.clear()
    desk.session.attach("new", 2)
    assert desk.session.connection == "new"
    assert desk.session.changed.is_set()
    assert desk.session.lost is None
    assert [(event.seq, event.code) for event in desk.sent()] == [
        (3, "recovered"),
        (4, "draining"),
    ]


def test_who_comes_back_too_late_is_told_what_is_gone() -> None:
    desk = Desk(Bounds(events=3))
    for _ in range(5):
        desk.session.warn("draining", "soon")
        desk.sent()
    desk.session.detach()
    desk.session.attach(object(), 1)
    events = desk.sent()
    assert [event.seq for event in events] == [4, 5, 6]
    assert [event.code for event in events] == ["draining", "draining", "events_lost"]


def test_every_event_has_the_wall_clock() -> None:
    desk = Desk()
    desk.session.warn("draining", "soon", 2.5)
    (warning,) = desk.told
    assert (warning.at, warning.in_ms) == (1_000_000, 2500)


def test_every_end_has_a_close_code() -> None:
    assert set(ENDS) == set(Reason.__args__)
    assert set(ENDS.values()) <= set(CLOSE_CODES)


class Machine(RuleBasedStateMachine):
    """Whatever happens to a session, its last event comes once and is the last."""

    bounds = Bounds(events=6, ahead=3.0, idle=4.0, resume=5.0, length=8.0, usage=0.5)

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(self.bounds)
        self.session = self.desk.session

    @rule(frames=st.integers(0, 40), probability=st.sampled_from([0.1, 0.9]))
    def audio(self, frames: int, probability: float) -> None:
        self.desk.audio(frames * FRAME_S, probability)

    @rule(probability=st.sampled_from([0.1, 0.9]))
    def hear(self, probability: float) -> None:
        self.desk.hear(probability)

    @rule(probability=st.sampled_from([0.1, 0.9]))
    def work(self, probability: float) -> None:
        self.desk.work(probability)

    @rule(seconds=st.sampled_from([0.1, 1.0, 6.0]))
    def wait(self, seconds: float) -> None:
        self.desk.now += seconds
        away = self.session.lost is not None
        assert not self.session.tick() or (away and self.session.ended)

    @rule()
    def flush(self) -> None:
        self.session.flush("f")

    @rule(reason=st.sampled_from(sorted(ENDS)))
    def finish(self, reason: Reason) -> None:
        self.session.finish(reason)

    @rule(reason=st.sampled_from(sorted(ENDS)))
    def stop(self, reason: Reason) -> None:
        self.session.stop(reason)

    @rule()
    def bad_audio(self) -> None:
        self.session.audio(b"odd")

    @rule()
    def send(self) -> None:
        self.desk.sent()

    @rule()
    def warn(self) -> None:
        self.session.warn("degraded", "slow")

    @rule()
    def vanish(self) -> None:
        self.session.detach()

    @rule(seq=st.integers(0, 9))
    def come_back(self, seq: int) -> None:
        self.session.attach(object(), seq)

    @invariant()
    def the_last_event_is_the_last(self) -> None:
        ends = self.desk.of("session.ended")
        assert len(ends) == (self.session.ended is not None)
        if ends:
            assert self.desk.end is ends[0]
        seqs = [event.seq for event in self.desk.told]
        assert seqs == sorted(set(seqs))
        assert len(self.session.outbox._letters) <= self.bounds.events

    def teardown(self) -> None:
        self.session.finish("closed")
        for _ in range(50):
            self.desk.sent()
            self.desk.work()
        assert self.desk.end.last_ms <= self.session.stream.received // 16


Machine.TestCase.settings = settings(max_examples=60, stateful_step_count=25)
TestAnythingMayHappen = Machine.TestCase
