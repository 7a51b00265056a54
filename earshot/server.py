"""The process: a socket, the service behind it, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn

from earshot.app import application
from earshot.audio.vad import SileroVad
from earshot.inference.engines import load
from earshot.inference.fake import FakeRecogniser
from earshot.inference.recogniser import Recogniser
from earshot.inference.stream import Setup
from earshot.models.coldstart import PROCESS
from earshot.models.store import Store
from earshot.service import Plan, Service
from earshot.settings import ServerSettings, Settings
from earshot.slo import tracing
from earshot.slo.observer import Observer
from earshot.slo.start import StartCollector
from earshot.transport.connection import Connection

VAD = "silero-vad"


class AddressTaken(Exception):
    """The server can't listen where it should; the message says what to do."""


class Stopped(Exception):
    """The service can't start or can't go on; the message says why."""


def plan(settings: Settings) -> Plan:
    """The service's part of the settings."""
    return Plan(
        setup=Setup(settings.stream, settings.segmenter, settings.gate),
        policy=settings.scheduler,
        ladder=settings.ladder,
        worker=settings.worker,
        bounds=settings.limits,
    )


# --8<-- [start:build]
def build(settings: Settings, store: Store) -> Callable[[], Service]:
    """A way to make the service, once its loop runs; all weights are verified.

    Raises `ModelError` when some are missing or not as pinned.
    """
    vad = SileroVad(next(store.verify(VAD).glob("*.onnx")))
    PROCESS.mark("vad")
    make = recogniser(settings.server, store)
    observer = Observer(tracer=tracing.tracer(settings.server.trace))
    observer.metrics.registry.register(StartCollector(PROCESS))
    return lambda: Service(vad, make, plan(settings), observer)


# --8<-- [end:build]
def recogniser(chosen: ServerSettings, store: Store) -> Callable[[], Recogniser]:
    """A way to make the recogniser that is chosen; its weights are verified.

    Raises `ModelError` when some are missing or not as pinned.
    """
    if chosen.fake:
        return FakeRecogniser
    store.verify(chosen.model)
    return lambda: load(chosen.model, store, chosen.threads)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises `AddressTaken`. Port 0 is any that is free."""
    try:
        return socket.create_server((host, port), backlog=512)
    except OSError as error:
        why = f"can't listen on {host} port {port}: {error.strerror}"
        raise AddressTaken(f"{why}; choose another with --port") from None


class Server(uvicorn.Server):
    """uvicorn without handlers of its own: a signal first drains the service."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `serve`."""
        yield


# --8<-- [start:configuration]
def configuration(service: Service) -> uvicorn.Config:
    """How uvicorn serves a service: within its bounds, and logging with it."""
    bounds = service.plan.bounds
    return uvicorn.Config(
        application(service),
        log_config=None,
        access_log=False,
        lifespan="off",
        ws=Connection,
        ws_max_size=bounds.message_bytes,
        ws_ping_interval=bounds.ping,
        ws_ping_timeout=bounds.ping,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
    )


# --8<-- [end:configuration]
# --8<-- [start:serve]
async def serve(
    make: Callable[[], Service],
    sock: socket.socket,
    ready: Callable[[], None] = lambda: None,
    find: Callable[[], Callable[[], Recogniser]] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then drain; a second signal ends at once.

    After SIGHUP the recogniser is changed for the one that `find` finds then.
    Calls `ready` when a stream can be taken. Raises `Stopped` if the service
    has stopped by itself.
    """
    service, signals = make(), signalled(signal.SIGTERM, signal.SIGINT)
    server = Server(configuration(service))
    working = asyncio.create_task(service.run(ready))
    serving = asyncio.create_task(server.serve([sock]))
    stop = asyncio.create_task(signals.acquire())
    swapping = asyncio.create_task(swap(service, find)) if find else None
    await asyncio.wait({working, serving, stop}, return_when=asyncio.FIRST_COMPLETED)
    if working.done():
        await service.stop("internal")
    elif stop.done():
        drain, again = service.drain(), signals.acquire()
        await either(asyncio.create_task(drain), asyncio.create_task(again))
    if swapping:
        swapping.cancel()
    server.should_exit = True
    await serving
    await either(working, asyncio.create_task(asyncio.sleep(0)))
    if not working.cancelled() and (error := working.exception()):
        raise Stopped(f"the service has stopped: {cause(error)}") from error


# --8<-- [end:serve]
async def either(one: asyncio.Task[Any], other: asyncio.Task[Any]) -> None:
    """Wait for the first of two tasks, and end the other."""
    await asyncio.wait({one, other}, return_when=asyncio.FIRST_COMPLETED)
    for task in (one, other):
        task.cancel()
    await asyncio.gather(one, other, return_exceptions=True)


async def swap(service: Service, find: Callable[[], Callable[[], Recogniser]]) -> None:
    """Change the recogniser after every SIGHUP, one change at a time."""
    signals = signalled(signal.SIGHUP)
    while await signals.acquire():
        await service.swap(find)


def signalled(*numbers: signal.Signals) -> asyncio.Semaphore:
    """What each of these signals releases, however soon it comes."""
    loop, signals = asyncio.get_running_loop(), asyncio.Semaphore(0)
    for number in numbers:
        loop.add_signal_handler(number, signals.release)
    return signals


def cause(error: BaseException) -> str:
    """The first line of what went wrong, without the groups it came in."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error).partition("\n")[0] or type(error).__name__
