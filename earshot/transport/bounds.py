"""Every limit of the service in one place, and what happens at each."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple


# --8<-- [start:bounds]
@dataclass(frozen=True)
class Bounds:
    """Limits of a session, in seconds unless the name says otherwise.

    Raises `ValueError` for a limit that isn't more than 0.
    """

    message_bytes: int = 65_536
    config: float = 10.0
    ahead: float = 45.0
    idle: float = 30.0
    length: float = 7_200.0
    resume: float = 30.0
    events: int = 256
    send: float = 10.0
    ping: float = 10.0
    sessions: int = 256
    drain: float = 30.0
    usage: float = 30.0

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) <= 0:
                raise ValueError(f"{field.name} is more than 0")


# --8<-- [end:bounds]
class Bound(NamedTuple):
    """A limit: whose setting, what is held, and what happens beyond it.

    `told` is the event, close code or status by which the client knows.
    """

    setting: str
    holds: str
    beyond: str
    told: str


# --8<-- [start:table]
TABLE = (
    Bound(
        "limits.message_bytes",
        "one message",
        "the connection is closed",
        "close 1009",
    ),
    Bound(
        "limits.config",
        "a connection without its config",
        "it is closed",
        "close 4408",
    ),
    Bound(
        "limits.ahead",
        "audio ahead of the clock",
        "the session ends after its finals",
        "error too_fast, close 4429",
    ),
    Bound(
        "limits.idle",
        "a connection that sends nothing",
        "the session ends",
        "session.ended idle, close 4408",
    ),
    Bound(
        "limits.length",
        "a session's audio",
        "the session ends after its finals",
        "warning length_limit, close 4413",
    ),
    Bound(
        "limits.resume",
        "a session whose connection was lost",
        "the session ends",
        "ready with resumed false",
    ),
    Bound(
        "limits.events",
        "events that may have to be sent again",
        "partials give way, then the oldest that were sent; "
        "if none was, the session ends",
        "warning events_lost, close 4420",
    ),
    Bound(
        "limits.events",
        "flushes that were not answered",
        "the session ends after its finals",
        "error too_fast, close 4429",
    ),
    Bound(
        "limits.send",
        "an event that the client doesn't take",
        "the connection is closed; the session waits",
        "close 4420",
    ),
    Bound(
        "limits.ping",
        "a ping without an answer",
        "the connection is closed; the session waits",
        "close 1011",
    ),
    Bound(
        "limits.sessions",
        "sessions in all",
        "no new one is let in",
        "error overloaded, close 4429; /readyz 503",
    ),
    Bound(
        "limits.drain",
        "finals still owed when the server goes away",
        "sessions end without them",
        "session.ended draining, close 4503",
    ),
    Bound(
        "limits.usage",
        "audio since the last usage event",
        "the next one is sent",
        "usage",
    ),
    Bound(
        "stream.waiting_s",
        "audio that was not heard yet",
        "its older half is dropped",
        "warning audio_dropped",
    ),
    Bound(
        "stream.finals",
        "finals of a stream in line",
        "its audio waits unheard",
        "none, until audio is dropped",
    ),
    Bound(
        "stream.partial_deadline",
        "a partial in line",
        "it is dropped",
        "none: the next one has its words",
    ),
    Bound(
        "stream.final_deadline",
        "a final in line",
        "it is dropped",
        "error inference_timeout with its segment",
    ),
    Bound(
        "segmenter.cap",
        "a segment",
        "it is cut where it is quiet",
        "final with reason cap",
    ),
    Bound(
        "worker.hang_s",
        "a call of the recogniser",
        "the recogniser is left behind for a new one",
        "error inference_timeout with its segment",
    ),
)
# --8<-- [end:table]
