"""Metrics count what they are told, and their series never grow in number."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from earshot.api.messages import Final, SessionEnded
from earshot.slo.metrics import BUCKETS, CODES, EVENTS, HISTOGRAMS, KINDS, Metrics

seconds = st.floats(0, 100)
counts = st.integers(0, 100)


def samples(metrics: Metrics) -> dict[str, float]:
    """What a scrape would see of Earshot: `name{label="value"}` to value."""
    families = text_string_to_metric_families(metrics.text().decode())
    return {
        named(sample.name, sample.labels): sample.value
        for family in families
        for sample in family.samples
        if sample.name.startswith("earshot_")
    }


def series(metrics: Metrics) -> set[str]:
    """The names of all series in the registry."""
    return {
        named(sample.name, sample.labels)
        for family in metrics.registry.collect()
        for sample in family.samples
    }


def named(name: str, labels: dict[str, str]) -> str:
    inside = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
    return f"{name}{{{inside}}}" if inside else name


def changed(metrics: Metrics, before: dict[str, float]) -> dict[str, float]:
    """What grew or moved since, without the buckets."""
    return {
        name: value - before[name]
        for name, value in samples(metrics).items()
        if value != before[name] and "_bucket" not in name
    }


EVERYTHING: list[tuple[str, tuple[Any, ...], dict[str, float]]] = [
    ("session_ended", ("idle",), {'sessions_ended_total{reason="idle"}': 1}),
    (
        "connection_refused",
        ("overloaded",),
        {'connections_refused_total{code="overloaded"}': 1},
    ),
    ("event_sent", ("partial",), {'events_sent_total{type="partial"}': 1}),
    ("error_sent", ("bad_audio",), {'errors_total{code="bad_audio"}': 1}),
    ("buffer_dropped", ("outbox", 3), {'buffer_dropped_total{buffer="outbox"}': 3}),
    ("audio_received", (0.02,), {"audio_received_seconds_total": 0.02}),
    (
        "audio_dropped",
        ("behind", 1.5),
        {'audio_dropped_seconds_total{why="behind"}': 1.5},
    ),
    ("speech_ended", (2.5,), {"speech_seconds_total": 2.5}),
    (
        "final_sent",
        (7, 0.25),
        {
            "final_words_total": 7,
            "time_to_final_seconds_count": 1,
            "time_to_final_seconds_sum": 0.25,
        },
    ),
    ("job_dropped", ("superseded",), {'jobs_dropped_total{why="superseded"}': 1}),
    (
        "recogniser_failed",
        ("out_of_memory",),
        {'recogniser_failures_total{code="out_of_memory"}': 1},
    ),
    ("recogniser_restarted", (), {"recogniser_restarts_total": 1}),
    ("recogniser_swapped", ("done",), {'recogniser_swaps_total{outcome="done"}': 1}),
    (
        "sessions_counted",
        (3, 1),
        {'sessions{state="attached"}': 3, 'sessions{state="detached"}': 1},
    ),
    (
        "jobs_counted",
        (1, 2, 3),
        {
            'jobs_pending{kind="final"}': 1,
            'jobs_pending{kind="first"}': 2,
            'jobs_pending{kind="partial"}': 3,
        },
    ),
    ("ladder_moved", (2,), {"ladder_rung": 2}),
    ("batch_taken", (4,), {"batch_jobs_count": 1, "batch_jobs_sum": 4}),
    ("frames_heard", (9,), {"vad_batch_frames_count": 1, "vad_batch_frames_sum": 9}),
    (
        "decoded",
        ("first", 0.25, 0.5, 0.125),
        {
            f'stage_seconds_{part}{{kind="first",stage="{stage}"}}': value
            for stage, value in (("hear", 0.25), ("queue", 0.5), ("decode", 0.125))
            for part, value in (("count", 1), ("sum", value))
        },
    ),
]


@pytest.mark.parametrize(
    ("verb", "told", "expected"), EVERYTHING, ids=[row[0] for row in EVERYTHING]
)
def test_each_verb_moves_its_series_and_no_other(
    verb: str, told: tuple[Any, ...], expected: dict[str, float]
) -> None:
    metrics = Metrics()
    before = samples(metrics)
    getattr(metrics, verb)(*told)
    wanted = {f"earshot_{name}": value for name, value in expected.items()}
    assert changed(metrics, before) == pytest.approx(wanted)


def test_every_verb_is_in_the_table_above() -> None:
    verbs = {name for name in vars(Metrics) if not name.startswith("_")} - {"text"}
    assert verbs == {row[0] for row in EVERYTHING}


@settings(max_examples=30)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("error_sent"), st.sampled_from(CODES)),
            st.tuples(st.just("event_sent"), st.sampled_from(EVENTS)),
            st.tuples(
                st.just("decoded"), st.sampled_from(KINDS), seconds, seconds, seconds
            ),
            st.tuples(st.just("final_sent"), counts, seconds),
            st.tuples(st.just("sessions_counted"), counts, counts),
        ),
        max_size=10,
    )
)
def test_whatever_happens_there_are_as_many_series_as_at_the_start(
    happenings: list[tuple[Any, ...]],
) -> None:
    metrics = Metrics()
    before = series(metrics)
    for verb, *told in happenings:
        getattr(metrics, verb)(*told)
    assert series(metrics) == before


@pytest.mark.parametrize(
    ("verb", "told"),
    [
        ("session_ended", ("the words that someone said",)),
        ("error_sent", ("5c0ffee5",)),
        ("event_sent", ("",)),
        ("decoded", ("final ", 0.1, 0.1, 0.1)),
    ],
)
def test_a_label_takes_no_value_that_was_not_announced(
    verb: str, told: tuple[Any, ...]
) -> None:
    with pytest.raises(KeyError):
        getattr(Metrics(), verb)(*told)


def test_two_services_in_one_process_count_apart() -> None:
    registry = CollectorRegistry()
    one, other = Metrics(registry), Metrics()
    one.session_ended("closed")
    name = 'earshot_sessions_ended_total{reason="closed"}'
    assert (samples(one)[name], samples(other)[name]) == (1, 0)
    value = registry.get_sample_value(
        "earshot_sessions_ended_total", {"reason": "closed"}
    )
    assert value == 1


def test_names_are_in_base_units_and_say_what_they_mean() -> None:
    text = Metrics().text().decode()
    for family in text_string_to_metric_families(text):
        assert re.fullmatch(r"(earshot|process|python)_[a-z_]+", family.name)
        assert family.documentation.strip()
        assert not re.search(r"_(ms|milliseconds|minutes|kb)\b", family.name)
    assert "_created" not in text


def test_the_process_reports_on_itself() -> None:
    assert b"process_resident_memory_bytes" in Metrics().text()


def test_events_and_reasons_are_those_of_the_protocol() -> None:
    names = samples(Metrics())
    assert len(EVENTS) == 9
    for event in (Final, SessionEnded):
        type = event.model_fields["type"].default
        assert f'earshot_events_sent_total{{type="{type}"}}' in names


def test_every_histogram_has_bounds_of_its_own_in_rising_order() -> None:
    assert BUCKETS.keys() == HISTOGRAMS.keys()
    for bounds in BUCKETS.values():
        assert list(bounds) == sorted(set(bounds))


def test_times_have_the_objectives_as_bounds_and_no_wide_gap() -> None:
    for name in ("stage_seconds", "time_to_final_seconds"):
        bounds = BUCKETS[name]
        assert {0.8, 20} <= set(bounds)
        ratios = [high / low for low, high in pairwise(bounds)]
        assert max(ratios) <= 2.5 + 1e-9
