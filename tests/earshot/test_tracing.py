"""Spans tell where the time went, add up, and hold no text."""

from __future__ import annotations

import io
import json
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace import Tracer as SdkTracer
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from earshot.slo.tracing import Stamps, TracingError, record, tracer

STAMPS = Stamps(arrived=10.0, heard=10.5, taken=12.0, decoded=12.25)


@st.composite
def stamps(draw: st.DrawFn) -> Stamps:
    start = draw(st.floats(0, 1e7))
    lengths = draw(st.lists(st.floats(0, 100), min_size=3, max_size=3))
    moments = [start + sum(lengths[:n]) for n in range(4)]
    return Stamps(*moments)


def spans(stamps: Stamps, kind: str = "final") -> dict[str, ReadableSpan]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    record(provider.get_tracer("x"), "5c0ffee5", 3, kind, stamps, batch=2, audio_ms=900)
    return {span.name: span for span in exporter.get_finished_spans()}


def nanoseconds(span: ReadableSpan) -> int:
    assert span.start_time is not None
    assert span.end_time is not None
    return span.end_time - span.start_time


def test_a_job_is_a_span_with_a_child_for_each_stage() -> None:
    made = spans(STAMPS)
    assert set(made) == {"earshot.segment", "hear", "queue", "decode"}
    parent = made.pop("earshot.segment")
    assert parent.parent is None
    for child in made.values():
        assert child.parent == parent.context


def test_stages_last_as_long_as_the_stamps_say() -> None:
    made = spans(STAMPS)
    lengths = {name: nanoseconds(span) / 1e9 for name, span in made.items()}
    assert lengths == {
        "hear": 0.5,
        "queue": 1.5,
        "decode": 0.25,
        "earshot.segment": 2.25,
    }


@given(stamps())
def test_children_fill_their_parent_without_a_gap(stamps: Stamps) -> None:
    made = spans(stamps)
    parent = made["earshot.segment"]
    hear, queue, decode = made["hear"], made["queue"], made["decode"]
    assert (parent.start_time, parent.end_time) == (hear.start_time, decode.end_time)
    assert (hear.end_time, queue.end_time) == (queue.start_time, decode.start_time)
    total = sum(map(nanoseconds, (hear, queue, decode)))
    assert total == nanoseconds(parent)


def test_a_stamp_of_now_is_now_on_the_wall() -> None:
    before = time.time_ns()
    now = time.monotonic()
    moments = Stamps(now, now, now, now).on_wall()
    after = time.time_ns()
    clock = 1_000_000  # a reading of two clocks, one after the other
    assert before - clock <= moments[0] <= after + clock
    assert len(set(moments)) == 1


def test_attributes_are_numbers_and_codes() -> None:
    made = spans(STAMPS, kind="partial")
    assert made["earshot.segment"].attributes == {
        "earshot.session": "5c0ffee5",
        "earshot.segment": 3,
        "earshot.kind": "partial",
        "earshot.batch": 2,
        "earshot.audio_ms": 900,
    }
    assert not any(made[name].attributes for name in ("hear", "queue", "decode"))


def test_without_a_destination_nothing_is_recorded() -> None:
    silent = tracer("")
    record(silent, "5c0ffee5", 1, "final", STAMPS, batch=1, audio_ms=1)
    assert not silent.start_span("x").is_recording()


def written(destination: str) -> None:
    """Record two jobs and let the tracer finish."""
    made = tracer(destination)
    assert isinstance(made, SdkTracer)
    for segment in (1, 2):
        record(made, "5c0ffee5", segment, "final", STAMPS, batch=1, audio_ms=1)
    made.span_processor.shutdown()


def test_a_file_gets_a_line_of_json_for_each_span(tmp_path: Path) -> None:
    file = tmp_path / "spans.jsonl"
    file.write_text('{"name": "of an earlier run"}\n')
    written(str(file))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    names = [line["name"] for line in lines]
    job = ["hear", "queue", "decode", "earshot.segment"]
    assert names == ["of an earlier run", *job, *job]
    hear, *_, whole = lines[1:5]
    assert hear["parent_id"] == whole["span_id"]
    assert hear["trace_id"] == whole["trace_id"] != lines[-1]["trace_id"]
    assert whole["parent_id"] is None
    assert whole["end_ns"] - whole["start_ns"] == 2_250_000_000
    assert whole["attributes"]["earshot.segment"] == 1


def test_the_console_gets_the_same_lines_and_stays_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    console = io.StringIO()
    monkeypatch.setattr(sys, "stdout", console)
    written("console")
    assert len([json.loads(line) for line in console.getvalue().splitlines()]) == 8


def test_a_file_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(TracingError, match=r"can't be written .*: Is a directory; set"):
        tracer(str(tmp_path))
