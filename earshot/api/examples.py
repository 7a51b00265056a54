"""One example of each message at least, as the AsyncAPI document shows them."""

from __future__ import annotations

from pydantic import BaseModel

from earshot.api.messages import (
    Close,
    Config,
    Error,
    Final,
    Flush,
    Flushed,
    Limits,
    Partial,
    Ready,
    Resume,
    SessionEnded,
    SpeechStarted,
    Timing,
    Usage,
    UsageReport,
    WarningEvent,
)

AT = 1_790_000_000_000
SESSION, TOKEN = "3f9c2a71d0e84b56", "7Jq1Zt0mXw5cYbR2hUe8Kd4sVn6pLq9A"
LIMITS = Limits(message_bytes=65_536, ahead=60, idle=30, length=7200, resume=30)
USED = Usage(audio_ms=3400, speech_ms=2496, dropped_ms=0, segments=1)

EXAMPLES: tuple[BaseModel, ...] = (
    Config(codec="pcm16", rate=16_000),
    Config(codec="opus", rate=48_000, partials=False),
    Config(
        codec="pcm16",
        resume=Resume(
            session=SESSION, token=TOKEN, last_seq=5, packet=120, start_ms=2400
        ),
    ),
    Flush(id="1"),
    Close(),
    Ready(
        at=AT,
        session=SESSION,
        token=TOKEN,
        model="moonshine-tiny",
        limits=LIMITS,
    ),
    SpeechStarted(seq=1, at=AT + 700, segment=1, start_ms=320, voice_ms=576),
    Partial(
        seq=3,
        at=AT + 2130,
        segment=1,
        start_ms=320,
        stable="Mr. Dashwood",
        stable_ms=1536,
        unstable="had been",
        end_ms=2048,
        timing=Timing(hear=0.9, queue=3.1, decode=61.4, total=65.4, batch=2),
    ),
    Final(
        seq=5,
        at=AT + 3250,
        segment=1,
        start_ms=320,
        voice_ms=2560,
        end_ms=2816,
        text="Mr. Dashwood had been disappointed.",
        reason="endpoint",
        timing=Timing(
            endpoint=512, hear=0.8, queue=0.4, decode=84.2, total=85.4, batch=1
        ),
    ),
    Flushed(seq=6, at=AT + 3300, id="1", audio_ms=3400),
    WarningEvent(
        seq=7,
        at=AT + 9000,
        code="audio_dropped",
        message="200 ms of audio were dropped: the connection was lost too long",
        start_ms=8400,
        end_ms=8600,
    ),
    WarningEvent(
        seq=8,
        at=AT + 20_000,
        code="draining",
        message="the server is going away; connect again",
        in_ms=10_000,
    ),
    Error(
        seq=9,
        at=AT + 21_000,
        code="inference_timeout",
        message="the recogniser took too long for this segment",
        fatal=False,
        segment=2,
    ),
    Error(
        at=AT,
        code="overloaded",
        message="no room for one more stream; try again in 2 s",
        fatal=True,
        retry_ms=2000,
    ),
    UsageReport(seq=10, at=AT + 30_000, usage=USED),
    SessionEnded(seq=11, at=AT + 31_000, reason="closed", last_ms=3400, usage=USED),
)
