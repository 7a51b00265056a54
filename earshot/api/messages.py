"""Version 1 of the streaming messages, both ways.

A client sends one `config`, then audio as binary messages, and `flush` and
`close` when it likes. Earshot answers with numbered events. These classes are
the schema's source: `earshot schema` prints the AsyncAPI document made of them.

Two clocks are in every event that is about speech. Names that end in `_ms` count
milliseconds of the stream's own audio; `at` is the server's wall clock.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from earshot.audio.errors import AudioCode

VERSION = "1.0"

LARGEST = 2**53 - 1
"""The largest whole number that every JSON reader takes as it is."""

Count = Annotated[int, Field(ge=0, le=LARGEST)]
Ms = Annotated[
    int, Field(ge=0, le=LARGEST, description="Milliseconds of the stream's audio.")
]


class Message(BaseModel):
    """What a client sends: a field that isn't known, or of another type, is wrong."""

    model_config = ConfigDict(extra="forbid", strict=True)


# --8<-- [start:client]
class Resume(Message):
    """Goes on with a session after its connection was lost.

    `packet` and `start_ms` say where the client can begin if the server no
    longer knows the session: the first binary message that it still has, and
    the audio time at which that begins.
    """

    session: str = Field(max_length=64)
    token: str = Field(max_length=128)
    last_seq: Count = 0
    packet: Count = 0
    start_ms: Ms = 0


class Config(Message):
    """The first message: what the audio is, and what is wanted of it."""

    type: Literal["config"] = "config"
    codec: str = Field("pcm16", max_length=32)
    rate: Count = 16_000
    channels: Count = 1
    partials: bool = True
    resume: Resume | None = None


class Flush(Message):
    """Asks for the finals of all audio before it, then for `flushed` with `id`."""

    type: Literal["flush"] = "flush"
    id: str = Field("", max_length=64)


class Close(Message):
    """No more audio comes; asks for what is left, then for `session.ended`."""

    type: Literal["close"] = "close"


# --8<-- [end:client]
ClientMessage = Annotated[Config | Flush | Close, Field(discriminator="type")]


# --8<-- [start:limits]
class Limits(BaseModel):
    """What ends a session or loses audio, in seconds unless it says bytes."""

    message_bytes: int
    ahead: float = Field(description="Audio may be this far ahead of the clock.")
    idle: float = Field(description="Silence on the wire ends the session.")
    length: float = Field(description="The longest session, in audio.")
    resume: float = Field(description="A lost connection may come back within.")


class Usage(BaseModel):
    """What a session has used, in milliseconds of audio."""

    audio_ms: Count = Field(0, description="Audio received and not dropped.")
    speech_ms: Count = Field(0, description="Audio in segments that have ended.")
    dropped_ms: Count = Field(0, description="Audio dropped, with a warning each.")
    segments: Count = Field(0, description="Segments that have ended.")


class Timing(BaseModel):
    """Where the time went between the audio's arrival and this event, in ms.

    The stages follow one another and add up to `total`. `endpoint` is the
    audio behind a final's `voice_ms` that was waited for before it was one.
    That is the last audio, so this comes before `total`.
    """

    endpoint: float = 0.0
    hear: float = Field(0.0, description="Decoding, resampling and the VAD.")
    queue: float = Field(0.0, description="Waiting for the recogniser.")
    decode: float = Field(0.0, description="The recogniser, for the whole batch.")
    total: float = Field(0.0, description="From the last audio's arrival to here.")
    batch: int = Field(1, description="How many utterances shared the recogniser.")


# --8<-- [end:limits]
class Event(BaseModel):
    """What the server sends; a client passes over fields that it doesn't know.

    `seq` rises by one or more from event to event: a number is skipped where a
    partial was superseded before it was sent. It is 0 in `ready`, and in an
    error in the place of that. `at` is the server's clock in ms since 1970.
    """

    type: str = ""
    seq: int = 0
    at: int = 0


# --8<-- [start:server]
class Ready(Event):
    """Audio may come, from binary message number `packet` on.

    `session` and `token` are what `resume` asks for. `resumed` says whether the
    session that was asked for goes on; `audio_ms` is where its next audio
    stands in time.
    """

    type: Literal["ready"] = "ready"
    session: str
    token: str
    version: str = VERSION
    model: str
    resumed: bool = False
    packet: Count = 0
    audio_ms: Ms = 0
    limits: Limits


class SpeechStarted(Event):
    """Someone speaks; the segment's audio begins at `start_ms`."""

    type: Literal["speech_started"] = "speech_started"
    segment: int
    start_ms: Ms
    voice_ms: Ms


class Partial(Event):
    """A segment's words so far.

    `stable` only ever grows, and the final begins with it: every word in it was
    heard twice, within the first `stable_ms` of audio. `unstable` goes on up to
    `end_ms` and is replaced by the next partial.
    """

    type: Literal["partial"] = "partial"
    segment: int
    start_ms: Ms
    stable: str
    stable_ms: Ms
    unstable: str
    end_ms: Ms
    timing: Timing


class Final(Event):
    """A segment's words, for good. Each segment has one final or one error.

    Speech was last heard before `voice_ms`. `cut` is "deadline" or "length"
    where the end of the words may lack.
    """

    type: Literal["final"] = "final"
    segment: int
    start_ms: Ms
    voice_ms: Ms
    end_ms: Ms
    text: str
    reason: Literal["endpoint", "cap", "flush"]
    cut: Literal["", "deadline", "length"] = ""
    timing: Timing


class Flushed(Event):
    """All finals of the audio before the flush with this `id` have been sent."""

    type: Literal["flushed"] = "flushed"
    id: str
    audio_ms: Ms


WarningCode = Literal[
    "audio_dropped", "events_lost", "degraded", "recovered", "length_limit", "draining"
]


class WarningEvent(Event):
    """Something was lost, or will be unless the client acts; the session goes on.

    `start_ms` and `end_ms` bound audio that was dropped; `in_ms` says how long
    the session has left by the server's clock.
    """

    type: Literal["warning"] = "warning"
    code: WarningCode
    message: str
    start_ms: Ms | None = None
    end_ms: Ms | None = None
    in_ms: Count | None = None


ErrorCode = Literal[
    "bad_message",
    "out_of_order",
    AudioCode,
    "too_fast",
    "overloaded",
    "not_ready",
    "draining",
    "inference_failed",
    "inference_timeout",
    "out_of_memory",
    "internal",
]


class Error(Event):
    """Something went wrong; if `fatal`, the connection closes.

    With a `segment`, that segment has no final, and its audio from `start_ms` to
    `end_ms` no words. `retry_ms` says when to try again.
    """

    type: Literal["error"] = "error"
    code: ErrorCode
    message: str
    fatal: bool
    segment: int | None = None
    start_ms: Ms | None = None
    end_ms: Ms | None = None
    retry_ms: Count | None = None


class UsageReport(Event):
    """What the session has used so far."""

    type: Literal["usage"] = "usage"
    usage: Usage


Reason = Literal[
    "closed",
    "idle",
    "abandoned",
    "length_limit",
    "draining",
    "protocol_error",
    "bad_audio",
    "too_fast",
    "slow_consumer",
    "internal",
]


class SessionEnded(Event):
    """The last event of every session that had a `ready`, exactly once.

    Audio up to `last_ms` was heard, and all its finals have been sent.
    """

    type: Literal["session.ended"] = "session.ended"
    reason: Reason
    last_ms: Ms
    usage: Usage


# --8<-- [end:server]
ServerEvent = Annotated[
    Ready
    | SpeechStarted
    | Partial
    | Final
    | Flushed
    | WarningEvent
    | Error
    | UsageReport
    | SessionEnded,
    Field(discriminator="type"),
]

# --8<-- [start:close]
CLOSE_CODES = {
    1000: "the session ended as the client asked",
    1009: "a message of more bytes than `limits` allows",
    1011: "a ping was not answered",
    4400: "a message that breaks the protocol",
    4408: "nothing came for too long",
    4409: "another connection took the session over",
    4413: "the session reached its longest length",
    4415: "audio of a kind that can't be taken, or that can't be read",
    4420: "events were not read for too long",
    4429: "no room for one more stream, or audio came too fast",
    4500: "a fault of the server",
    4503: "the server is starting or going away",
}
# --8<-- [end:close]


LONGEST_FAULT = 200
"""Characters of what a client is told of its message, which may quote it."""


class BadMessage(ValueError):
    """A text message that isn't one of version 1; says where and what to send."""


_client: TypeAdapter[ClientMessage] = TypeAdapter(ClientMessage)
_server: TypeAdapter[ServerEvent] = TypeAdapter(ServerEvent)


# --8<-- [start:parse]
def parse(text: str | bytes) -> ClientMessage:
    """A client's message; raises nothing but `BadMessage` on any text."""
    try:
        return _client.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "message"
        raise BadMessage(f"{place}: {first['msg']}"[:LONGEST_FAULT]) from None


# --8<-- [end:parse]
def encode(message: Message | Event) -> str:
    """A message as it is sent; fields that are None are left out."""
    return message.model_dump_json(exclude_none=True)


def parse_event(text: str | bytes) -> ServerEvent:
    """A server's event, for clients; raises `pydantic.ValidationError`."""
    return _server.validate_json(text)
