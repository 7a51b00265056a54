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
from earshot.settings import Settings
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
    chosen = settings.server
    vad = SileroVad(next(store.verify(VAD).glob("*.onnx")))
    PROCESS.mark("vad")
    if not chosen.fake:
        store.verify(chosen.model)

    def make() -> Recogniser:
        if chosen.fake:
            return FakeRecogniser()
        return load(chosen.model, store, chosen.threads)

    observer = Observer(tracer=tracing.tracer(chosen.trace))
    observer.metrics.registry.register(StartCollector(PROCESS))
    return lambda: Service(vad, make, plan(settings), observer)


# --8<-- [end:build]
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
) -> None:
    """Serve until SIGTERM or SIGINT, then drain; a second signal ends at once.

    Calls `ready` when a stream can be taken. Raises `Stopped` if the service
    has stopped by itself.
    """
    service, signals = make(), signalled()
    server = Server(configuration(service))
    working = asyncio.create_task(service.run(ready))
    serving = asyncio.create_task(server.serve([sock]))
    stop = asyncio.create_task(signals.acquire())
    await asyncio.wait({working, serving, stop}, return_when=asyncio.FIRST_COMPLETED)
    if working.done():
        await service.stop("internal")
    elif stop.done():
        drain, again = service.drain(), signals.acquire()
        await either(asyncio.create_task(drain), asyncio.create_task(again))
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


def signalled() -> asyncio.Semaphore:
    """What every SIGTERM and SIGINT releases, however soon it comes."""
    loop, signals = asyncio.get_running_loop(), asyncio.Semaphore(0)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, signals.release)
    return signals


def cause(error: BaseException) -> str:
    """The first line of what went wrong, without the groups it came in."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error).partition("\n")[0] or type(error).__name__
