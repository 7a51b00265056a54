"""Measurements are what a person with a stopwatch would note down."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earshot.api.messages import (
    Error,
    Final,
    Limits,
    Partial,
    Ready,
    SessionEnded,
    SpeechStarted,
    Timing,
    Usage,
    WarningEvent,
)
from earshot.client.meter import Meter, Tally, replaced
from earshot.client.report import Figures, Spread, figures, pooled, spread, table
from earshot.client.watch import Reading, metrics_url, parse, server_use

LIMITS = Limits(message_bytes=1, ahead=1, idle=1, length=1, resume=1)


def ready(resumed: bool = False) -> Ready:
    return Ready(session="s", token="t", model="m", limits=LIMITS, resumed=resumed)


def started(segment: int = 1, voice_ms: int = 0) -> SpeechStarted:
    return SpeechStarted(segment=segment, start_ms=voice_ms, voice_ms=voice_ms)


def partial(
    stable: str, unstable: str, end_ms: int = 100, segment: int = 1, total: float = 0
) -> Partial:
    return Partial(
        segment=segment,
        start_ms=0,
        stable=stable,
        stable_ms=0,
        unstable=unstable,
        end_ms=end_ms,
        timing=Timing(total=total),
    )


def final(
    text: str,
    end_ms: int = 100,
    segment: int = 1,
    endpoint: float = 0,
    total: float = 0,
) -> Final:
    return Final(
        segment=segment,
        start_ms=0,
        voice_ms=end_ms,
        end_ms=end_ms,
        text=text,
        reason="endpoint",
        timing=Timing(endpoint=endpoint, total=total),
    )


def meter(packets: int = 100, ms: float = 20) -> Meter:
    """Packet number n, which ends at (n + 1) · ms, was sent at n seconds."""
    made = Meter(-1.0)
    for number in range(packets):
        made.sent(ms, float(number))
    return made


def shown(*events: Partial | Final) -> Tally:
    made = meter()
    made.heard(started(), 0.0)
    for event in events:
        made.heard(event, 0.0)
    return made.tally


@pytest.mark.parametrize(
    ("ms", "sent"), [(0, -1), (1, 0), (20, 0), (21, 1), (2000, 99), (9999, 99)]
)
def test_audio_is_dated_by_the_packet_that_it_ends_in(ms: float, sent: float) -> None:
    assert meter().when(ms) == sent


def test_words_are_timed_from_the_start_of_speech() -> None:
    made = meter()
    made.heard(started(voice_ms=200), 12.0)
    made.heard(partial("", "some"), 14.0)
    made.heard(partial("some", "one"), 15.5)
    made.heard(partial("some one", "else"), 18.0)
    assert list(made.tally.first_partial) == [5.0]
    assert list(made.tally.first_stable) == [6.5]
    assert list(made.tally.gap) == [1.5, 2.5]


def test_a_final_without_partials_is_the_first_that_is_stable() -> None:
    made = meter()
    made.heard(started(voice_ms=200), 12.0)
    made.heard(final("yes"), 17.0)
    assert list(made.tally.first_partial) == []
    assert list(made.tally.first_stable) == [8.0]


def test_a_partial_is_timed_from_the_audio_that_it_heard() -> None:
    made = meter()
    made.heard(partial("", "some", end_ms=400, total=600), 20.5)
    assert list(made.tally.partial_delay) == [1.5]
    assert list(made.tally.transport) == [pytest.approx(0.9)]


def test_a_final_is_timed_from_its_audio_and_from_what_ended_it() -> None:
    made = meter()
    made.heard(final("some", end_ms=400, endpoint=512, total=250), 46.0)
    assert list(made.tally.final_after_voice) == [27.0]
    assert list(made.tally.final_delay) == [1.0]
    assert list(made.tally.transport) == [0.75]


@pytest.mark.parametrize(
    ("events", "count"),
    [
        ((partial("", "the cat"), partial("", "the cat sat")), 0),
        ((partial("", "the cat"), partial("the", "hat sat")), 1),
        ((partial("", "the cat"), partial("", "a cat")), 2),
        ((partial("", "the cat"), partial("", "the")), 1),
        ((partial("", "the cat."), final("The cat, sat.")), 0),
        ((partial("the", "cat"), partial("the", "hat"), final("the bat")), 2),
        ((partial("", "the cat"), final("")), 2),
    ],
)
def test_flicker_is_words_that_were_shown_and_are_no_more(
    events: tuple[Partial | Final, ...], count: int
) -> None:
    assert shown(*events).counts["rewritten"] == count


@pytest.mark.parametrize(
    ("events", "count"),
    [
        ((partial("the", "cat"), partial("the cat", "sat"), final("the cat sat")), 0),
        ((partial("the cat", ""), final("the cat, sat.")), 0),
        ((partial("the cat", ""), final("the dog sat")), 1),
        ((partial("the cat", ""), final("a cat sat")), 2),
        ((partial("the cat", ""), partial("the", "cat")), 1),
        ((partial("he", ""), final("hello")), 1),
        ((partial("the cat", ""), final("The cat")), 1),
    ],
)
def test_stable_words_that_change_are_counted(
    events: tuple[Partial | Final, ...], count: int
) -> None:
    assert shown(*events).counts["contradicted"] == count


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_what_goes_on_from_the_old_words_replaces_none(
    old: list[str], more: list[str]
) -> None:
    assert replaced(old, old + more) == 0
    assert replaced(old + more, old) == len(more)
    assert 0 <= replaced(old, more) <= len(old)


def test_a_new_session_has_nothing_on_the_screen() -> None:
    made = meter()
    made.heard(started(), 0.0)
    made.heard(partial("the cat", ""), 0.0)
    made.heard(ready(resumed=True), 0.0)
    made.heard(ready(), 0.0)
    made.heard(started(), 0.0)
    made.heard(partial("a dog", ""), 0.0)
    assert made.tally.counts["contradicted"] == 0
    assert made.tally.counts["rewritten"] == 0


def test_a_resumed_session_goes_on_where_it_was() -> None:
    made = meter()
    made.heard(partial("the cat", ""), 0.0)
    made.heard(ready(resumed=True), 0.0)
    made.heard(final("a dog"), 0.0)
    assert made.tally.counts["contradicted"] == 2


def test_what_goes_wrong_is_counted_by_its_code() -> None:
    made = meter()
    error = Error(code="inference_failed", message="", fatal=False, segment=1)
    for event in (error, error, WarningEvent(code="draining", message="")):
        made.heard(event, 0.0)
    made.heard(SessionEnded(reason="draining", last_ms=0, usage=Usage()), 0.0)
    assert made.tally.problems == {"error inference_failed": 2, "warning draining": 1}
    assert made.tally.ends == {"draining": 1}


def told(*texts: str) -> Tally:
    """A stream with one partial and one final for each text, a second long."""
    made = meter(50)
    for number, text in enumerate(texts, 1):
        made.heard(started(number), 0.0)
        made.heard(partial("", "oh", segment=number), float(number))
        made.heard(final(text, end_ms=1000, segment=number), 10.0 + number)
    return made.tally


def test_figures_count_and_divide() -> None:
    found = figures(told("oh yes", "ah no"))
    assert (found.audio_s, found.speech_s) == (1.0, 2.0)
    assert (found.finals, found.words) == (2, 4)
    assert found.partials_per_speech_s == 1.0
    assert found.flicker == 0.25
    assert found.partial_gap_s is None
    assert found.first_partial_s == Spread(2, 2.0, 3.0, 3.0)


def test_figures_of_nothing_are_no_figures() -> None:
    found = figures(Tally())
    assert found.flicker == found.partials_per_speech_s == 0
    assert found.final_delay_s is None


def test_streams_are_pooled_measurement_by_measurement() -> None:
    one, other = told("oh yes"), told("oh", "my")
    total = figures(pooled([one, other]))
    assert total.finals == 3
    assert total.words == 4
    assert total.audio_s == 2.0
    assert total.first_partial_s == Spread(3, 2.0, 3.0, 3.0)
    assert figures(one).finals == 1


def test_a_spread_has_nearest_ranks() -> None:
    assert spread(range(100, 0, -1)) == Spread(100, 50, 95, 100)
    assert spread([]) is None


def test_a_table_fits_a_page_and_names_every_time() -> None:
    tally = told("oh yes", "ah no")
    tally.problems["error overloaded"] += 3
    tally.gap.append(123.4567)
    lines = table(figures(tally)).splitlines()
    assert max(map(len, lines)) <= 76
    assert any(
        "from partial to partial" in line and "123.457" in line for line in lines
    )
    assert "error overloaded: 3" in lines
    assert len(lines) > sum(field.endswith("_s") for field in Figures.__annotations__)


def test_a_server_is_measured_between_two_readings() -> None:
    readings = [Reading(10, 2.0, 50e6), Reading(11, 3.0, 90e6), Reading(14, 4.0, 80e6)]
    use = server_use(readings, audio_s=8)
    assert use is not None
    assert (use.cpu_s, use.cores, use.cpu_per_stream_s) == (2.0, 0.5, 0.25)
    assert (use.memory_before_mb, use.memory_after_mb) == (50, 80)
    assert use.memory_most_mb == 90
    assert use.memory_by_minute_mb == (50,)
    assert server_use(readings[:1], audio_s=8) is None
    assert server_use([*readings, Reading(15, 0.5, 50e6)], audio_s=8) is None


def test_memory_is_told_by_the_minute() -> None:
    readings = [Reading(5 + at, at, at * 1e6) for at in (0, 59, 61, 119, 120, 185)]
    use = server_use(readings, audio_s=1)
    assert use is not None
    assert use.memory_by_minute_mb == (0, 61, 120, 185)


def test_metrics_are_read_by_their_names() -> None:
    text = (
        "# HELP process_cpu_seconds_total Time.\n"
        "process_cpu_seconds_total 12.5\n"
        "process_resident_memory_bytes 1.5e+08\n"
    )
    assert parse(text, 3.0) == Reading(3.0, 12.5, 1.5e8)
    assert parse("process_cpu_seconds_total 12.5\n", 3.0) is None


def test_metrics_are_where_the_stream_is() -> None:
    assert metrics_url("ws://a:1/v1/stream") == "http://a:1/metrics"
    assert metrics_url("wss://a/v1/stream?x=y") == "https://a/metrics"
