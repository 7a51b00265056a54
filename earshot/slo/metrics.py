"""What Earshot counts and times, in Prometheus' text format.

Names follow https://prometheus.io/docs/practices/naming: base units, and
`_total` behind what only grows. Every label has few values that are known in
advance: all series exist from the start, and no text, session or address can
become one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any, Literal, TypeVar, get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from earshot.api.messages import ErrorCode, Reason, ServerEvent

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
# A second series for each counter, of which nothing here makes use.
disable_created_metrics()  # type: ignore[no-untyped-call]

AudioLoss = Literal["behind"]
Buffer = Literal["inbox", "outbox", "replay"]
"""Frames not yet heard, partials not yet sent, events kept for a resume."""
JobLoss = Literal["superseded", "expired", "cancelled"]
Kind = Literal["final", "first", "partial"]
Swap = Literal["done", "failed"]

AUDIO, BUFFERS, JOBS = get_args(AudioLoss), get_args(Buffer), get_args(JobLoss)
CODES, KINDS, REASONS = get_args(ErrorCode), get_args(Kind), get_args(Reason)
SWAPS = get_args(Swap)
STAGES, STATES = ("hear", "queue", "decode"), ("attached", "detached")
EVENTS = tuple(
    event.model_fields["type"].default for event in get_args(get_args(ServerEvent)[0])
)
Key = tuple[str, ...]
Table = dict[str, tuple[str, dict[str, tuple[str, ...]]]]
Metric = TypeVar("Metric", Counter, Gauge, Histogram)

# --8<-- [start:series]
COUNTERS: Table = {
    "sessions_ended": ("Sessions that ended.", {"reason": REASONS}),
    "connections_refused": ("Connections without ready.", {"code": CODES}),
    "events_sent": ("Events for clients.", {"type": EVENTS}),
    "errors": ("Errors that clients were told of.", {"code": CODES}),
    "buffer_dropped": ("Lost by a full buffer.", {"buffer": BUFFERS}),
    "audio_received_seconds": ("Audio that came.", {}),
    "audio_dropped_seconds": ("Audio that nobody heard.", {"why": AUDIO}),
    "speech_seconds": ("Audio in segments that ended.", {}),
    "final_words": ("Words in finals.", {}),
    "jobs_dropped": ("Jobs that never ran.", {"why": JOBS}),
    "recogniser_failures": ("Calls without words.", {"code": CODES}),
    "recogniser_restarts": ("Recognisers that hung, replaced.", {}),
    "recogniser_swaps": ("Changes to another recogniser.", {"outcome": SWAPS}),
}
GAUGES: Table = {
    "sessions": ("Sessions, by connection.", {"state": STATES}),
    "jobs_pending": ("Jobs in line for the recogniser.", {"kind": KINDS}),
    "ladder_rung": ("0 normal, 1 wider, 2 finals only, 3 refuse.", {}),
}
HISTOGRAMS: Table = {
    "stage_seconds": (
        "Stages from the arrival of audio to its words.",
        {"stage": STAGES, "kind": KINDS},
    ),
    "time_to_final_seconds": ("Last audio's arrival to the final.", {}),
    "batch_jobs": ("Jobs in a call of the recogniser.", {}),
    "vad_batch_frames": ("Frames in a call of the VAD.", {}),
}
# --8<-- [end:series]
# --8<-- [start:buckets]
# A share within a bound is exact, a quantile is a guess between two bounds.
# So 0.8 s, the budget's target, is one; none is more than 2.5 times the one
# before it. Finals are given up at 20 s. For these the bounds are closer,
# where an objective may be. Batches of jobs are counted exactly.
BUCKETS: dict[str, tuple[float, ...]] = {
    "stage_seconds": (
        *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4),
        *(0.8, 1.6, 3.2, 6.4, 10, 20),
    ),
    "time_to_final_seconds": (
        *(0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8),
        *(1, 1.5, 2, 3, 5, 10, 20),
    ),
    "batch_jobs": (1, 2, 3, 4, 5, 6, 7, 8),
    "vad_batch_frames": (1, 2, 4, 8, 16, 32, 64),
}


# --8<-- [end:buckets]
# --8<-- [start:metrics]
def make(
    kind: Callable[..., Metric], table: Table, registry: CollectorRegistry
) -> dict[Key, Metric]:
    """Every series of a table, by its name and its labels' values."""
    common = {"namespace": "earshot", "registry": registry}
    made: dict[Key, Metric] = {}
    for name, (about, labels) in table.items():
        metric = kind(name, about, labels, **common)
        for key in product([name], *labels.values()):
            made[key] = metric.labels(*key[1:]) if labels else metric
    return made


class Metrics:
    """Counts in a registry of its own what it is told has happened.

    Times are in seconds. An unknown value of a label raises `KeyError`.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._counters = make(Counter, COUNTERS, self.registry)
        self._gauges = make(Gauge, GAUGES, self.registry)
        self._histograms = make(_histogram, HISTOGRAMS, self.registry)

    def text(self) -> bytes:
        """All series in text, whose media type is `CONTENT_TYPE`."""
        return generate_latest(self.registry)

    # --8<-- [end:metrics]
    def decoded(self, kind: Kind, hear: float, queue: float, decode: float) -> None:
        """A job has its words; the stages took so long."""
        self._observe(hear, "stage_seconds", "hear", kind)
        self._observe(queue, "stage_seconds", "queue", kind)
        self._observe(decode, "stage_seconds", "decode", kind)

    def batch_taken(self, jobs: int) -> None:
        """The recogniser was called with so many jobs."""
        self._observe(jobs, "batch_jobs")

    def frames_heard(self, frames: int) -> None:
        """The VAD was called with the frames of so many streams."""
        self._observe(frames, "vad_batch_frames")

    def jobs_counted(self, final: int, first: int, partial: int) -> None:
        """So many jobs of each kind are in line."""
        self._gauges["jobs_pending", "final"].set(final)
        self._gauges["jobs_pending", "first"].set(first)
        self._gauges["jobs_pending", "partial"].set(partial)

    def job_dropped(self, why: JobLoss) -> None:
        """A job left the line without its turn."""
        self._count("jobs_dropped", why)

    def ladder_moved(self, rung: int) -> None:
        """The service stands on this rung now."""
        self._gauges["ladder_rung",].set(rung)

    def recogniser_failed(self, code: ErrorCode) -> None:
        """A call of the recogniser gave no words."""
        self._count("recogniser_failures", code)

    def recogniser_restarted(self) -> None:
        """A recogniser that hung was left behind for a new one."""
        self._count("recogniser_restarts")

    def recogniser_swapped(self, outcome: Swap) -> None:
        """Another recogniser took over, or could not."""
        self._count("recogniser_swaps", outcome)

    def sessions_counted(self, attached: int, detached: int) -> None:
        """So many sessions have a connection, and so many may come back."""
        self._gauges["sessions", "attached"].set(attached)
        self._gauges["sessions", "detached"].set(detached)

    def session_ended(self, reason: Reason) -> None:
        """A session that had a `ready` is over."""
        self._count("sessions_ended", reason)

    def connection_refused(self, code: ErrorCode) -> None:
        """A connection was closed before its `ready`."""
        self._count("connections_refused", code)

    def event_sent(self, type: str) -> None:
        """An event went to a client."""
        self._count("events_sent", type)

    def error_sent(self, code: ErrorCode) -> None:
        """A client was told of an error."""
        self._count("errors", code)

    def final_sent(self, words: int, seconds: float) -> None:
        """A final of so many words, so long after its last audio arrived."""
        self._count("final_words", by=words)
        self._observe(seconds, "time_to_final_seconds")

    def buffer_dropped(self, buffer: Buffer, items: int = 1) -> None:
        """A full buffer lost so many of its items."""
        self._count("buffer_dropped", buffer, by=items)

    def audio_received(self, seconds: float) -> None:
        """So much audio came and was taken."""
        self._count("audio_received_seconds", by=seconds)

    def audio_dropped(self, why: AudioLoss, seconds: float) -> None:
        """So much audio was lost, because the service is behind."""
        self._count("audio_dropped_seconds", why, by=seconds)

    def speech_ended(self, seconds: float) -> None:
        """A segment of so much audio ended."""
        self._count("speech_seconds", by=seconds)

    def _count(self, *key: str, by: float = 1) -> None:
        self._counters[key].inc(by)

    def _observe(self, value: float, *key: str) -> None:
        self._histograms[key].observe(value)


def _histogram(name: str, about: str, labels: Iterable[str], **more: Any) -> Histogram:
    return Histogram(name, about, labels, buckets=BUCKETS[name], **more)
