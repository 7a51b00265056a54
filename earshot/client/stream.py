"""One session with a server; a lost connection is found again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from earshot.api.messages import Close, Config, Flush, Ready, ServerEvent, SessionEnded
from earshot.client import dial
from earshot.client.errors import AudioLost, ClientError, Refused, Unreachable
from earshot.client.packets import Packet
from earshot.client.window import Window

URL = "ws://127.0.0.1:8765/v1/stream"
ANSWER_S = 30.0
"""Seconds without any event that a request waits for its answer."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 4.0
AHEAD = 0.8
"""The part of the server's `ahead` that is used: the network's jitter has the rest."""


# --8<-- [start:client]
class Client:
    """Sends packets and requests, gives events: `async for` until the end.

    Packets may be sent while another task reads; someone has to read.
    Reading raises `Unreachable` when a connection is lost for longer than
    the server remembers the session, `Refused`, and `AudioLost`.
    """

    def __init__(self, url: str, config: Config) -> None:
        self.url, self.config = url, config
        self.ready: Ready
        self._window = Window()
        self._socket: ClientConnection | None = None
        self._sending = asyncio.Lock()
        self._began = self._began_ms = 0.0
        self._flushes = 0

    async def __aenter__(self) -> Client:
        """Begin a session; raises `ClientError`."""
        await self._connect()
        return self

    async def send(self, packet: Packet) -> None:
        """Send audio, no further ahead of the clock than the server allows.

        While the connection is lost, the last minute is kept for later.
        """
        async with self._sending:
            self._window.add(packet)
            await self._write()

    async def flush(self) -> str:
        """Ask for all finals so far; `flushed` with this id follows."""
        self._flushes += 1
        await self._ask(Flush(id=str(self._flushes)))
        return str(self._flushes)

    async def close(self) -> None:
        """Say that no more audio comes; the last finals follow."""
        await self._ask(Close())

    @property
    def ended(self) -> SessionEnded | None:
        """The stream's last event, once it has come."""
        return self._window.ended

    async def __aiter__(self) -> AsyncIterator[ServerEvent]:
        """Each event once; `ready` again when the connection is back.

        After the end of a session whose server goes away, another goes on.
        """
        yield self.ready
        while self._window.ended is None:
            try:
                event = await self._hear()
            except ConnectionClosed as closed:
                await self._reconnect(closed)
                yield self.ready
            else:
                if self._window.see(event):
                    yield event

    # --8<-- [end:client]
    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        """Leave; a session that goes on is asked to end, and waited for a little."""
        self._replay.cancel()
        failed = isinstance(error, ClientError)
        if self._socket and self._window.ended is None and not failed:
            with suppress(TimeoutError, ClientError):
                async with asyncio.timeout(dial.PING_S):
                    await self.close()
                    async for _ in self:
                        pass
        if self._socket:
            await self._socket.close()

    async def _ask(self, request: Flush | Close) -> None:
        async with self._sending:
            self._window.ask(request)
            await self._write()

    # --8<-- [start:write]
    async def _write(self) -> None:
        """Send what isn't sent yet; the reader mends the connection."""
        while (socket := self._socket) and self._window.waiting:
            if (early := self._early()) > 0:
                await asyncio.sleep(early)
                continue
            try:
                await socket.send(self._window.take())
            except ConnectionClosed:
                return

    def _early(self) -> float:
        """Seconds until the next packet isn't too far ahead."""
        passed = asyncio.get_running_loop().time() - self._began
        ahead = (self._window.next_ms - self._began_ms) / 1000 - passed
        return ahead - AHEAD * self.ready.limits.ahead

    async def _hear(self) -> ServerEvent:
        """The next event, whenever it comes unless a request waits."""
        assert self._socket is not None
        while True:
            asked = self._window.asked
            try:
                async with asyncio.timeout(ANSWER_S):
                    return dial.read(await self._socket.recv())
            except TimeoutError:
                if asked:
                    raise Unreachable(
                        f"a request has no answer after {ANSWER_S:g} s"
                    ) from None

    # --8<-- [end:write]
    # --8<-- [start:reconnect]
    async def _reconnect(self, closed: ConnectionClosed) -> None:
        """Try until the server would have forgotten the session."""
        self._socket = None
        why = dial.parted(closed)
        if isinstance(why, Refused):
            raise why
        patience = self.ready.limits.resume
        try:
            async with asyncio.timeout(patience):
                for pause in pauses():
                    await asyncio.sleep(pause)
                    try:
                        return await self._connect()
                    except Unreachable as error:
                        why = error
                    except Refused as error:
                        if error.retry_ms is None:
                            raise
                        why = error
                        await asyncio.sleep(error.retry_ms / 1000)
        except TimeoutError:
            raise Unreachable(
                f"the connection was lost for {patience:g} s: {why}"
            ) from None

    async def _connect(self) -> None:
        """Connect, and go on with the packet that the server asks for."""
        resume = self._window.resume()
        config = self.config.model_copy(update={"resume": resume})
        socket, ready = await dial.dial(self.url, config)
        try:
            self._window.begin(ready)
        except AudioLost:
            await socket.close()
            raise
        if not ready.resumed:
            self._began = asyncio.get_running_loop().time()
            self._began_ms = ready.audio_ms
        self.ready, self._socket = ready, socket
        self._replay = asyncio.create_task(self._rewrite())

    async def _rewrite(self) -> None:
        async with self._sending:
            await self._write()

    # --8<-- [end:reconnect]


def pauses() -> Iterator[float]:
    """Seconds between tries: doubled each time, and never alike for two clients."""
    pause = FIRST_PAUSE_S
    while True:
        yield random.uniform(pause / 2, pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)
