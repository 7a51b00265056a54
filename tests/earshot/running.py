"""Earshot on a free port of this machine, and clients that behave or don't."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import struct
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from http.client import HTTPConnection, HTTPResponse
from typing import Any, TypeVar

from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.uri import parse_uri

from earshot.audio import pcm
from earshot.audio.formats import Samples
from earshot.audio.vad import SileroVad
from earshot.bench.clips import clips
from earshot.inference.fake import FakeRecogniser
from earshot.inference.recogniser import Recogniser, Transcript, Utterance
from earshot.models.store import Store
from earshot.server import Server, configuration
from earshot.service import Plan, Service

HOST = "127.0.0.1"
PATIENCE = 8.0
"""Seconds after which a test has failed; none waits for them otherwise."""
PIECE = 3200
"""Bytes of 100 ms of PCM at 16 kHz."""

T = TypeVar("T")
Event = dict[str, Any]


def until(holds: Callable[[], T], what: str = "it", patience: float = PATIENCE) -> T:
    """Wait until something holds; what it returned then."""
    end = time.monotonic() + patience
    while not (found := holds()):
        assert time.monotonic() < end, f"{what} did not come about"
        time.sleep(0.005)
    return found


@cache
def vad() -> SileroVad:
    return SileroVad(next(Store().verify("silero-vad").glob("*.onnx")))


def speech(clip: int = 4, seconds: float | None = None) -> bytes:
    """PCM of a clip; of the last, which is the default, 3.3 s with one segment."""
    audio: Samples = clips()[clip].audio
    return pcm.encode(audio if seconds is None else audio[: round(seconds * 16_000)])


def pieces(data: bytes, size: int = PIECE) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def silence(seconds: float) -> bytes:
    return bytes(2 * round(seconds * 16_000))


# -- the server ------------------------------------------------------------------


class Puppet(FakeRecogniser):
    """A fake recogniser whose calls can be held up, and made to fail.

    `fault` is asked before each call what to raise, if anything.
    """

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()
        self.free.set()
        self.fault: Callable[[Sequence[Utterance]], Exception | None] = lambda _: None
        self.batches: list[int] = []

    def transcribe(self, batch: Sequence[Utterance]) -> list[Transcript]:
        self.batches.append(len(batch))
        assert self.free.wait(PATIENCE)
        if error := self.fault(batch):
            raise error
        return super().transcribe(batch)


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)

    def call(self, function: Callable[[], T]) -> T:
        """What a function returns that is called where the loop is."""
        result: list[T] = []
        called = threading.Event()

        def work() -> None:
            result.append(function())
            called.set()

        self.loop.call_soon_threadsafe(work)
        assert called.wait(PATIENCE)
        return result[0]

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Complaints(logging.Handler):
    """What nobody caught; uvicorn logs it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if "ASGI" in record.getMessage():
            self.lines.append(self.format(record))


class Running:
    """A service that runs, seen from outside, and a little from inside."""

    def __init__(
        self,
        make: Callable[[], Recogniser] = FakeRecogniser,
        plan: Plan | None = None,
        send_buffer: int | None = None,
        wait: bool = True,
    ) -> None:
        self.sock = socket.create_server((HOST, 0), backlog=64)
        if send_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
        self.port = self.sock.getsockname()[1]
        self.url = f"ws://{HOST}:{self.port}/v1/stream"
        self.complaints = Complaints()
        logging.getLogger("uvicorn.error").addHandler(self.complaints)
        self.loop = Loop()
        self.loop.run(self._start(make, plan, wait))
        self._before = self.loop.call(self._about)

    async def _start(
        self, make: Callable[[], Recogniser], plan: Plan | None, wait: bool
    ) -> None:
        self.service = Service(vad(), make, plan)
        self.server = Server(configuration(self.service))
        self.working = asyncio.create_task(self.service.run())
        self.serving = asyncio.create_task(self.server.serve([self.sock]))
        while not (self.server.started and (self.service.model or not wait)):
            assert not self.working.done()
            await asyncio.sleep(0.002)

    async def _stop(self) -> None:
        await self.service.stop("draining")
        self.server.should_exit = True
        await self.serving
        self.working.cancel()
        await asyncio.gather(self.working, return_exceptions=True)

    def stop(self) -> None:
        self.loop.run(self._stop())
        self.loop.stop()
        logging.getLogger("uvicorn.error").removeHandler(self.complaints)

    def _about(self) -> dict[str, Any]:
        """Whatever a session could leave behind."""
        tasks = [task.get_coro() for task in asyncio.all_tasks()]
        return {
            "sessions": list(self.service.sessions),
            "jobs": len(self.service._scheduler),
            "connections": len(self.server.server_state.connections),
            "tasks": sorted(task.__qualname__ for task in tasks if task),
            "threads": threading.active_count(),
        }

    def left(self) -> dict[str, Any]:
        """What there is now that was not there at the start."""
        now = self.loop.call(self._about)
        return {key: now[key] for key in now if now[key] != self._before[key]}

    def assert_clean(self) -> None:
        """Sessions, jobs, connections, tasks and threads are as at the start."""
        end = time.monotonic() + PATIENCE
        while left := self.left():
            assert time.monotonic() < end, left
            time.sleep(0.005)
        assert not self.complaints.lines, self.complaints.lines

    def get(self, path: str) -> tuple[HTTPResponse, str]:
        connection = HTTPConnection(HOST, self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            response = connection.getresponse()
            return response, response.read().decode()
        finally:
            connection.close()

    def metric(self, series: str) -> float:
        """The value of a series, its labels included."""
        lines = self.get("/metrics")[1].splitlines()
        return next(
            float(value)
            for name, value in (line.rsplit(" ", 1) for line in lines)
            if name == f"earshot_{series}"
        )


@contextmanager
def running(
    make: Callable[[], Recogniser] = FakeRecogniser,
    plan: Plan | None = None,
    send_buffer: int | None = None,
    wait: bool = True,
) -> Iterator[Running]:
    """A service and its application on a free port, until the test is through."""
    server = Running(make, plan, send_buffer, wait)
    try:
        yield server
    finally:
        server.stop()


# -- clients ---------------------------------------------------------------------


def config(**more: Any) -> Event:
    return {"type": "config", "codec": "pcm16", "rate": 16_000} | more


class Caller:
    """A client that says just what a test wants it to say."""

    def __init__(self, url: str, first: Any = None) -> None:
        self._exit = ExitStack()
        options: dict[str, Any] = {
            "compression": None,
            "ping_interval": None,
            "max_queue": None,
        }
        self.socket = self._exit.enter_context(
            connect(url, close_timeout=1, max_size=None, **options)
        )
        self.events: list[Event] = []
        self.packets = 0
        if first is not None:
            self.say(first)

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    @property
    def code(self) -> int | None:
        """The close code, once the connection is closed."""
        with suppress(ConnectionClosed, TimeoutError):
            self.socket.recv(timeout=PATIENCE)
        return self.socket.close_code

    def say(self, message: Any) -> None:
        """Send a message: text and bytes as they are, all else as JSON."""
        if not isinstance(message, str | bytes):
            message = json.dumps(message)
        self.packets += isinstance(message, bytes)
        self.socket.send(message)

    def speak(self, data: bytes, size: int = PIECE) -> None:
        for piece in pieces(data, size):
            self.say(piece)

    def flush(self, id: str = "") -> None:
        self.say({"type": "flush", "id": id})

    def close(self) -> None:
        self.say({"type": "close"})

    def hear(self) -> Event:
        """The next event."""
        event: Event = json.loads(self.socket.recv(timeout=PATIENCE))
        self.events.append(event)
        return event

    def wait(self, type: str, **fields: Any) -> Event:
        """The next event of this kind; those before it are kept in `events`."""
        while True:
            event = self.hear()
            if event["type"] == type and fields.items() <= event.items():
                return event

    def rest(self) -> list[Event]:
        """All events until the connection is closed."""
        start = len(self.events)
        with suppress(ConnectionClosed):
            while True:
                self.hear()
        return self.events[start:]

    def vanish(self) -> None:
        """Go without a word, as a machine does that was switched off."""
        self.socket.socket.shutdown(socket.SHUT_RDWR)
        self.socket.recv_events_thread.join()


def call(server: Running | str, **more: Any) -> Caller:
    """A client whose config was taken."""
    url = server if isinstance(server, str) else server.url
    caller = Caller(url, config(**more))
    ready = caller.hear()
    assert ready["type"] == "ready", ready
    return caller


def resume(server: Running | str, old: Caller, **more: Any) -> Caller:
    """A client that goes on where another was cut off."""
    ready = next(event for event in old.events if event["type"] == "ready")
    wanted = {
        "session": ready["session"],
        "token": ready["token"],
        "last_seq": max(event["seq"] for event in old.events),
    }
    return call(server, resume=wanted | more)


class Deaf:
    """A client that sends and never reads: not even a ping, once it is ready."""

    def __init__(self, server: Running, first: Event, buffer: int = 4096) -> None:
        self.protocol = ClientProtocol(parse_uri(server.url))
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.connect((HOST, server.port))
        self.protocol.send_request(self.protocol.connect())
        self._write()
        self._read(1)
        self.say(first)
        self.ready: Event = json.loads(self._read(1)[0].data)

    def say(self, message: Event | bytes) -> None:
        if isinstance(message, bytes):
            self.protocol.send_binary(message)
        else:
            self.protocol.send_text(json.dumps(message).encode())
        self._write()

    def closed(self) -> int | None:
        """Read at last; the close code."""
        self.socket.settimeout(PATIENCE)
        with suppress(ConnectionError):
            while data := self.socket.recv(65_536):
                self.protocol.receive_data(data)
        self.close()
        return self.protocol.close_rcvd and self.protocol.close_rcvd.code

    def close(self) -> None:
        self.socket.close()

    def _write(self) -> None:
        for data in self.protocol.data_to_send():
            self.socket.sendall(data)

    def _read(self, count: int) -> list[Any]:
        events: list[Any] = []
        while len(events) < count:
            self.protocol.receive_data(self.socket.recv(4096))
            events += self.protocol.events_received()
        return events


class Proxy:
    """A road between client and server, which can be frozen and cut."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._loop = Loop()
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop.run(self._start())
        self.url = f"ws://{HOST}:{self.port}/v1/stream"

    def freeze(self) -> None:
        """From now on nothing arrives, and nobody is told."""
        self._loop.call(self._flows.clear)

    def cut(self) -> None:
        """Reset all connections; new ones are let through."""
        self._loop.call(self._cut)

    def aim(self, port: int) -> None:
        """Lead new connections to another server."""
        self._target = port

    def stop(self) -> None:
        self._loop.run(self._stop())
        self._loop.stop()

    async def _start(self) -> None:
        self._flows = asyncio.Event()
        self._server = await asyncio.start_server(self._carry, HOST, 0)
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        self._cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._flows.set()
        try:
            there = await asyncio.open_connection(HOST, self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers += [writer, there[1]]
        for source, sink in ((reader, there[1]), (there[0], writer)):
            task = asyncio.create_task(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        writer.close()

    def _cut(self) -> None:
        for writer in self._writers:
            sock = writer.get_extra_info("socket")
            if sock and sock.fileno() >= 0:
                linger = struct.pack("ii", 1, 0)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        self._writers.clear()


@contextmanager
def proxy(port: int) -> Iterator[Proxy]:
    road = Proxy(port)
    try:
        yield road
    finally:
        road.stop()


# -- what is expected --------------------------------------------------------------


def finals(events: Sequence[Event]) -> list[tuple[int, int, int, str]]:
    """Segment, start, end and text of each final."""
    return [
        (event["segment"], event["start_ms"], event["end_ms"], event["text"])
        for event in events
        if event["type"] == "final"
    ]


def codes(events: Sequence[Event]) -> list[str]:
    """Codes of errors and warnings."""
    return [event["code"] for event in events if "code" in event]


def text(events: Sequence[Event]) -> str:
    return " ".join(final[3] for final in finals(events))


@cache
def alone(clip: int = 4) -> list[tuple[int, int, int, str]]:
    """What a clip gives when nobody else speaks, by the fake recogniser."""
    with running() as server, call(server) as caller:
        caller.speak(speech(clip))
        caller.close()
        return finals(caller.rest())


@contextmanager
def undisturbed(server: Running, code: int = 1000) -> Iterator[None]:
    """Another client speaks meanwhile, and must not notice anything."""
    expected, sound = alone(), pieces(speech())
    with call(server) as witness:
        for piece in sound[:16]:
            witness.say(piece)
        yield
        for piece in sound[16:]:
            witness.say(piece)
        witness.close()
        events = witness.rest()
        assert finals(events) == expected
        assert not codes(events)
        assert events[-1]["type"] == "session.ended"
        assert witness.code == code
