"""Sessions over WebSocket: audio as binary messages, all else as JSON text.

RFC 6455 gives messages, order and close codes; 4000 to 4999 are ours
(§7.4.2). One task reads and one writes, so neither waits for the other.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from earshot.api.messages import (
    BadMessage,
    Close,
    Config,
    Error,
    ErrorCode,
    Flush,
    encode,
    parse,
)
from earshot.audio.errors import AudioError
from earshot.audio.formats import Format
from earshot.service import Refused, Service
from earshot.transport.session import ENDS, Session

REFUSALS: dict[ErrorCode, int] = {"overloaded": 4429}
"""Close codes for reasons to refuse a session; the others have 4503."""


ANSWER = 1.0
"""Seconds that a client has to answer a close."""


class OutOfOrder(Exception):
    """A message that is none to begin with."""


class Turned(Exception):
    """The connection ends before there is a session; the client has been told."""

    def __init__(self, close: int) -> None:
        super().__init__(close)
        self.close = close


# --8<-- [start:carry]
async def carry(socket: WebSocket, service: Service) -> None:
    """Carry one session, new or resumed, until it or the connection ends."""
    await socket.accept()
    try:
        session = await greet(socket, service)
    except Turned as turned:
        await shut(socket, turned.close)
        return
    except WebSocketDisconnect:
        return
    answered = False
    try:
        answered = await both_ways(socket, session, service)
    finally:
        if session.connection is socket:
            service.leave(session, answered)


async def both_ways(socket: WebSocket, session: Session, service: Service) -> bool:
    """Read and write at once; whichever is through first ends the other.

    Whether the client has answered our close: then it has read all before it.
    """
    reading = asyncio.create_task(read(socket, session, service))
    writing = asyncio.create_task(write(socket, session, service))
    try:
        await asyncio.wait({reading, writing}, return_when=asyncio.FIRST_COMPLETED)
        if error := fault(reading) or fault(writing):
            service.broke(session, error)
            await asyncio.wait({writing})
        if not writing.done():
            return False
        code = 4500 if writing.exception() else writing.result()
        await shut(socket, code)
        await asyncio.wait({reading}, timeout=ANSWER)
        gone = reading.exception() if reading.done() else None
        return isinstance(gone, WebSocketDisconnect) and gone.code == code
    finally:
        reading.cancel()
        writing.cancel()
        await asyncio.gather(reading, writing, return_exceptions=True)


def fault(task: asyncio.Task[int] | asyncio.Task[None]) -> BaseException | None:
    """What ended a task, unless that was its work or the client."""
    error = task.exception() if task.done() else None
    return None if isinstance(error, WebSocketDisconnect) else error


# --8<-- [end:carry]
# --8<-- [start:greet]
async def greet(socket: WebSocket, service: Service) -> Session:
    """The session that the first message asks for; raises `Turned`."""
    bounds = service.plan.bounds
    try:
        async with asyncio.timeout(bounds.config):
            config = await first(socket)
        session = find(config, service) or service.open(config)
    except TimeoutError:
        raise Turned(4408) from None
    except BadMessage as error:
        raise await turned(socket, service, "bad_message", str(error), 4400) from None
    except OutOfOrder as error:
        raise await turned(socket, service, "out_of_order", str(error), 4400) from None
    except AudioError as error:
        raise await turned(socket, service, error.code, str(error), 4415) from None
    except Refused as error:
        close = REFUSALS.get(error.code, 4503)
        raise await turned(
            socket, service, error.code, str(error), close, error.retry
        ) from None
    resume = config.resume
    known = resume is not None and resume.session == session.id
    session.attach(socket, resume.last_seq if resume and known else None)
    return session


def find(config: Config, service: Service) -> Session | None:
    """The session to resume, if it is there; raises `OutOfOrder` for other audio."""
    session = service.find(config)
    if session and session.form != Format(config.codec, config.rate, config.channels):
        raise OutOfOrder("a session keeps its codec, rate and channels")
    return session


async def first(socket: WebSocket) -> Config:
    """The first message; raises `BadMessage`, or `OutOfOrder` if it's no config."""
    message = await receive(socket)
    config = parse(message) if isinstance(message, str) else None
    if not isinstance(config, Config):
        raise OutOfOrder("the first message is a config; send that, then audio")
    return config


# --8<-- [end:greet]
# --8<-- [start:read]
async def read(socket: WebSocket, session: Session, service: Service) -> None:
    """Take what the client sends, until it has gone."""
    while session.connection is socket:
        message = await receive(socket)
        if session.connection is not socket:
            return
        if isinstance(message, bytes):
            session.audio(message)
        else:
            command(message, session)
        service.came()


def command(text: str, session: Session) -> None:
    """Follow a text message behind the config."""
    try:
        message = parse(text)
    except BadMessage as error:
        session.refuse("bad_message", str(error), "protocol_error")
        return
    match message:
        case Flush():
            session.flush(message.id)
        case Close():
            session.finish("closed")
        case Config():
            session.refuse(
                "out_of_order",
                "a session has one config; open another for other audio",
                "protocol_error",
            )


# --8<-- [end:read]
# --8<-- [start:write]
async def write(socket: WebSocket, session: Session, service: Service) -> int:
    """Send `ready`, then events as they come; the close code for their end.

    4420 when the client doesn't take them: its session waits for a better one.
    """
    patience = service.plan.bounds.send
    try:
        await send(socket, encode(session.ready(service.model)), patience)
        while session.connection is socket:
            if text := session.outbox.next():
                await send(socket, text, patience)
            elif session.ended:
                return ENDS[session.ended]
            else:
                session.changed.clear()
                await session.changed.wait()
    except TimeoutError:
        return 4420
    return 4409


# --8<-- [end:write]
async def send(socket: WebSocket, text: str, patience: float) -> None:
    """Send an event's text; raises `TimeoutError` after `patience` seconds."""
    async with asyncio.timeout(patience):
        await socket.send_text(text)


async def receive(socket: WebSocket) -> str | bytes:
    """The next message; raises `WebSocketDisconnect` when there will be none."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1006))
    text: str | None = message.get("text")
    return message["bytes"] if text is None else text


async def turned(
    socket: WebSocket,
    service: Service,
    code: ErrorCode,
    message: str,
    close: int,
    retry: float | None = None,
) -> Turned:
    """Tell a client why it gets no session."""
    service.observer.refused(code)
    retry_ms = None if retry is None else round(1000 * retry)
    error = Error(
        at=service.clocks.wall(),
        code=code,
        message=message,
        fatal=True,
        retry_ms=retry_ms,
    )
    with suppress(TimeoutError):
        await send(socket, encode(error), service.plan.bounds.send)
    return Turned(close)


async def shut(socket: WebSocket, code: int) -> None:
    """Close the connection, if the client has not, and takes it within a second."""
    if socket.application_state is WebSocketState.CONNECTED:
        with suppress(TimeoutError, WebSocketDisconnect):
            async with asyncio.timeout(1):
                await socket.close(code)
