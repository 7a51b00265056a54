"""Whatever goes wrong is told, disturbs nobody else and leaves nothing behind."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from running import (
    PIECE,
    Caller,
    Deaf,
    Event,
    Puppet,
    Running,
    alone,
    call,
    codes,
    config,
    finals,
    pieces,
    proxy,
    resume,
    running,
    silence,
    speech,
    undisturbed,
    until,
)
from sounds import flac, noise, opus

from earshot.audio.errors import BadStream
from earshot.inference import worker
from earshot.inference.ladder import LadderSettings, Rung
from earshot.inference.recogniser import Recogniser, Utterance
from earshot.inference.stream import Setup, StreamSettings
from earshot.inference.worker import WorkerSettings
from earshot.service import Plan
from earshot.transport import connection
from earshot.transport.bounds import Bounds

MALFORMED = ["", "{", "null", "[]", '"config"', '{"type": "config"', "\x00", "{" * 500]
UNKNOWN = {"type": "greeting"}


@pytest.fixture(scope="module")
def shared() -> Iterator[Running]:
    with running() as server:
        yield server


@pytest.fixture
def server(shared: Running) -> Iterator[Running]:
    """A server with its usual settings, on which a test leaves nothing behind."""
    yield shared
    shared.assert_clean()


def ended(events: Sequence[Event]) -> Event:
    """The last event, which is the session's end and the only one."""
    ends = [event for event in events if event["type"] == "session.ended"]
    assert ends == [events[-1]]
    return ends[0]


# -- the first message -------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "code", "close"),
    [
        *((message, "bad_message", 4400) for message in MALFORMED),
        (UNKNOWN, "bad_message", 4400),
        (config(codec=7), "bad_message", 4400),
        (config(codec="x" * 33), "bad_message", 4400),
        (config(codec="mp3"), "unknown_codec", 4415),
        (config(rate="fast"), "bad_message", 4400),
        (config(rate=44_100), "rate_not_allowed", 4415),
        (config(codec="mulaw", rate=16_000), "rate_not_allowed", 4415),
        (config(rate=-1), "bad_message", 4400),
        (config(channels=2), "channels_not_allowed", 4415),
        (config(channels=None), "bad_message", 4400),
        (config(partials="maybe"), "bad_message", 4400),
        (config(language="en"), "bad_message", 4400),
        (config(resume="again"), "bad_message", 4400),
        (config(resume={"session": "x"}), "bad_message", 4400),
        (
            config(resume={"session": "x", "token": "y", "packet": -1}),
            "bad_message",
            4400,
        ),
        (bytes(PIECE), "out_of_order", 4400),
        ({"type": "flush", "id": "1"}, "out_of_order", 4400),
        ({"type": "close"}, "out_of_order", 4400),
    ],
)
def test_a_bad_first_message_is_refused(
    server: Running, first: Any, code: str, close: int
) -> None:
    with Caller(server.url, first) as caller:
        (error,) = caller.rest()
        assert (error["type"], error["code"], error["fatal"]) == ("error", code, True)
        assert error["message"]
        assert caller.code == close


def test_a_refusal_disturbs_nobody(server: Running) -> None:
    with undisturbed(server):
        for first in (MALFORMED[1], config(rate=44_100), bytes(PIECE)):
            with Caller(server.url, first) as caller:
                caller.rest()


def test_a_client_that_says_nothing_is_sent_away() -> None:
    plan = Plan(bounds=Bounds(config=0.5))
    with running(plan=plan) as server:
        with undisturbed(server), Caller(server.url) as caller:
            assert caller.rest() == []
            assert caller.code == 4408
        server.assert_clean()


@pytest.mark.parametrize("first", [None, config()])
def test_a_client_that_goes_before_it_is_greeted_is_forgotten(first: Any) -> None:
    with running(plan=Plan(bounds=Bounds(resume=0.1))) as server:
        with undisturbed(server):
            Caller(server.url, first).vanish()
        server.assert_clean()


def test_text_that_is_not_utf_8_is_refused() -> None:
    with running(plan=Plan(bounds=Bounds(resume=0.1))) as server:
        with call(server) as caller:
            caller.socket.send(b"\xff\xfe", text=True)
            assert caller.code == 1007
        until(lambda: not server.left())


# -- messages in the midst of a session ----------------------------------------------


@pytest.mark.parametrize(
    ("message", "code", "reason", "close"),
    [
        *((text, "bad_message", "protocol_error", 4400) for text in MALFORMED),
        (UNKNOWN, "bad_message", "protocol_error", 4400),
        ({"type": "flush", "id": "x" * 65}, "bad_message", "protocol_error", 4400),
        ({"type": "close", "now": True}, "bad_message", "protocol_error", 4400),
        (config(), "out_of_order", "protocol_error", 4400),
        (config(rate=8_000), "out_of_order", "protocol_error", 4400),
        (b"\0", "odd_byte_count", "bad_audio", 4415),
        (bytes(PIECE + 1), "odd_byte_count", "bad_audio", 4415),
    ],
)
def test_a_mistake_ends_the_session_after_its_finals(
    server: Running, message: Any, code: str, reason: str, close: int
) -> None:
    with call(server) as caller:
        caller.speak(speech())
        caller.say(message)
        events = caller.rest()
        (error,) = (event for event in events if event["type"] == "error")
        assert (error["code"], error["fatal"]) == (code, True)
        assert finals(events) == alone()
        assert ended(events)["reason"] == reason
        assert caller.code == close


def test_a_mistake_disturbs_nobody(server: Running) -> None:
    with undisturbed(server), call(server) as caller:
        caller.speak(speech())
        caller.say("{")
        caller.rest()


def test_only_the_first_mistake_is_told(server: Running) -> None:
    with call(server) as caller:
        for message in ("{", b"\0", config(), UNKNOWN):
            caller.say(message)
        events = caller.rest()
        assert codes(events) == ["bad_message"]
        ended(events)


def test_a_message_that_is_too_large_closes_the_connection_only(
    server: Running,
) -> None:
    sound = speech()
    with undisturbed(server), call(server) as caller:
        caller.speak(sound)
        caller.say(bytes(65_537))
        caller.rest()
        assert caller.code == 1009
        with resume(server, caller) as again:
            for piece in pieces(sound)[again.events[0]["packet"] :]:
                again.say(piece)
            again.close()
            assert finals(caller.events + again.rest()) == alone()


def test_a_broken_opus_packet_is_told_and_the_next_ones_are_heard(
    server: Running,
) -> None:
    sound = np.frombuffer(speech(), "<i2").astype(np.int16)
    packets = opus(sound, 16_000)
    with call(server, codec="opus") as caller:
        for number, packet in enumerate(packets):
            caller.say(packet)
            if number == 40:
                caller.say(packet[:1] + b"\xff" * 2000)
                caller.say(b"")
        caller.close()
        events = caller.rest()
    assert codes(events) == ["bad_packet", "bad_packet"]
    assert not any(event.get("fatal") for event in events)
    assert "packet 41" in next(e["message"] for e in events if e["type"] == "error")
    (final,) = finals(events)
    assert len(final[3].split()) >= len(alone()[0][3].split()) - 1
    assert ended(events)["reason"] == "closed"


@pytest.mark.parametrize("at", [0, 200])
def test_a_broken_flac_stream_ends_the_session(server: Running, at: int) -> None:
    data = bytearray(flac(noise(32_000)))
    data[at : at + 20_000] = bytes(20_000)
    with undisturbed(server), call(server, codec="flac") as caller:
        caller.speak(bytes(data))
        caller.flush("1")
        events = caller.rest()
        assert codes(events) == ["bad_stream"]
        assert ended(events)["reason"] == "bad_audio"
        assert caller.code == 4415


def test_a_flac_stream_that_ends_within_a_frame_can_be_closed(server: Running) -> None:
    data = flac(noise(32_000))
    with call(server, codec="flac") as caller:
        caller.speak(data[: len(data) - 500])
        caller.flush("1")
        caller.close()
        events = caller.rest()
        assert [e["id"] for e in events if e["type"] == "flushed"] == ["1"]
        assert ended(events)["reason"] in {"closed", "bad_audio"}


def test_a_stream_that_proves_broken_when_it_is_flushed_ends_with_its_finals(
    server: Running,
) -> None:
    def fail() -> None:
        raise BadStream("a frame that can't be decoded")

    with call(server) as caller:
        stream = server.service.sessions[caller.events[0]["session"]].stream
        stream._intake.flush = fail
        caller.speak(speech())
        caller.flush("1")
        events = caller.rest()
        assert codes(events) == ["bad_stream"]
        assert len(finals(events)) == 1
        assert ended(events)["reason"] == "bad_audio"
        assert caller.code == 4415


# -- limits of a session -------------------------------------------------------------


def test_a_client_that_runs_ahead_of_the_clock_is_stopped() -> None:
    plan = Plan(bounds=Bounds(ahead=5))
    with running(plan=plan) as server:
        with undisturbed(server), call(server) as caller:
            for _ in range(10):
                caller.speak(speech())
            events = caller.rest()
            assert codes(events) == ["too_fast"]
            assert finals(events)[0][3] == alone()[0][3]
            end = ended(events)
            assert end["reason"] == "too_fast"
            assert 5000 <= end["usage"]["audio_ms"] <= 5300
            assert end["last_ms"] == end["usage"]["audio_ms"]
            assert caller.code == 4429
        server.assert_clean()


def test_of_a_flood_that_nobody_hears_the_oldest_audio_is_dropped() -> None:
    puppet = Puppet()
    puppet.free.clear()
    stream = StreamSettings(waiting_s=4.0, finals=1)
    plan = Plan(setup=Setup(stream), bounds=Bounds(ahead=90))
    sound = speech() + silence(1)
    with running(lambda: puppet, plan) as server:
        with call(server, partials=False) as caller:
            for _ in range(12):
                caller.speak(sound)
            (session,) = server.service.sessions.values()
            until(lambda: session.packets == caller.packets)
            assert server.loop.call(lambda: session.stream.inbox.seconds) <= 4
            puppet.free.set()
            caller.close()
            events = caller.rest()
        lost = [e for e in events if codes([e]) == ["audio_dropped"]]
        dropped = sum(e["end_ms"] - e["start_ms"] for e in lost)
        usage = ended(events)["usage"]
        assert dropped == usage["dropped_ms"] > 0
        assert usage["audio_ms"] + dropped == round(12 * len(sound) / 32)
        assert server.metric('audio_dropped_seconds_total{why="behind"}') == (
            pytest.approx(dropped / 1000)
        )
        assert all(
            e["end_ms"] <= f[1] or f[2] <= e["start_ms"]
            for e in lost
            for f in finals(events)
        )
        server.assert_clean()


def test_a_session_on_which_nothing_comes_is_idle() -> None:
    with running(plan=Plan(bounds=Bounds(idle=1))) as server:
        with call(server) as caller:
            caller.speak(speech())
            events = caller.rest()
            assert finals(events) == alone()
            assert ended(events)["reason"] == "idle"
            assert caller.code == 4408
        server.assert_clean()


def test_the_longest_session_is_announced_and_ends_with_its_finals() -> None:
    with running(plan=Plan(bounds=Bounds(length=3.29))) as server:
        with call(server) as caller:
            caller.speak(speech() + silence(1))
            events = caller.rest()
            assert codes(events) == ["length_limit"]
            warning = next(e for e in events if e["type"] == "warning")
            assert 0 < warning["in_ms"] <= 3290
            assert finals(events)
            end = ended(events)
            assert end["reason"] == "length_limit"
            assert end["usage"]["audio_ms"] <= 3400
            assert caller.code == 4413
        server.assert_clean()


def test_no_more_sessions_are_let_in_than_are_allowed() -> None:
    with running(plan=Plan(bounds=Bounds(sessions=2))) as server:
        with call(server) as first:
            with call(server), Caller(server.url, config()) as third:
                (error,) = third.rest()
                assert (error["code"], third.code) == ("overloaded", 4429)
                assert error["retry_ms"] == 8000
                response, body = server.get("/readyz")
                assert (response.status, response.headers["Retry-After"]) == (503, "8")
                assert '"overloaded"' in body
            first.close()
            first.rest()
        assert server.metric('connections_refused_total{code="overloaded"}') == 1


# -- connections ---------------------------------------------------------------------


def test_a_client_that_vanishes_and_resumes_loses_no_word(server: Running) -> None:
    sound = pieces(speech(0))
    told: list[Event] = []
    with undisturbed(server), proxy(server.port) as road:
        caller = call(road.url)
        ready = caller.events[0]
        for end in (30, 50, len(sound)):
            with caller:
                start = caller.events.pop(0)["packet"]
                assert start <= end
                for piece in sound[start:end]:
                    caller.say(piece)
                if end == len(sound):
                    caller.close()
                else:
                    if not told:
                        caller.wait("speech_started")
                    road.cut()
                caller.rest()
                told += caller.events
            if end < len(sound):
                caller = resumed(server, road.url, ready, told[-1]["seq"])
                assert caller.events[0]["resumed"]
    assert finals(told) == alone(0)
    numbers = [event["seq"] for event in told]
    assert numbers == sorted(set(numbers))
    assert ended(told)["reason"] == "closed"
    assert ended(told)["usage"]["audio_ms"] == 7100


def resumed(server: Running, url: str, ready: Event, last_seq: int) -> Caller:
    """A client that goes on when the server has noticed that it was cut off."""
    session = server.service.sessions[ready["session"]]
    until(lambda: session.lost is not None)
    wanted = {key: ready[key] for key in ("session", "token")}
    return call(url, resume=wanted | {"last_seq": last_seq})


def test_a_session_is_not_resumed_with_other_audio(server: Running) -> None:
    with call(server) as caller:
        caller.speak(speech())
        caller.vanish()
    wanted = {key: caller.events[0][key] for key in ("session", "token")}
    with Caller(server.url, config(codec="mulaw", rate=8000, resume=wanted)) as other:
        assert codes(other.rest()) == ["out_of_order"]
        assert other.code == 4400
    with resume(server, caller) as again:
        again.close()
        again.rest()
        assert finals([*caller.events, *again.events]) == alone()


def test_events_are_repeated_from_where_the_client_says(server: Running) -> None:
    with call(server) as caller:
        caller.speak(speech())
        caller.flush("1")
        caller.wait("flushed")
        caller.vanish()
    heard = caller.events[1:]
    for last_seq in (0, heard[1]["seq"], heard[-1]["seq"]):
        with resume(server, caller, last_seq=last_seq) as again:
            for event in heard:
                if event["seq"] > last_seq:
                    assert again.hear() == event
            if last_seq == heard[-1]["seq"]:
                again.close()
                ended(again.rest())


def test_a_session_that_ends_while_nobody_is_there_can_be_fetched() -> None:
    plan = Plan(bounds=Bounds(length=3.2))
    puppet = Puppet()
    with running(lambda: puppet, plan) as server:
        puppet.free.clear()
        with call(server) as caller:
            caller.speak(speech())
            (session,) = server.service.sessions.values()
            until(lambda: session.packets == caller.packets)
            caller.vanish()
        puppet.free.set()
        until(lambda: session.ended)
        with resume(server, caller) as again:
            events = again.rest()
            assert finals(events)
            assert ended(events)["reason"] == "length_limit"
            assert again.code == 4413
        server.assert_clean()


def test_a_wrong_token_opens_no_session_but_its_own(server: Running) -> None:
    with call(server) as caller:
        caller.speak(speech())
        with resume(server, caller, token="?" * 32, packet=9, start_ms=900) as thief:
            ready = thief.events[0]
            assert not ready["resumed"]
            assert ready["session"] != caller.events[0]["session"]
            assert (ready["packet"], ready["audio_ms"]) == (9, 900)
            thief.close()
            assert [event["type"] for event in thief.rest()] == ["session.ended"]
        caller.close()
        assert finals(caller.rest()) == alone()


def test_the_connection_that_resumes_takes_over(server: Running) -> None:
    with undisturbed(server), call(server) as first:
        first.speak(speech())
        first.wait("speech_started")
        with resume(server, first) as second:
            first.rest()
            assert first.code == 4409
            second.close()
            events = second.rest()
            both = {e["seq"]: e for e in [*first.events[1:], *events]}
            assert finals(list(both.values())) == alone()
            ended(events)


def test_a_session_is_forgotten_when_nobody_resumes_it() -> None:
    with running(plan=Plan(bounds=Bounds(resume=0.1))) as server:
        with undisturbed(server), call(server) as caller:
            caller.speak(speech())
            caller.vanish()
        server.assert_clean()
        assert server.metric('sessions_ended_total{reason="abandoned"}') == 1
        late = resume(server, caller, packet=7, start_ms=700)
        with late:
            ready = late.events[0]
            assert not ready["resumed"]
            assert (ready["packet"], ready["audio_ms"]) == (7, 700)
            late.speak(speech())
            late.close()
            (final,), (expected,) = finals(late.rest()), alone()
            assert final[1:3] == (expected[1] + 700, expected[2] + 700)
        server.assert_clean()


def test_a_half_open_connection_is_noticed_and_its_session_kept() -> None:
    plan = Plan(bounds=Bounds(ping=0.5))
    sound = pieces(speech())
    with running(plan=plan) as server:
        with proxy(server.port) as road, call(road.url) as caller:
            for piece in sound[:20]:
                caller.say(piece)
            (session,) = server.service.sessions.values()
            until(lambda: session.packets == 20)
            road.freeze()
            until(lambda: session.lost is not None)
            road.cut()
        with resume(server, caller) as again:
            for piece in sound[again.events[0]["packet"] :]:
                again.say(piece)
            again.close()
            again.rest()
            both = {e["seq"]: e for e in [*caller.events, *again.events] if e["seq"]}
            assert finals(list(both.values())) == alone()
        server.assert_clean()


def test_a_client_that_answers_no_ping_is_told_so() -> None:
    with running(plan=Plan(bounds=Bounds(ping=0.1, resume=0.1))) as server:
        deaf = Deaf(server, config())
        server.assert_clean()
        assert deaf.closed() == 1011


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "GRACE", 0.2)


@pytest.mark.usefixtures("impatient")
def test_a_client_that_never_reads_loses_its_connection_then_its_session() -> None:
    plan = Plan(bounds=Bounds(send=0.5, resume=2, events=3000, ping=60))
    with running(plan=plan, send_buffer=4096) as server:
        with undisturbed(server):
            deaf = Deaf(server, config())
            (session,) = (
                s
                for s in list(server.service.sessions.values())
                if s.id == deaf.ready["session"]
            )
            for number in range(2000):
                deaf.say({"type": "flush", "id": f"{number:064}"})
            until(lambda: session.lost is not None)
            again = call(
                server,
                resume={key: deaf.ready[key] for key in ("session", "token")},
            )
            with again:
                assert again.events[0]["resumed"]
                again.wait("flushed")
                again.vanish()
            until(lambda: not session.connection)
        server.assert_clean()
        assert server.metric('sessions_ended_total{reason="abandoned"}') == 1
        deaf.close()


def test_a_client_to_which_too_much_is_owed_is_given_up() -> None:
    plan = Plan(bounds=Bounds(events=20, ping=60, send=60))
    with running(plan=plan) as server:
        with call(server) as caller:
            caller.vanish()
        (session,) = server.service.sessions.values()
        until(lambda: session.lost is not None)

        def owe() -> None:
            for number in range(25):
                session.flush(str(number))
            server.service.came()

        server.loop.call(owe)
        until(lambda: session.ended)
        with resume(server, caller) as again:
            (end,) = again.rest()
            assert end["reason"] == "slow_consumer"
            assert again.code == 4420
        server.assert_clean()


def test_draining_ends_sessions_that_have_lost_their_connections_too() -> None:
    with running() as server:
        with call(server) as here, call(server) as gone:
            for caller in (here, gone):
                caller.speak(speech())
                caller.wait("speech_started")
            sessions = list(server.service.sessions.values())
            until(lambda: all(s.packets == gone.packets for s in sessions))
            gone.vanish()
            until(lambda: any(s.lost for s in sessions))
            server.loop.run(server.service.drain())
            assert finals(here.rest() and here.events) == alone()
            assert ended(here.events)["reason"] == "draining"
            with resume(server, gone) as again:
                again.rest()
                assert ended(again.events)["reason"] == "draining"
                assert again.code == 4503
        assert server.metric('sessions_ended_total{reason="draining"}') == 2
        server.assert_clean()


def test_draining_does_not_wait_for_those_who_are_gone() -> None:
    puppet = Puppet()
    puppet.free.clear()
    with running(lambda: puppet) as server:
        with call(server) as here, call(server, partials=False) as gone:
            gone.speak(speech())
            gone.flush()
            until(lambda: puppet.batches)
            gone.vanish()
            session = server.service.sessions[gone.events[0]["session"]]
            until(lambda: session.lost)
            server.loop.run(server.service.drain())
            assert ended(here.rest())["reason"] == "draining"
            assert session.ended == "draining"
        assert server.metric('sessions_ended_total{reason="draining"}') == 2
        puppet.free.set()


# -- the recogniser ------------------------------------------------------------------


def loud(pcm: bytes) -> bytes:
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    return np.clip(3 * samples, -32_768, 32_767).astype("<i2").tobytes()


def is_loud(utterance: Utterance) -> bool:
    return float(np.abs(utterance.audio).max()) > 0.9


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ValueError("of the words"), "inference_failed"),
        (MemoryError(), "out_of_memory"),
        (RuntimeError("Failed to allocate memory"), "out_of_memory"),
        (TimeoutError(), "inference_timeout"),
    ],
)
def test_of_a_batch_that_fails_only_the_culprit_has_no_words(
    error: Exception, code: str
) -> None:
    puppet = Puppet()
    puppet.fault = lambda batch: error if any(map(is_loud, batch)) else None
    with running(lambda: puppet) as server:
        puppet.free.clear()
        with (
            call(server, partials=False) as ahead,
            call(server, partials=False) as good,
            call(server, partials=False) as bad,
        ):
            ahead.speak(speech(1))
            ahead.flush()
            until(lambda: puppet.batches)
            for caller, sound in ((good, speech()), (bad, loud(speech()))):
                caller.speak(sound)
                caller.close()
            until(lambda: server.left().get("jobs") == 2)
            puppet.free.set()
            assert finals(good.rest()) == alone()
            assert not codes(good.events)
            events = bad.rest()
            (told,) = (event for event in events if event["type"] == "error")
            assert (told["code"], told["segment"], told["fatal"]) == (code, 1, False)
            assert "of the words" not in told["message"]
            assert not finals(events)
            assert ended(events)["reason"] == "closed"
            ahead.close()
            assert finals(ahead.rest()) == alone(1)
        assert puppet.batches[:4] == [1, 2, 1, 1]
        assert server.metric(f'recogniser_failures_total{{code="{code}"}}') == 2
        assert server.metric("recogniser_restarts_total") == 0
        server.assert_clean()


def test_a_recogniser_that_hangs_is_replaced() -> None:
    stuck, fresh = Puppet(), Puppet()
    stuck.free.clear()
    recognisers: Iterator[Recogniser] = iter([stuck, fresh])
    plan = Plan(worker=WorkerSettings(hang_s=0.3))
    with running(lambda: next(recognisers), plan) as server:
        other = call(server, partials=False)
        with other, call(server, partials=False) as caller:
            caller.speak(speech() + silence(1))
            error = caller.wait("error")
            assert (error["code"], error["segment"]) == ("inference_timeout", 1)
            caller.speak(speech())
            caller.close()
            ((segment, *_, words),) = finals(caller.rest())
            assert (segment, words) == (2, alone()[0][3])
            other.speak(speech())
            other.close()
            assert finals(other.rest()) == alone()
        assert server.metric("recogniser_restarts_total") == 1
        assert server.metric('recogniser_failures_total{code="inference_timeout"}') == 1
        assert server.get("/readyz")[0].status == 200
        stuck.free.set()
        server.assert_clean()


def test_a_recogniser_that_cannot_be_made_again_ends_the_service() -> None:
    stuck = Puppet()
    stuck.free.clear()
    recognisers: Iterator[Recogniser] = iter([stuck])

    def make() -> Recogniser:
        for recogniser in recognisers:
            return recogniser
        raise RuntimeError("no more of them")

    with running(make, Plan(worker=WorkerSettings(hang_s=0.2))) as server:
        with call(server) as caller:
            caller.speak(speech())
            until(server.working.done)
            error = server.working.exception()
            assert isinstance(error, ExceptionGroup)
            assert "no more of them" in str(error.exceptions)
        stuck.free.set()


def test_a_service_whose_recogniser_fails_again_and_again_is_not_ready() -> None:
    puppet = Puppet()
    sound = speech() + silence(1)
    with running(lambda: puppet) as server:
        with call(server, partials=False) as caller:
            puppet.fault = lambda _: ValueError("no")
            for _ in range(3):
                assert server.get("/readyz")[0].status == 200
                caller.speak(sound)
                caller.wait("error", code="inference_failed")
            response, body = server.get("/readyz")
            assert (response.status, '"not_ready"' in body) == (503, True)
            assert server.get("/healthz")[0].status == 200
            with Caller(server.url, config()) as other:
                (refused,) = other.rest()
                assert (refused["code"], other.code) == ("not_ready", 4503)
                assert refused["retry_ms"] > 0
            puppet.fault = lambda _: None
            caller.speak(sound)
            caller.wait("final")
            assert server.get("/readyz")[0].status == 200
            caller.close()
            caller.rest()
        server.assert_clean()


def test_a_recogniser_that_works_again_is_found_out_without_a_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "RETRY", 0.2)
    puppet = Puppet()
    puppet.fault = lambda _: ValueError("no")
    sound = speech() + silence(1)
    with running(lambda: puppet) as server:
        with call(server, partials=False) as caller:
            for number in range(3):
                caller.speak(sound)
                caller.wait("error", segment=number + 1)
            caller.close()
            caller.rest()
        server.assert_clean()
        assert server.get("/readyz")[0].status == 503
        puppet.fault = lambda _: None
        until(lambda: server.get("/readyz")[0].status == 200)
        with undisturbed(server):
            pass
        server.assert_clean()


def test_a_final_that_waits_too_long_is_given_up() -> None:
    puppet = Puppet()
    puppet.free.clear()
    plan = Plan(setup=Setup(StreamSettings(final_deadline=1)))
    with running(lambda: puppet, plan) as server:
        with (
            call(server, partials=False) as ahead,
            call(server, partials=False) as late,
        ):
            ahead.speak(speech())
            ahead.close()
            until(lambda: puppet.batches)
            late.speak(speech())
            late.close()
            until(lambda: server.left().get("jobs") == 1)
            (job,) = server.service._scheduler
            until(lambda: time.monotonic() > job.deadline)
            puppet.free.set()
            events = late.rest()
            assert codes(events) == ["inference_timeout"]
            assert ended(events)["reason"] == "closed"
            ahead.rest()
        assert server.metric('jobs_dropped_total{why="expired"}') == 1
        server.assert_clean()


def test_under_too_much_work_partials_then_new_sessions_give_way() -> None:
    puppet = Puppet()
    ladder = LadderSettings(0.1, 0.2, 0.1, hold=0, settle=0.3)
    with running(lambda: puppet, Plan(ladder=ladder)) as server:
        puppet.free.clear()
        with call(server) as caller:
            caller.speak(speech())
            caller.flush()
            for _ in range(3):
                caller.wait("warning", code="degraded")
            assert server.service.ladder.rung is Rung.REFUSE
            with Caller(server.url, config()) as other:
                (refused,) = other.rest()
                assert (refused["code"], other.code) == ("overloaded", 4429)
                assert refused["retry_ms"] == 300
            assert server.get("/readyz")[0].status == 503
            assert server.metric("ladder_rung") == 3
            puppet.free.set()
            for _ in range(3):
                caller.wait("warning", code="recovered")
            caller.close()
            events = caller.rest()
            assert finals(caller.events) == alone()
            ended(events)
        assert server.get("/readyz")[0].status == 200
        assert server.metric("ladder_rung") == 0
        server.assert_clean()


# -- faults of our own ---------------------------------------------------------------


@pytest.mark.parametrize("method", ["audio", "flush"])
def test_a_fault_of_ours_ends_its_session_only(server: Running, method: str) -> None:
    def fail(_: object) -> None:
        raise KeyError("a fault")

    with undisturbed(server), call(server) as caller:
        session = server.service.sessions[caller.events[0]["session"]]
        setattr(session, method, fail)
        caller.say(bytes(PIECE))
        caller.flush("1")
        events = caller.rest()
        assert codes(events) == ["internal"]
        assert "a fault" not in events[0]["message"]
        assert ended(events)["reason"] == "internal"
        assert caller.code == 4500


def test_a_connection_that_cannot_write_for_a_fault_of_ours_is_closed(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise KeyError("a fault")

    with undisturbed(server), call(server) as caller:
        session = server.service.sessions[caller.events[0]["session"]]
        monkeypatch.setattr(session.outbox, "next", fail)
        caller.flush("1")
        assert caller.rest() == []
        assert caller.code == 4500
    server.loop.call(lambda: server.service._forget(session))
