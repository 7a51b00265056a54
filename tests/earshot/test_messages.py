"""What a client may say, and what it is told when it says something else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earshot.api.examples import EXAMPLES
from earshot.api.messages import (
    CLOSE_CODES,
    BadMessage,
    Close,
    Config,
    Error,
    Event,
    Flush,
    Message,
    Resume,
    parse,
    parse_event,
)
from earshot.audio.errors import AudioError

EVENTS = [example for example in EXAMPLES if isinstance(example, Event)]
ORDERS = [example for example in EXAMPLES if not isinstance(example, Event)]
RESUME = '{"type":"config","resume":{"session":"s","token":"t"%s}}'

counts = st.integers(0, 2**53)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=32)
resumes = st.builds(
    Resume, session=words, token=words, last_seq=counts, packet=counts, start_ms=counts
)
messages = st.one_of(
    st.builds(
        Config,
        codec=words,
        rate=counts,
        channels=counts,
        partials=st.booleans(),
        resume=st.none() | resumes,
    ),
    st.builds(Flush, id=words),
    st.builds(Close),
)


@given(messages, st.booleans())
def test_a_message_survives_the_wire(message: Any, with_nulls: bool) -> None:
    text = message.model_dump_json(exclude_none=not with_nulls)
    assert parse(text) == message
    assert parse(text.encode()) == message


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
@pytest.mark.parametrize("with_nulls", [True, False])
def test_an_event_survives_the_wire(event: Event, with_nulls: bool) -> None:
    text = event.model_dump_json(exclude_none=not with_nulls)
    assert parse_event(text) == event


def test_a_config_may_leave_out_all_but_its_type() -> None:
    assert parse('{"type": "config"}') == Config(
        codec="pcm16", rate=16_000, channels=1, partials=True, resume=None
    )


def test_a_resume_may_leave_out_all_but_session_and_token() -> None:
    config = parse(RESUME % "")
    assert isinstance(config, Config)
    assert config.resume == Resume(
        session="s", token="t", last_seq=0, packet=0, start_ms=0
    )


def test_a_flush_without_an_id_has_an_empty_one() -> None:
    assert parse('{"type": "flush"}') == Flush(id="")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "JSON"),
        ("hello", "JSON"),
        ('{"type": "close"} {"type": "close"}', "JSON"),
        ("[" * 1000, "JSON"),
        ("null", "message: .*object"),
        ('["close"]', "message: .*object"),
        ("{}", "message: .*'type'"),
        ('{"type": "stop"}', "'config', 'flush', 'close'"),
        ('{"type": "ready"}', "'config', 'flush', 'close'"),
        ('{"type": "close", "now": true}', r"close\.now: .*not permitted"),
        ('{"type": "config", "rat": 8000}', r"config\.rat: .*not permitted"),
        ('{"type": "config", "rate": "fast"}', r"config\.rate: .*integer"),
        ('{"type": "config", "rate": 16000.5}', r"config\.rate: .*integer"),
        ('{"type": "config", "rate": NaN}', r"config\.rate: "),
        ('{"type": "config", "rate": null}', r"config\.rate: .*integer"),
        ('{"type": "config", "partials": "maybe"}', r"config\.partials: .*boolean"),
        ('{"type": "config", "resume": {}}', r"config\.resume\.session: .*required"),
        (RESUME % ',"last_seq":-1', r"config\.resume\.last_seq: .*greater"),
        (RESUME % ',"packet":-1', r"config\.resume\.packet: .*greater"),
        (RESUME % ',"start_ms":-1', r"config\.resume\.start_ms: .*greater"),
        ('{"type": "flush", "id": 7}', r"flush\.id: .*string"),
    ],
)
def test_a_refusal_says_where_and_what(text: str, why: str) -> None:
    with pytest.raises(BadMessage, match=why):
        parse(text)


@pytest.mark.parametrize(
    ("message", "place", "longest"),
    [
        ({"type": "config", "codec": "x"}, ("codec",), 32),
        ({"type": "flush", "id": "x"}, ("id",), 64),
        (json.loads(RESUME % ""), ("resume", "session"), 64),
        (json.loads(RESUME % ""), ("resume", "token"), 128),
    ],
)
def test_strings_have_a_longest_length(
    message: dict[str, Any], place: tuple[str, ...], longest: int
) -> None:
    *outer, name = place
    inner = message
    for step in outer:
        inner = inner[step]
    inner[name] = "x" * longest
    parse(json.dumps(message))
    inner[name] += "x"
    with pytest.raises(BadMessage, match=f"{name}: .*{longest} characters"):
        parse(json.dumps(message))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_a_client_may_not_send_events(event: Event) -> None:
    with pytest.raises(BadMessage):
        parse(event.model_dump_json())


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.type)
def test_a_server_does_not_send_orders(order: Message) -> None:
    with pytest.raises(ValueError, match="expected tags"):
        parse_event(order.model_dump_json())


def test_what_can_be_wrong_with_audio_has_a_code_on_the_wire() -> None:
    for kind in (AudioError, *AudioError.__subclasses__()):
        error = Error(code=kind.code, message="m", fatal=False)
        assert error.code == kind.code


def test_close_codes_are_those_that_applications_may_use() -> None:
    ours = {code for code in CLOSE_CODES if 4000 <= code < 5000}
    assert set(CLOSE_CODES) - ours == {1000, 1009, 1011}
