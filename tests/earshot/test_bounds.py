"""Every limit is in the table, is a setting, and has a test that trips it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest

from earshot.api import messages
from earshot.api.messages import CLOSE_CODES, Config, parse_event
from earshot.audio.formats import Samples
from earshot.audio.segmenter import End
from earshot.audio.vad import VadMemory
from earshot.inference.fake import FakeRecogniser
from earshot.service import Plan, Service
from earshot.settings import Settings
from earshot.transport.bounds import TABLE, Bound, Bounds
from earshot.transport.session import ENDS

TRIPPED = {
    "limits.message_bytes": "a_message_that_is_too_large_closes_the_connection_only",
    "limits.config": "a_client_that_says_nothing_is_sent_away",
    "limits.ahead": "audio_may_be_so_far_ahead_of_the_clock_and_no_farther",
    "limits.idle": "a_silent_connection_ends_as_idle",
    "limits.length": "a_session_says_beforehand_that_it_is_nearly_at_its_longest",
    "limits.resume": "a_lost_connection_is_waited_for_and_then_abandoned",
    "limits.events": "a_client_that_reads_nothing_is_let_go",
    "limits.events, flushes": (
        "flushes_are_answered_and_too_many_at_once_are_too_fast"
    ),
    "limits.send": "a_client_that_never_reads_loses_its_connection_then_its_session",
    "limits.ping": "a_client_that_answers_no_ping_is_told_so",
    "limits.sessions": "no_more_sessions_are_let_in_than_are_allowed",
    "limits.drain": "sessions_end_without_their_finals_when_draining_takes_too_long",
    "limits.usage": "usage_is_told_every_so_many_seconds_of_audio",
    "stream.waiting_s": "dropped_audio_is_told_to_the_sample_and_the_stream_goes_on",
    "stream.finals": "audio_waits_while_too_many_finals_do",
    "stream.partial_deadline": "a_job_is_wanted_up_to_its_deadline",
    "stream.final_deadline": "a_final_that_waits_too_long_is_given_up",
    "segmenter.cap": "no_word_comes_twice_where_a_long_segment_is_cut",
    "worker.hang_s": "a_recogniser_that_hangs_is_left_behind_for_a_new_one",
}
"""By row of the table, the test that goes beyond the limit."""

WARNINGS = get_args(messages.WarningCode)
ERRORS = get_args(messages.ErrorCode)
REASONS = get_args(messages.Reason)
STANDARD = {1009: "message too big", 1011: "internal error"}
"""Close codes of RFC 6455 (section 7.4.1) that are not ours."""


def row(bound: Bound) -> str:
    """The name of a row: a setting that limits two things has two rows."""
    flushes = bound.holds.startswith("flushes")
    return f"{bound.setting}, flushes" if flushes else bound.setting


def written() -> Iterator[str]:
    for path in Path(__file__).parent.glob("test_*.py"):
        found = re.findall(r"^def test_(\w+)\(", path.read_text("utf-8"), re.MULTILINE)
        yield from found


def test_every_row_has_a_test_that_trips_it() -> None:
    assert set(map(row, TABLE)) == set(TRIPPED)
    assert set(TRIPPED.values()) <= set(written())


def test_every_limit_of_a_session_is_in_the_table() -> None:
    named = {bound.setting for bound in TABLE}
    assert named >= {f"limits.{field.name}" for field in fields(Bounds)}


@pytest.mark.parametrize("bound", TABLE, ids=row)
def test_every_row_names_a_setting(bound: Bound) -> None:
    group, name = bound.setting.split(".")
    assert getattr(getattr(Settings(), group), name) > 0


@pytest.mark.parametrize("bound", TABLE, ids=row)
def test_what_is_told_is_in_the_protocol(bound: Bound) -> None:
    """Each phrase is a status, or names an event of messages.py and its code."""
    for phrase in re.split("[,;] ", bound.told):
        match phrase.split():
            case ["close", code]:
                assert int(code) in CLOSE_CODES | STANDARD
            case ["warning", code]:
                assert code in WARNINGS
            case ["error", code, *_]:
                assert code in ERRORS
            case ["session.ended", reason]:
                assert f"close {ENDS[reason]}" in bound.told
                assert reason in REASONS
            case ["final", "with", "reason", reason]:
                assert reason in list(End)
            case ["ready", "with", "resumed", "false"] | ["usage"]:
                pass
            case ["/readyz", status]:
                assert status == "503"
            case ["none"] | ["none:", *_] | ["until", "audio", "is", "dropped"]:
                pass
            case other:
                pytest.fail(f"nobody knows {other}")


@pytest.mark.parametrize("field", fields(Bounds), ids=lambda field: field.name)
def test_a_limit_is_more_than_nothing(field: Any) -> None:
    for value in (0, -1):
        with pytest.raises(ValueError, match=field.name):
            Bounds(**{field.name: value})


def loud(frames: Samples, memories: Sequence[VadMemory]) -> npt.NDArray[np.float32]:
    """Speech everywhere."""
    return np.ones(len(frames), np.float32)


def test_sessions_end_without_their_finals_when_draining_takes_too_long() -> None:
    async def main() -> None:
        service = Service(loud, FakeRecogniser, Plan(bounds=Bounds(drain=0.01)))
        service.model = await service._worker.warm()
        session = service.open(Config())
        session.attach(SimpleNamespace(), None)
        session.audio(bytes(32_000))
        draining = asyncio.create_task(service.drain())
        while not session.ended:
            session.changed.clear()
            await session.changed.wait()
        service.leave(session, answered=True)
        await draining
        service._worker.close()
        events = list(map(parse_event, iter(session.outbox.next, None)))
        assert [event.type for event in events] == ["warning", "session.ended"]
        assert (events[0].code, events[0].in_ms) == ("draining", 10)
        assert (events[1].reason, events[1].last_ms) == ("draining", 0)

    asyncio.run(main())
