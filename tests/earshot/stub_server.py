"""A server for tests of clients: it keeps the protocol until it is told not to."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

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
    ServerEvent,
    SessionEnded,
    SpeechStarted,
    Timing,
    Usage,
    encode,
    parse,
)

PACKET_MS = 20
SEGMENT = 10
"""Packets in a segment; of the first five a partial is made."""


class Session:
    """A session's packets and events; each segment's text is its packets' numbers."""

    def __init__(self, name: str, start: int, start_ms: int) -> None:
        self.name, self.start, self.start_ms = name, start, start_ms
        self.got: list[bytes] = []
        self.log: list[ServerEvent] = []
        self.ended = False
        self._segment = self._done = 0

    @property
    def next(self) -> int:
        return self.start + len(self.got)

    def hear(self, message: bytes | str) -> list[ServerEvent]:
        """The events that follow from a message, which are logged too."""
        before = len(self.log)
        if isinstance(message, bytes):
            self._audio(message)
        else:
            self._request(parse(message))
        return self.log[before:]

    def say(self, event: ServerEvent) -> None:
        event.seq = len(self.log) + 1
        self.log.append(event)

    def _audio(self, message: bytes) -> None:
        self.got.append(message)
        place = len(self.got) - self._done
        if place == 1:
            self._segment += 1
            at = self._ms(self._done)
            self.say(
                SpeechStarted(segment=self._segment, start_ms=at, voice_ms=at),
            )
        if place == SEGMENT // 2:
            self._partial()
        if place == SEGMENT:
            self._final("endpoint")

    def _request(self, request: Flush | Close | Config) -> None:
        if len(self.got) > self._done:
            self._final("flush")
        end = self._ms(len(self.got))
        if isinstance(request, Flush):
            self.say(Flushed(id=request.id, audio_ms=end))
        else:
            self.ended = True
            self.say(SessionEnded(reason="closed", last_ms=end, usage=Usage()))

    def drain(self) -> list[ServerEvent]:
        """Go away, with the finals of all audio so far."""
        before = len(self.log)
        if len(self.got) > self._done:
            self._final("flush")
        self.ended = True
        end = self._ms(len(self.got))
        self.say(SessionEnded(reason="draining", last_ms=end, usage=Usage()))
        return self.log[before:]

    def _ms(self, count: int) -> int:
        return self.start_ms + count * PACKET_MS

    def _words(self) -> str:
        return " ".join(str(self.start + n) for n in range(self._done, len(self.got)))

    def _partial(self) -> None:
        end = self._ms(len(self.got))
        stable, _, unstable = self._words().rpartition(" ")
        self.say(
            Partial(
                segment=self._segment,
                start_ms=self._ms(self._done),
                stable=stable,
                stable_ms=end,
                unstable=unstable,
                end_ms=end,
                timing=Timing(),
            )
        )

    def _final(self, reason: str) -> None:
        self.say(
            Final(
                segment=self._segment,
                start_ms=self._ms(self._done),
                voice_ms=self._ms(len(self.got)),
                end_ms=self._ms(len(self.got)),
                text=self._words(),
                reason=reason,
                timing=Timing(),
            )
        )
        self._done = len(self.got)


class Service:
    """All sessions, until the service is restarted."""

    def __init__(self, resume_s: float = 30.0, ahead_s: float = 3600.0) -> None:
        self.sessions: dict[str, Session] = {}
        self.opened = 0
        self.limits = Limits(
            message_bytes=1 << 20,
            ahead=ahead_s,
            idle=30,
            length=3600,
            resume=resume_s,
        )

    def open(self, config: Config) -> tuple[Session, Ready, list[ServerEvent]]:
        """A session, what to say of it, and the events to say again."""
        resume = config.resume
        if resume and resume.session in self.sessions:
            session = self.sessions[resume.session]
            again = [event for event in session.log if event.seq > resume.last_seq]
            return session, self._ready(session, resumed=True), again
        self.opened += 1
        start, start_ms = (resume.packet, resume.start_ms) if resume else (0, 0)
        session = Session(f"s{self.opened}", start, start_ms)
        self.sessions[session.name] = session
        return session, self._ready(session, resumed=False), []

    def restart(self) -> None:
        """Forget everything."""
        self.sessions.clear()

    def _ready(self, session: Session, resumed: bool) -> Ready:
        return Ready(
            session=session.name,
            token="secret",
            model="stub",
            resumed=resumed,
            packet=session.next,
            audio_ms=session.start_ms + len(session.got) * PACKET_MS,
            limits=self.limits,
        )


@dataclass
class Faults:
    """What goes wrong, each thing once.

    At each of `breaks` packets of all the stream the connection is cut, with
    the events that the last packet made, and with `restart` all is forgotten.
    At each of `deaf` packets nothing is read or said any more. `refusals`
    answer the first configs, each of `partings` is a close code instead of an end,
    and `ending` the reason that the end gives. A `silent` server is never ready;
    one that `lies` takes stable words back.
    """

    breaks: list[int] = field(default_factory=list)
    restart: bool = False
    deaf: list[int] = field(default_factory=list)
    refusals: list[Error] = field(default_factory=list)
    partings: list[int] = field(default_factory=list)
    ending: str = "closed"
    silent: bool = False
    lies: bool = False


class Stub:
    """The service on a socket: `async with Stub() as stub`, then `stub.url`."""

    def __init__(
        self, faults: Faults | None = None, service: Service | None = None
    ) -> None:
        self.faults = faults or Faults()
        self.service = service or Service()
        self.configs: list[Config] = []
        self._server: Server

    async def __aenter__(self) -> Stub:
        self._over = asyncio.Event()
        self._server = await serve(
            self._handle, "127.0.0.1", 0, close_timeout=0.1, ping_interval=None
        )
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"ws://127.0.0.1:{port}/v1/stream"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        self._server.close()
        await self._server.wait_closed()

    async def _handle(self, socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            await self._serve(socket)

    async def _serve(self, socket: ServerConnection) -> None:
        config = parse(await socket.recv())
        assert isinstance(config, Config)
        self.configs.append(config)
        if self.faults.silent:
            await self._over.wait()
        if self.faults.refusals:
            await self._say(socket, self.faults.refusals.pop(0))
            await socket.close(4429)
            return
        session, ready, again = self.service.open(config)
        for event in (ready, *again):
            await self._say(socket, event)
        if not session.ended:
            await self._converse(socket, session)

    async def _converse(self, socket: ServerConnection, session: Session) -> None:
        async for message in socket:
            events = session.hear(message)
            if self._due(self.faults.breaks, session):
                if self.faults.restart:
                    self.service.restart()
                socket.transport.abort()
                return
            if self._due(self.faults.deaf, session):
                socket.transport.pause_reading()
                await self._over.wait()
            if session.ended and self.faults.partings:
                await socket.close(self.faults.partings.pop(0))
                return
            for event in events:
                await self._say(socket, event)
            if session.ended:
                return

    @staticmethod
    def _due(places: list[int], session: Session) -> bool:
        if places and places[0] == session.next:
            places.pop(0)
            return True
        return False

    async def _say(self, socket: ServerConnection, event: ServerEvent) -> None:
        if isinstance(event, SessionEnded):
            event = event.model_copy(update={"reason": self.faults.ending})
        if isinstance(event, Final) and self.faults.lies:
            event = event.model_copy(update={"text": "nothing of it"})
        await socket.send(encode(event))
