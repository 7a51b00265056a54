"""Where the time of each partial and final went, as OpenTelemetry spans.

A span `earshot.segment` reaches from the arrival of the last audio to the
words. Its children follow one another without a gap and fill it. No attribute
ever holds text.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from itertools import pairwise
from typing import TextIO

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.trace import NoOpTracerProvider, Tracer, set_span_in_context

STAGES = ("hear", "queue", "decode")


class TracingError(ValueError):
    """Spans can't go where they should."""


# --8<-- [start:record]
@dataclass(frozen=True)
class Stamps:
    """Moments of a job in seconds of `time.monotonic`, in rising order.

    Its last audio `arrived`, the VAD `heard` it, the recogniser has `taken`
    and then `decoded` it.
    """

    arrived: float
    heard: float
    taken: float
    decoded: float

    def on_wall(self) -> list[int]:
        """The same moments in ns since 1970, by what the clocks show now.

        One difference between the clocks serves all four: a clock that was
        set meanwhile moves the moments, but not the times between them.
        """
        offset = time.time_ns() - time.monotonic_ns()
        return [round(stamp * 1e9) + offset for stamp in astuple(self)]


def record(
    tracer: Tracer,
    session: str,
    segment: int,
    kind: str,
    stamps: Stamps,
    *,
    batch: int,
    audio_ms: int,
) -> None:
    """A span for a job that is done, and a child for each stage.

    `batch` jobs shared the recogniser; the job's audio lasts `audio_ms`.
    """
    moments = stamps.on_wall()
    attributes: dict[str, str | int] = {
        "earshot.session": session,
        "earshot.segment": segment,
        "earshot.kind": kind,
        "earshot.batch": batch,
        "earshot.audio_ms": audio_ms,
    }
    whole = tracer.start_span(
        "earshot.segment", attributes=attributes, start_time=moments[0]
    )
    inside = set_span_in_context(whole)
    for name, (start, end) in zip(STAGES, pairwise(moments), strict=True):
        tracer.start_span(name, inside, start_time=start).end(end)
    whole.end(moments[-1])


# --8<-- [end:record]
# --8<-- [start:tracer]
def tracer(destination: str) -> Tracer:
    """A tracer whose spans go nowhere (""), to the "console", or to a file.

    A thread of its own writes them, the last ones when the process ends.
    Raises `TracingError` when the file can't be written.
    """
    if not destination:
        return NoOpTracerProvider().get_tracer("earshot")
    resource = Resource.create({"service.name": "earshot"})
    provider = TracerProvider(resource=resource)
    exporter = SpanLines(_opened(destination))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider.get_tracer("earshot")


class SpanLines(SpanExporter):
    """Writes every span as a line of JSON; times are in ns since 1970."""

    def __init__(self, out: TextIO) -> None:
        self.out = out

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write spans that have ended."""
        self.out.writelines(map(line, spans))
        self.out.flush()
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Close the file; the console stays open."""
        if self.out is not sys.stdout:
            self.out.close()


# --8<-- [end:tracer]
def line(span: ReadableSpan) -> str:
    """A span as one line of JSON."""
    data = {
        "name": span.name,
        "trace_id": f"{span.context.trace_id:032x}",
        "span_id": f"{span.context.span_id:016x}",
        "parent_id": f"{span.parent.span_id:016x}" if span.parent else None,
        "start_ns": span.start_time,
        "end_ns": span.end_time,
        "attributes": dict(span.attributes or {}),
    }
    return json.dumps(data) + "\n"


def _opened(destination: str) -> TextIO:
    if destination == "console":
        return sys.stdout
    try:
        return open(destination, "a", encoding="utf-8")
    except OSError as error:
        why = f"spans can't be written to {destination}: {error.strerror}"
        raise TracingError(f"{why}; set `trace` of [server] to another file") from None
