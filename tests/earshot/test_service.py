"""The whole service, from outside: what is promised holds in any order of things."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from running import (
    Caller,
    Event,
    Running,
    alone,
    call,
    codes,
    config,
    finals,
    pieces,
    resume,
    running,
    silence,
    speech,
    text,
    until,
)
from sounds import cut, flac, opus

from earshot.api import asyncapi
from earshot.audio import mulaw
from earshot.audio.formats import Format
from earshot.bench.clips import clips
from earshot.client.packets import packets
from earshot.inference import files
from earshot.inference.engines import load
from earshot.inference.fake import FakeRecogniser
from earshot.inference.recogniser import Recogniser
from earshot.models.store import Store
from earshot.service import Plan
from earshot.text.errors import count, total
from earshot.transport.bounds import Bounds

DOCUMENT = json.loads(Path(asyncapi.__file__).with_name("asyncapi.json").read_text())


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running(plan=Plan(bounds=Bounds(usage=1.0))) as server:
        yield server
        server.assert_clean()


# -- what holds of every session -------------------------------------------------------


@cache
def validator() -> Any:
    members = (type.__name__ for type in asyncapi.SERVER)
    refs = [{"$ref": f"#/components/schemas/{name}"} for name in members]
    whole = {"components": DOCUMENT["components"], "oneOf": refs}
    return Draft202012Validator(whole)


def assert_kept(events: Sequence[Event]) -> None:
    """All that the protocol promises of a session's events, each heard once."""
    for event in events:
        validator().validate(event)
    assert events[0]["type"] == "ready"
    told = [event for event in events if event["type"] != "ready"]
    assert all(one["seq"] < other["seq"] for one, other in pairwise(told))
    assert [e["type"] for e in told].count("session.ended") == 1
    assert told[-1]["type"] == "session.ended"
    started = [e["segment"] for e in told if e["type"] == "speech_started"]
    assert started == list(range(1, len(started) + 1))
    closed = [
        e["segment"] for e in told if e["type"] in {"final", "error"} and "segment" in e
    ]
    assert closed == started
    for segment in started:
        assert_grows([e for e in told if e.get("segment") == segment])
    assert_adds_up(told)


def assert_grows(events: Sequence[Event]) -> None:
    """A segment starts, its stable words only grow, and the final begins with them."""
    first, *partials, final = events
    assert first["type"] == "speech_started"
    assert {event["type"] for event in partials} <= {"partial"}
    before = ""
    for partial in partials:
        assert partial["stable"].startswith(before)
        assert partial["start_ms"] == first["start_ms"] == final["start_ms"]
        assert partial["stable_ms"] <= partial["end_ms"]
        before = partial["stable"]
    assert final["text"].startswith(before)
    assert first["start_ms"] < final["end_ms"]


def assert_adds_up(events: Sequence[Event]) -> None:
    spoken = [e for e in events if e["type"] == "final"]
    usage = events[-1]["usage"]
    assert usage["segments"] == len(spoken)
    assert usage["speech_ms"] == sum(e["end_ms"] - e["start_ms"] for e in spoken)
    for one, other in pairwise(spoken):
        assert one["end_ms"] <= other["start_ms"]
    reports = [e["usage"]["audio_ms"] for e in events if e["type"] == "usage"]
    assert reports == sorted(reports)
    for final in spoken:
        timing = final["timing"]
        stages = timing["hear"] + timing["queue"] + timing["decode"]
        assert timing["total"] == pytest.approx(stages, abs=0.02)


# -- any sequence of what a client may do ----------------------------------------------

actions = st.lists(
    st.one_of(
        st.tuples(st.just("speak"), st.integers(1, 34)),
        st.tuples(st.just("pause"), st.integers(1, 12)),
        st.tuples(st.just("flush"), st.just(0)),
        st.tuples(st.just("lose"), st.booleans()),
    ),
    max_size=8,
)
ends = st.sampled_from(
    [
        ({"type": "close"}, "closed"),
        ("{", "protocol_error"),
        (config(), "protocol_error"),
        ({"type": "flush", "id": 7}, "protocol_error"),
        (b"\0", "bad_audio"),
    ]
)


class Follower:
    """A client that does as it is told, and keeps each event once."""

    def __init__(self, server: Running) -> None:
        self.server = server
        self.caller = call(server)
        self.ready = self.caller.events[0]
        self.events: list[Event] = []
        self.sent: list[bytes] = []
        self.flushes: list[str] = []

    def do(self, action: str, value: Any) -> None:
        match action:
            case "speak":
                self.send(speech()[: value * 3200])
            case "pause":
                self.send(silence(value / 10))
            case "flush":
                self.flushes.append(str(len(self.flushes)))
                self.caller.flush(self.flushes[-1])
            case "lose":
                self.lose(value)

    def send(self, data: bytes) -> None:
        for piece in pieces(data):
            self.sent.append(piece)
            self.caller.say(piece)

    def lose(self, waits: bool) -> None:
        """Resume, the old connection gone or not, and send what did not arrive."""
        if waits:
            self.caller.vanish()
            until(lambda: self.session.lost is not None)
        else:
            until(lambda: self.session.packets == len(self.sent))
        old, self.caller = self.caller, resume(self.server, self._known())
        if not waits:
            self.keep(old.rest())
        old.__exit__()
        ready = self.caller.events[0]
        assert ready["resumed"]
        missing = self.sent[ready["packet"] :]
        for piece in missing:
            self.caller.say(piece)

    @property
    def session(self) -> Any:
        return self.server.service.sessions[self.ready["session"]]

    def _known(self) -> Caller:
        self.keep(self.caller.events)
        self.caller.events = [self.ready, *self.events]
        return self.caller

    def keep(self, events: Sequence[Event]) -> None:
        known = {event["seq"]: event for event in self.events}
        for event in events:
            if event["type"] != "ready":
                assert known.setdefault(event["seq"], event) == event
        self.events = [known[seq] for seq in sorted(known)]

    def finish(self, end: Any) -> list[Event]:
        self.caller.say(end)
        self.caller.rest()
        self.keep(self.caller.events)
        self.caller.__exit__()
        return [self.ready, *self.events]


@given(actions, ends)
@settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_promises_hold_whatever_a_client_does(
    server: Running, did: list[tuple[str, Any]], end: tuple[Any, str]
) -> None:
    client = Follower(server)
    for action, value in did:
        client.do(action, value)
    events = client.finish(end[0])
    assert_kept(events)
    flushed = [event["id"] for event in events if event["type"] == "flushed"]
    assert flushed == sorted(set(flushed), key=int)
    if not any(action == "lose" for action, _ in did):
        assert flushed == client.flushes
    received = events[-1]["usage"]["audio_ms"]
    assert received == sum(map(len, client.sent)) // 32
    assert events[-1]["reason"] == end[1]


# -- flush and close -----------------------------------------------------------------


def test_a_flush_is_answered_after_its_finals(server: Running) -> None:
    with call(server) as caller:
        caller.speak(speech())
        caller.flush("now")
        events = [caller.hear()]
        while events[-1]["type"] != "flushed":
            events.append(caller.hear())
        assert (events[-1]["id"], events[-1]["audio_ms"]) == ("now", 3290)
        assert finals(events) == alone()
        caller.speak(speech())
        caller.close()
        (final,) = finals(caller.rest())
        assert (final[0], final[3]) == (2, alone()[0][3])
        assert_kept(caller.events)


def test_a_flush_of_nothing_is_answered(server: Running) -> None:
    with call(server) as caller:
        caller.flush("a")
        assert caller.wait("flushed", id="a")["audio_ms"] == 0
        caller.speak(silence(0.5))
        caller.flush("b")
        assert caller.wait("flushed", id="b")["audio_ms"] == 500
        caller.close()
        caller.rest()
        assert_kept(caller.events)


def test_flushes_are_answered_in_their_order_and_each_once(server: Running) -> None:
    with call(server) as caller:
        names = ["1", "", "1", "x" * 64, "é"]
        for name in names:
            caller.speak(speech(seconds=1.2))
            caller.flush(name)
        caller.close()
        events = caller.rest()
        assert [e["id"] for e in events if e["type"] == "flushed"] == names
        assert_kept(caller.events)


def test_a_session_without_audio_ends_as_any_other(server: Running) -> None:
    with call(server) as caller:
        caller.close()
        (end,) = caller.rest()
        assert (end["reason"], end["last_ms"]) == ("closed", 0)
        assert end["usage"] == dict.fromkeys(end["usage"], 0)
        assert caller.code == 1000
        assert_kept(caller.events)


def test_what_comes_after_close_is_not_heard(server: Running) -> None:
    with call(server) as caller:
        caller.speak(speech())
        caller.close()
        for message in (speech()[:3200], {"type": "flush", "id": "x"}, config(), "{"):
            caller.say(message)
        events = caller.rest()
        assert finals(events) == alone()
        assert not codes(events)
        assert events[-1]["reason"] == "closed"
        assert_kept(caller.events)


def test_usage_is_told_while_audio_comes(server: Running) -> None:
    with call(server) as caller:
        caller.speak(speech() + silence(1))
        caller.close()
        events = caller.rest()
        reports = [e["usage"]["audio_ms"] for e in events if e["type"] == "usage"]
        assert len(reports) == 4
        assert events[-1]["usage"]["audio_ms"] == 4290


def test_who_wants_no_partials_gets_none(server: Running) -> None:
    with call(server, partials=False) as caller:
        caller.speak(speech())
        caller.close()
        events = caller.rest()
        assert "partial" not in {event["type"] for event in events}
        assert finals(events) == alone()


def test_many_streams_at_once_get_what_each_gets_alone(server: Running) -> None:
    callers = [call(server) for _ in range(10)]
    for piece in zip(*(pieces(speech(n % 5)) for n in range(10)), strict=False):
        for caller, data in zip(callers, piece, strict=True):
            caller.say(data)
    for number, caller in enumerate(callers):
        with caller:
            for data in pieces(speech(number % 5))[30:]:
                caller.say(data)
            caller.close()
            assert finals(caller.rest()) == alone(number % 5)
            assert_kept(caller.events)


# -- over HTTP -----------------------------------------------------------------------


def test_it_is_alive_and_ready(server: Running) -> None:
    assert json.loads(server.get("/healthz")[1]) == {"status": "alive"}
    response, body = server.get("/readyz")
    assert response.status == 200
    assert json.loads(body) == {"status": "ready", "model": "fake"}


def test_before_the_recogniser_is_warm_it_is_alive_but_not_ready() -> None:
    warm = threading.Event()

    class Slow(FakeRecogniser):
        def warm_up(self) -> None:
            assert warm.wait(8)

    with running(Slow, wait=False) as server:
        assert server.get("/healthz")[0].status == 200
        response, body = server.get("/readyz")
        assert (response.status, response.headers["Retry-After"]) == (503, "1")
        assert json.loads(body)["status"] == "not_ready"
        with Caller(server.url, config()) as early:
            (error,) = early.rest()
            assert (error["code"], early.code) == ("not_ready", 4503)
        warm.set()
        until(lambda: server.get("/readyz")[0].status == 200)


def test_the_contract_is_served_as_it_is_committed(server: Running) -> None:
    response, body = server.get("/v1/asyncapi.json")
    assert response.headers["Content-Type"] == "application/json"
    assert json.loads(body) == DOCUMENT


def test_the_page_may_load_nothing_from_elsewhere(server: Running) -> None:
    response, body = server.get("/")
    assert "<html" in body
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]


def test_metrics_count_what_has_happened() -> None:
    with running() as server:
        for _ in range(2):
            with call(server, partials=False) as caller:
                caller.speak(speech() + silence(1) + speech())
                caller.close()
                caller.rest()
        server.assert_clean()
        words = len(alone()[0][3].split())
        for series, value in {
            'sessions_ended_total{reason="closed"}': 2,
            'events_sent_total{type="final"}': 4,
            'events_sent_total{type="session.ended"}': 2,
            "final_words_total": 4 * words,
            "audio_received_seconds_total": 2 * (2 * 3.29 + 1),
            "time_to_final_seconds_count": 4,
            'stage_seconds_count{kind="final",stage="decode"}': 4,
        }.items():
            assert server.metric(series) == pytest.approx(value, abs=0.02), series
        jobs = server.metric("batch_jobs_sum")
        assert jobs == 4
        assert 2 <= server.metric("batch_jobs_count") <= 4
        frames = server.metric("vad_batch_frames_sum")
        assert frames == 2 * 237  # 7.58 s in frames of 32 ms, the last filled up
        until(lambda: server.metric('sessions{state="attached"}') == 0)
        assert alone()[0][3] not in server.get("/metrics")[1]


# -- real words ----------------------------------------------------------------------


@cache
def recogniser() -> Recogniser:
    return load("moonshine-tiny", Store())


@pytest.fixture(scope="module")
def real() -> Iterator[Running]:
    with running(recogniser) as server:
        yield server
        server.assert_clean()


def messages(codec: str, rate: int) -> list[bytes]:
    """The last clip in a codec at a rate."""
    pcm16 = b"".join(p.data for p in packets(clips()[4].audio, Format("pcm16", rate)))
    sound = np.frombuffer(pcm16, "<i2").astype(np.int16)
    match codec:
        case "pcm16":
            return pieces(pcm16)
        case "mulaw":
            return cut(mulaw.encode(sound), [160])
        case "opus":
            return opus(sound, rate)
    return cut(flac(sound, rate), [1000])


@pytest.mark.model
@pytest.mark.parametrize(
    ("codec", "rate"),
    [
        *(("pcm16", rate) for rate in (8_000, 16_000, 24_000, 48_000)),
        ("mulaw", 8_000),
        ("opus", 16_000),
        ("opus", 48_000),
        ("flac", 16_000),
        ("flac", 48_000),
    ],
)
def test_words_are_the_same_in_every_format(
    real: Running, codec: str, rate: int
) -> None:
    whole = files.transcribe(clips()[4].audio, recogniser()).text
    with call(real, codec=codec, rate=rate) as caller:
        for message in messages(codec, rate):
            caller.say(message)
        caller.close()
        events = caller.rest()
    assert count(whole, text(events)).total <= 1, text(events)
    assert_kept(caller.events)


@pytest.mark.model
def test_few_words_of_streamed_clips_are_wrong(real: Running) -> None:
    found = []
    for number, clip in enumerate(clips()):
        with call(real) as caller:
            caller.speak(speech(number))
            caller.close()
            found.append(count(clip.words, text(caller.rest())))
            assert_kept(caller.events)
    errors = total(found)
    assert errors.words == 70
    assert errors.total <= 4, errors.differences
