"""A session: one stream, and the connections that carry it one after another."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from earshot.api.messages import (
    Config,
    Error,
    ErrorCode,
    Event,
    Limits,
    Ready,
    Reason,
    SessionEnded,
    Usage,
    UsageReport,
    WarningCode,
    WarningEvent,
)
from earshot.audio.errors import AudioError, BadPacket
from earshot.audio.formats import RATE, Format
from earshot.audio.segmenter import in_samples
from earshot.inference.ladder import Rung
from earshot.inference.segment import ms
from earshot.inference.stream import Line, Setup, Stream
from earshot.transport.bounds import Bounds
from earshot.transport.outbox import Outbox, Overflow

ENDS: dict[Reason, int] = {
    "closed": 1000,
    "idle": 4408,
    "abandoned": 4408,
    "length_limit": 4413,
    "draining": 4503,
    "protocol_error": 4400,
    "bad_audio": 4415,
    "too_fast": 4429,
    "slow_consumer": 4420,
    "internal": 4500,
}
"""The close code that goes with each reason to end a session."""

NOTICE = 60.0
"""Seconds of audio before the longest length at which a client is warned."""


@dataclass(frozen=True)
class Clocks:
    """Seconds that only rise, and the wall clock in ms since 1970."""

    now: Callable[[], float]
    wall: Callable[[], int]


# --8<-- [start:session]
class Session:
    """What is kept of a client between `ready` and `session.ended`.

    `changed` is set when there is something to send, or someone else to send it,
    or the session has ended. `connection` is who carries it; `lost` is when that
    was lost, or None.
    """

    def __init__(
        self,
        config: Config,
        line: Line,
        rung: Callable[[], Rung],
        setup: Setup,
        bounds: Bounds,
        clocks: Clocks,
        sent: Callable[[str, Event], None],
    ) -> None:
        start = in_samples(config.resume.start_ms) if config.resume else 0
        form = Format(config.codec, config.rate, config.channels)
        self.id, self.token = secrets.token_hex(8), secrets.token_urlsafe(24)
        self.form = form
        self.packets = config.resume.packet if config.resume else 0
        self.changed = asyncio.Event()
        self.outbox = Outbox(bounds.events)
        self.ending: Reason | None = None
        self.ended: Reason | None = None
        self.lost: float | None = None
        self.connection: object = None
        self.resumed = False
        self._bounds, self._clocks, self._told = bounds, clocks, sent
        self._began = self._last = clocks.now()
        self._warned = False
        self._usage_at = start
        self.stream = Stream(
            self.id, form, line, self.emit, rung, setup, start, config.partials
        )

    def emit(self, event: Event) -> None:
        """Number an event and get it sent; nothing comes after the last one."""
        if self.ended:
            return
        try:
            self.outbox.put(event, self._clocks.wall())
        except Overflow:
            self.stop("slow_consumer")
            return
        self._told(self.id, event)
        self.changed.set()

    # --8<-- [end:session]
    # --8<-- [start:audio]
    def audio(self, message: bytes) -> None:
        """Take a binary message; what is wrong with it becomes an event."""
        now = self._last = self._clocks.now()
        self.packets += 1
        if self.ending:
            return
        try:
            self.stream.push(message, now)
        except BadPacket as error:
            self.error(error.code, f"packet {self.packets - 1}: {error}")
        except AudioError as error:
            self.refuse(error.code, f"packet {self.packets - 1}: {error}", "bad_audio")
        self._check_length(now)

    def _check_length(self, now: float) -> None:
        """Audio may run ahead of the clock, and on for long, but not for ever."""
        seconds = (self.stream.received - self.stream.start) / RATE
        if seconds - (now - self._began) > self._bounds.ahead:
            ahead = f"audio is more than {self._bounds.ahead:g} s ahead of the clock"
            self.refuse("too_fast", f"{ahead}; send it as it is spoken", "too_fast")
        left = self._bounds.length - seconds
        if left <= 0:
            self.finish("length_limit")
        elif left <= NOTICE and not self._warned:
            self._warned = True
            self.warn("length_limit", "the session is nearly at its longest", left)
        if self.stream.received - self._usage_at >= self._bounds.usage * RATE:
            self._usage_at = self.stream.received
            self.emit(UsageReport(usage=self.usage))

    # --8<-- [end:audio]
    def flush(self, id: str) -> None:
        """Ask for the finals of all audio so far."""
        self._last = self._clocks.now()
        if self.ending:
            return
        if self.stream.owed >= self._bounds.events:
            self.refuse("too_fast", "too many flushes wait for an answer", "too_fast")
            return
        try:
            self.stream.flush(id, self._last)
        except AudioError as error:
            self.refuse(error.code, f"flush: {error}", "bad_audio")

    # --8<-- [start:end]
    def finish(self, reason: Reason) -> None:
        """End when all finals of the audio so far are there; take no more."""
        if self.ending is None and self.ended is None:
            self.ending = reason
            with suppress(AudioError):  # it was told of, or nobody will send more
                self.stream.flush(None, self._clocks.now())

    def settle(self) -> None:
        """End, if the session is finishing and owes nothing more."""
        if self.ending and not self.ended and self.stream.quiet:
            self._end(self.ending)

    def stop(self, reason: Reason) -> None:
        """End now, whatever is owed."""
        self.ending = self.ending or reason
        self._end(reason)

    def _end(self, reason: Reason) -> None:
        """Say the last word, once; for a client that won't read, drop the rest."""
        if self.ended:
            return
        last = SessionEnded(
            reason=reason, last_ms=ms(self.stream.finished), usage=self.usage
        )
        if reason == "slow_consumer":
            self.outbox.forget()
        self.emit(last)
        self.ended = self.ended or reason
        self.changed.set()

    # --8<-- [end:end]
    def refuse(self, code: ErrorCode, message: str, reason: Reason) -> None:
        """A mistake that can't be mended: an error, the finals, the end."""
        if not self.ending:
            self.error(code, message, fatal=True)
            self.finish(reason)

    def error(self, code: ErrorCode, message: str, fatal: bool = False) -> None:
        """Tell of a mistake or a failure."""
        self.emit(Error(code=code, message=message, fatal=fatal))

    # --8<-- [start:tick]
    def tick(self) -> bool:
        """Do what time alone brings about; whether nobody needs the session now."""
        now = self._clocks.now()
        away = self.lost is not None and now - self.lost > self._bounds.resume
        if away and not self.ended:
            self.stop("abandoned")
        elif self.lost is None and now - self._last > self._bounds.idle:
            self.finish("idle")
        self.settle()
        return away

    # --8<-- [end:tick]
    # --8<-- [start:resume]
    def admits(self, token: str) -> bool:
        """Whether `token` is the session's, compared in constant time."""
        return hmac.compare_digest(token.encode(), self.token.encode())

    def ready(self, model: str) -> Ready:
        """The answer to a config. It has no number: it is of one connection."""
        return Ready(
            at=self._clocks.wall(),
            session=self.id,
            token=self.token,
            model=model,
            resumed=self.resumed,
            packet=self.packets,
            audio_ms=ms(self.stream.received),
            limits=Limits(
                message_bytes=self._bounds.message_bytes,
                ahead=self._bounds.ahead,
                idle=self._bounds.idle,
                length=self._bounds.length,
                resume=self._bounds.resume,
            ),
        )

    def attach(self, connection: object, last_seq: int | None) -> None:
        """Take a connection; one that resumes has the events up to `last_seq`.

        A connection that is still there is none any more: it is half open.
        """
        self.connection, self.resumed = connection, last_seq is not None
        self.lost, self._last = None, self._clocks.now()
        if not self.outbox.keeps(last_seq or 0):
            self.warn("events_lost", "some events are no longer kept")
        self.outbox.rewind(last_seq or 0)
        self.changed.set()

    def detach(self) -> None:
        """The connection is gone; another may come."""
        self.connection, self.lost = None, self._clocks.now()

    # --8<-- [end:resume]
    def warn(
        self, code: WarningCode, message: str, seconds: float | None = None
    ) -> None:
        """Tell of something that the client may act upon within `seconds`."""
        left = None if seconds is None else round(1000 * seconds)
        self.emit(WarningEvent(code=code, message=message, in_ms=left))

    @property
    def usage(self) -> Usage:
        """What the session has used so far."""
        stream = self.stream
        received = stream.received - stream.start - stream.inbox.dropped
        return Usage(
            audio_ms=ms(received),
            speech_ms=ms(stream.speech),
            dropped_ms=ms(stream.inbox.dropped),
            segments=stream.segments,
        )
