"""One place that is told what happens, and tells metrics, traces and logs."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable

from opentelemetry.trace import Tracer

from earshot.api.messages import (
    Error,
    ErrorCode,
    Event,
    Final,
    SessionEnded,
    WarningEvent,
)
from earshot.audio.formats import Format
from earshot.inference.ladder import Rung
from earshot.inference.scheduler import Job, Kind, Loss
from earshot.inference.segment import ms
from earshot.inference.stream import Heard
from earshot.slo import metrics, tracing
from earshot.slo.logs import event as log
from earshot.slo.logs import fault

logger = logging.getLogger("earshot")
NAMES: dict[Kind, metrics.Kind] = {
    Kind.FINAL: "final",
    Kind.FIRST: "first",
    Kind.PARTIAL: "partial",
}


# --8<-- [start:observer]
class Observer:
    """Counts, spans and log lines of a service; none holds audio or text."""

    def __init__(
        self,
        counts: metrics.Metrics | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        self.metrics = counts or metrics.Metrics()
        self._tracer = tracer or tracing.tracer("")

    def opened(self, session: str, form: Format) -> None:
        """A session has begun."""
        codec, rate = form.codec, form.rate
        log(logger, "session.opened", session=session, codec=codec, rate=rate)

    def resumed(self, session: str) -> None:
        """A session goes on over a new connection."""
        log(logger, "session.resumed", session=session)

    def refused(self, code: ErrorCode) -> None:
        """A connection got no session."""
        self.metrics.connection_refused(code)
        log(logger, "connection.refused", code=code)

    def sent(self, session: str, event: Event) -> None:
        """An event of a session is on its way."""
        self.metrics.event_sent(event.type)
        match event:
            case Final():
                words = len(event.text.split())
                self.metrics.final_sent(words, event.timing.total / 1000)
                self.metrics.speech_ended((event.end_ms - event.start_ms) / 1000)
            case Error():
                self.metrics.error_sent(event.code)
                log(
                    logger,
                    "session.error",
                    logging.WARNING,
                    session=session,
                    code=event.code,
                    segment=event.segment,
                )
            case WarningEvent(start_ms=int(start), end_ms=int(end)):
                self.metrics.audio_dropped("behind", (end - start) / 1000)
            case SessionEnded():
                self._ended(session, event)

    def _ended(self, session: str, event: SessionEnded) -> None:
        self.metrics.session_ended(event.reason)
        self.metrics.audio_received(event.usage.audio_ms / 1000)
        log(
            logger,
            "session.ended",
            session=session,
            reason=event.reason,
            audio_ms=event.usage.audio_ms,
            speech_ms=event.usage.speech_ms,
            segments=event.usage.segments,
        )

    # --8<-- [end:observer]
    def superseded(self, partials: int) -> None:
        """So many partials of a slow client gave way to newer ones."""
        self.metrics.buffer_dropped("outbox", partials)

    def listened(self, frames: int) -> None:
        """The VAD heard a frame of so many streams."""
        self.metrics.frames_heard(frames)

    def resolved(self, job: Job, heard: Heard) -> None:
        """The recogniser has given a job's words."""
        self.metrics.decoded(
            NAMES[job.kind],
            job.heard - job.arrived,
            heard.taken - job.heard,
            heard.done - heard.taken,
        )
        tracing.record(
            self._tracer,
            job.stream,
            job.segment,
            NAMES[job.kind],
            tracing.Stamps(job.arrived, job.heard, heard.taken, heard.done),
            batch=heard.batch,
            audio_ms=ms(len(job.audio)),
        )

    def broke(self, session: str, error: BaseException) -> None:
        """A fault of ours ended a session."""
        level, fields = logging.ERROR, fault(error)
        log(logger, "session.broke", level, session=session, **fields)

    def called(self, jobs: int) -> None:
        """The recogniser is called with so many jobs."""
        self.metrics.batch_taken(jobs)

    def dropped(self, why: Loss) -> None:
        """A job left the line."""
        self.metrics.job_dropped(why)

    def failed(self, code: ErrorCode, error: BaseException) -> None:
        """A call of the recogniser gave no words."""
        self.metrics.recogniser_failed(code)
        log(logger, "recogniser.failed", logging.ERROR, code=code, **fault(error))

    def restarted(self) -> None:
        """A recogniser hung and was left behind."""
        self.metrics.recogniser_restarted()
        log(logger, "recogniser.restarted", logging.ERROR)

    def swapped(self, model: str) -> None:
        """Another recogniser hears from now on."""
        self.metrics.recogniser_swapped("done")
        log(logger, "recogniser.swapped", model=model)

    def kept(self, error: BaseException) -> None:
        """Another recogniser could not be had; the one in use goes on."""
        self.metrics.recogniser_swapped("failed")
        log(logger, "recogniser.kept", logging.ERROR, **fault(error))

    def stands(self, rung: Rung) -> None:
        """The service stands on another rung."""
        self.metrics.ladder_moved(rung)
        log(logger, "ladder.moved", logging.WARNING, rung=rung.name.lower())

    def counted(self, attached: int, detached: int, jobs: Iterable[Job]) -> None:
        """How many sessions and jobs there are now."""
        self.metrics.sessions_counted(attached, detached)
        kinds = Counter(NAMES[job.kind] for job in jobs)
        self.metrics.jobs_counted(kinds["final"], kinds["first"], kinds["partial"])
