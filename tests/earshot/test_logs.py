"""Logs tell what happened, and never what was said."""

from __future__ import annotations

import io
import json
import logging
import logging.config
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn import Config

from earshot.inference.fake import FakeRecogniser
from earshot.slo.logs import FIELDS, Style, configure, event, fault

LOG = logging.getLogger("earshot.test")
styles = st.sampled_from(["text", "json"])
sentences = st.text(min_size=12)


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def listen(style: Style) -> io.StringIO:
    stream = io.StringIO()
    configure(style, stream)
    return stream


def objects(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def shows(stream: io.StringIO, text: str) -> bool:
    """Whether the text was written, as it is or with JSON's escapes."""
    escaped = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    return any(form in stream.getvalue() for form in {text, *escaped})


def raised(error: Exception) -> Exception:
    """The error as a recogniser raises it."""
    recogniser = FakeRecogniser(failures={1: error})
    with pytest.raises(type(error)) as caught:
        recogniser.transcribe([])
    return caught.value


def test_an_event_in_json_has_time_level_name_and_fields() -> None:
    stream = listen("json")
    event(LOG, "session.ended", session="5c0ffee5", reason="idle", audio_ms=20)
    [logged] = objects(stream)
    time = logged.pop("time")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time)
    assert logged == {
        "level": "INFO",
        "event": "session.ended",
        "session": "5c0ffee5",
        "reason": "idle",
        "audio_ms": 20,
    }


def test_an_event_in_text_is_one_line_that_reads_well() -> None:
    stream = listen("text")
    event(LOG, "decode.failed", logging.ERROR, segment=3, code="internal", queue_ms=0.5)
    time, rest = stream.getvalue().split(" ", 1)
    assert time.endswith("Z")
    assert rest == "ERROR decode.failed segment=3 code=internal queue_ms=0.5\n"


def test_time_is_that_of_the_event_in_utc() -> None:
    stream = listen("json")
    facts = {"created": 0.9996, "earshot": {}, "levelno": logging.INFO}
    logging.getLogger().handle(logging.makeLogRecord(facts))
    assert objects(stream)[0]["time"] == "1970-01-01T00:00:00.999Z"


@pytest.mark.parametrize("field", ["text", "audio", "message", "stable", "token"])
def test_a_field_that_is_not_on_the_list_is_refused(field: str) -> None:
    stream = listen("text")
    with pytest.raises(TypeError, match=field):
        event(LOG, "x", **{field: 1})
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    "value",
    [
        b"\0\0",
        bytearray(2),
        np.zeros(2, np.float32),
        np.float32(0.5),
        [1],
        {"a": 1},
        "and then he had more to say",
        "a\nINFO forged",
        "\x1b[2J",
        "x" * 201,
        ValueError("x"),
    ],
)
def test_a_value_that_could_be_audio_or_words_is_refused(value: object) -> None:
    stream = listen("text")
    with pytest.raises(TypeError, match="reason"):
        event(LOG, "x", reason=value)
    assert stream.getvalue() == ""


def test_the_name_of_an_event_cannot_be_a_sentence() -> None:
    with pytest.raises(TypeError):
        event(LOG, "he had more to say")


@given(
    st.sampled_from(sorted(FIELDS)),
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.from_regex(r"[!-~]{0,200}", fullmatch=True),
    ),
)
def test_what_is_taken_comes_out_as_one_line_and_as_it_was(
    field: str, value: object
) -> None:
    stream = listen("json")
    event(LOG, "x", **{field: value})
    assert objects(stream)[0][field] == value
    stream = listen("text")
    event(LOG, "x", **{field: value})
    assert len(stream.getvalue().splitlines()) == 1


@given(styles, sentences)
def test_nothing_a_recogniser_says_in_an_exception_leaks(
    style: Style, said: str
) -> None:
    stream = listen(style)
    error = raised(RuntimeError(said))
    event(LOG, "decode.failed", logging.ERROR, **fault(error))
    LOG.error("it failed: %s", error, exc_info=error)
    LOG.error(said)
    logging.getLogger("asyncio").error("exception=%r", error, exc_info=error)
    logging.getLogger("uvicorn.error").error("in the app\n" + said, exc_info=error)
    assert len(stream.getvalue().splitlines()) == 5
    assert not shows(stream, said)


@pytest.mark.parametrize("chained", [True, False])
def test_nothing_that_caused_an_exception_leaks(chained: bool) -> None:
    stream = listen("json")
    try:
        try:
            raise ValueError("the words that were said")
        except ValueError as cause:
            raise RuntimeError("more words") from (cause if chained else None)
    except RuntimeError as error:
        LOG.exception("x")
        event(LOG, "x", **fault(error))
    assert "words" not in stream.getvalue()


def test_an_exception_is_logged_by_its_type_and_the_line_that_raised_it() -> None:
    fields = fault(raised(ZeroDivisionError("never shown")))
    assert fields["exception"] == "ZeroDivisionError"
    assert re.fullmatch(r"inference/fake\.py:\d+", fields["place"])


def test_an_exception_that_was_never_raised_has_no_place() -> None:
    assert fault(MemoryError("x")) == {"exception": "MemoryError"}


def test_another_library_is_shown_by_the_place_it_logs_at() -> None:
    stream = listen("json")
    logging.getLogger("somebody").warning("%s said %s", "he", "this")
    [logged] = objects(stream)
    assert (logged["event"], logged["logger"]) == ("log", "somebody")
    assert re.fullmatch(r"earshot/test_logs\.py:\d+", logged["place"])


def test_uvicorn_speaks_in_our_style_whatever_it_had_before() -> None:
    Config(app="x")  # brings uvicorn's own handlers
    stream = listen("text")
    Config(app="x", log_config=None)
    logging.getLogger("uvicorn.error").info("Uvicorn running on %s://%s", "http", "x")
    assert stream.getvalue().endswith(
        'Z INFO uvicorn message="Uvicorn running on http://x"\n'
    )


@pytest.mark.parametrize(
    ("logger", "message", "values", "expected"),
    [
        (
            "uvicorn.access",
            '%s - "%s %s HTTP/%s" %d',
            ("10.0.0.7:5", "GET", "/healthz?who=me", "1.1", 200),
            '"GET /healthz HTTP/1.1" 200',
        ),
        (
            "uvicorn.error",
            '%s - "WebSocket %s" [accepted]',
            ("10.0.0.7:5", "/v1/stream?token=5c0ffee5"),
            '"WebSocket /v1/stream" [accepted]',
        ),
    ],
)
def test_a_request_is_shown_without_its_client_and_query(
    logger: str, message: str, values: tuple[Any, ...], expected: str
) -> None:
    stream = listen("json")
    logging.getLogger(logger).info(message, *values)
    assert objects(stream)[0]["message"] == expected


@pytest.mark.parametrize("name", ["earshot.x", "uvicorn.error", "websockets.server"])
def test_nothing_below_info_is_shown_even_where_a_logger_would(name: str) -> None:
    stream = listen("text")
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        logger.debug("< TEXT 'the words that were said'")
    finally:
        logger.setLevel(before)
    assert stream.getvalue() == ""


def test_configuring_again_replaces_what_was_configured() -> None:
    first = listen("text")
    second = listen("json")
    event(LOG, "x")
    assert first.getvalue() == ""
    assert len(objects(second)) == 1
