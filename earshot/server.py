"""The process: a socket, the service behind it, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn

from earshot.app import application
from earshot.audio.vad import SileroVad
from earshot.inference.engines import load
from earshot.inference.fake import FakeRecogniser
from earshot.inference.recogniser import Recogniser
from earshot.inference.stream import Setup
from earshot.models.store import Store
from earshot.service import Plan, Service
from earshot.settings import Settings
from earshot.slo import tracing
from earshot.slo.observer import Observer

VAD = "silero-vad"


class AddressTaken(Exception):
    """The server can't listen where it should; the message says what to do."""


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
    if not chosen.fake:
        store.verify(chosen.model)

    def make() -> Recogniser:
        if chosen.fake:
            return FakeRecogniser()
        return load(chosen.model, store, chosen.threads)

    observer = Observer(tracer=tracing.tracer(chosen.trace))
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


# --8<-- [start:serve]
async def serve(make: Callable[[], Service], sock: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT, then drain; a second signal ends at once.

    Raises what stopped the service, if it stopped by itself.
    """
    service = make()
    bounds = service.plan.bounds
    server = Server(
        uvicorn.Config(
            application(service),
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="websockets-sansio",
            ws_max_size=bounds.message_bytes,
            ws_ping_interval=bounds.ping,
            ws_ping_timeout=bounds.ping,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=1,
        )
    )
    working = asyncio.create_task(service.run())
    serving = asyncio.create_task(server.serve([sock]))
    stop = asyncio.create_task(first_signal())
    await asyncio.wait({working, serving, stop}, return_when=asyncio.FIRST_COMPLETED)
    if stop.done():
        drain, again = asyncio.create_task(service.drain()), first_signal()
        await either(drain, asyncio.create_task(again))
    server.should_exit = True
    await serving
    if working.done():
        working.result()
    await either(working, asyncio.create_task(asyncio.sleep(0)))


# --8<-- [end:serve]
async def either(one: asyncio.Task[None], other: asyncio.Task[None]) -> None:
    """Wait for the first of two tasks, and end the other."""
    await asyncio.wait({one, other}, return_when=asyncio.FIRST_COMPLETED)
    for task in (one, other):
        task.cancel()
    await asyncio.gather(one, other, return_exceptions=True)


async def first_signal() -> None:
    """Return at the next SIGTERM or SIGINT."""
    loop, came = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, came.set)
    await came.wait()
