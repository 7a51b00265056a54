"""What do callers notice when the model behind their streams is changed?

Four users read the five LibriVox clips to Earshot, over and over, and after
twenty seconds the model is loaded anew, the same one, so that all that is seen
is the change itself. Three ways: beside the old one in the same process
(SIGHUP), by ending the process and starting it again, and by starting another
process beside and then ending the first; callers reach either through a relay,
which is told where to go. A run without a change is the measure. Server
processes have core 0, users and relay core 1. Then the model is changed twelve
times without load, to see what memory does: with glibc's malloc as it is, and
with its threshold for giving memory back fixed at the value that it begins with.
`allocator.py` asks malloc itself.

Run by hand on a quiet machine of two cores, as
`.venv/bin/python experiments/02-hot-swap/run.py`: about seven minutes.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from record import write

from earshot.api.messages import Config, Final, Partial, ServerEvent
from earshot.audio.formats import Format
from earshot.bench.clips import clips
from earshot.bench.live import EARSHOT, pinned, ready
from earshot.client.load import Plan
from earshot.client.meter import Meter
from earshot.client.packets import Packet, packets
from earshot.client.player import converse
from earshot.client.stream import Client
from earshot.slo.budget import percentile

USERS, SECONDS, CHANGE_S, ROUNDS = 4, 36.0, 16.0, 2
AFTER_S = 8.0
"""How long after the change its traces are looked for."""
FIRST_S = 2.5
"""How long after it they are looked for most closely."""
SWAPS = 12
TRIM = "131072"
"""Bytes, the default of M_TRIM_THRESHOLD; that it is set at all stops its growth."""
WAYS = ("none", "swap", "restart", "replace")
LOOK_S = 0.05


class Server:
    """`earshot serve` on core 0, its log in a file, and its memory."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.port = _free()
        self.log = folder / f"{time.monotonic_ns()}.log"
        command = [*pinned(0), EARSHOT, "serve", "--port", str(self.port)]
        with self.log.open("w") as out:
            self._popen = subprocess.Popen(
                command, stdout=out, stderr=out, env=os.environ | variables
            )

    async def ready(self) -> Server:
        await asyncio.to_thread(ready, f"http://127.0.0.1:{self.port}")
        return self

    def tell(self, number: signal.Signals) -> None:
        self._popen.send_signal(number)

    async def said(self, what: str, times: int = 1) -> None:
        """Wait until its log has said something so many times."""
        while self.log.read_text().count(what) < times:
            await asyncio.sleep(LOOK_S / 5)

    async def gone(self) -> None:
        await asyncio.to_thread(self._popen.wait)

    def megabytes(self) -> float:
        """Memory in use, as Linux counts it for the process; 0 once it is gone."""
        with suppress(OSError):
            for line in (
                Path(f"/proc/{self._popen.pid}/status").read_text().splitlines()
            ):
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) / 1000
        return 0.0


class Relay:
    """Takes connections on a port and carries them to whichever server is named."""

    def __init__(self) -> None:
        self.target = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[int]:
        """The port while it is open."""
        listening = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        async with listening:
            yield listening.sockets[0].getsockname()[1]

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            onward, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pipe(reader, back), _pipe(onward, writer))


async def _pipe(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
    with suppress(OSError):
        target.close()


class Listener:
    """Keeps when a user's events came, and how late they were, in s."""

    def __init__(self, began: float) -> None:
        self.began = began
        self.meter = Meter(monotonic())
        self.events: list[dict[str, Any]] = []
        self.text: list[str] = []

    def show(self, event: ServerEvent) -> None:
        """An event has arrived."""
        now = monotonic()
        if isinstance(event, Partial):
            self._keep("partial", now, self.meter.when(event.end_ms))
        elif isinstance(event, Final):
            decided = event.voice_ms + event.timing.endpoint
            self._keep("final", now, self.meter.when(decided))
            self.text.append(event.text)

    def _keep(self, kind: str, now: float, sent: float) -> None:
        self.events.append({"kind": kind, "at": now - self.began, "late": now - sent})


async def user(url: str, said: Sequence[Packet], number: int, began: float) -> Listener:
    """One user's stream, at the pace of speech."""
    await asyncio.sleep(0.37 * number)
    plan = Plan(url, Config(), said, 1, seconds=SECONDS)
    async with Client(url, Config()) as client:
        listener = Listener(began)
        await converse(client, plan.audio(), listener.meter, listener.show)
    return listener


class Change:
    """One way to change the model, and the servers that it needs."""

    def __init__(self, way: str, folder: Path, relay: Relay) -> None:
        self._way, self._folder, self._relay = way, folder, relay
        self.servers: list[Server] = []

    async def start(self) -> Server:
        """One more server; the relay is not told yet."""
        server = Server(self._folder)
        self.servers.append(server)
        return await server.ready()

    async def happen(self) -> float:
        """Change the model; seconds until all callers are with the new one's server."""
        began, old = monotonic(), self.servers[-1]
        if self._way == "swap":
            old.tell(signal.SIGHUP)
            await old.said("recogniser.swapped")
        elif self._way == "restart":
            old.tell(signal.SIGTERM)
            await old.gone()
            self._relay.target = (await self.start()).port
        elif self._way == "replace":
            self._relay.target = (await self.start()).port
            old.tell(signal.SIGTERM)
            await old.gone()
        return monotonic() - began

    def megabytes(self) -> float:
        """Memory of all servers together."""
        return sum(server.megabytes() for server in self.servers)

    async def end(self) -> None:
        """End the servers that are left."""
        self.servers[-1].tell(signal.SIGTERM)
        await self.servers[-1].gone()


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
    return port


async def run(way: str, said: Sequence[Packet], folder: Path) -> dict[str, Any]:
    """One run of a way: events around the change, in s from it, and memory."""
    relay = Relay()
    change = Change(way, folder, relay)
    relay.target = (await change.start()).port
    memory: list[tuple[float, float]] = []
    began = monotonic()

    async def watch() -> None:
        while True:
            memory.append((monotonic() - began, change.megabytes()))
            await asyncio.sleep(LOOK_S)

    async def disturb() -> float:
        await asyncio.sleep(CHANGE_S)
        return await change.happen()

    async with relay.open() as port:
        url = f"ws://127.0.0.1:{port}/v1/stream"
        watching = asyncio.create_task(watch())
        disturbing = asyncio.create_task(disturb())
        users = (user(url, said, number, began) for number in range(USERS))
        heard = await asyncio.gather(*users)
        took = await disturbing
        watching.cancel()
        await change.end()
    events = [event for listener in heard for event in listener.events]
    for event in events:
        event["at"] = round(event["at"] - CHANGE_S, 4)
        event["late"] = round(event["late"], 4)
    return {
        "way": way,
        "took_s": took,
        "before_mb": max(mb for at, mb in memory if at < CHANGE_S),
        "most_mb": max(mb for _, mb in memory),
        "words": sum(len(" ".join(listener.text).split()) for listener in heard),
        "silent_s": max(silence(listener) for listener in heard),
        "events": [event for event in events if -AFTER_S <= event["at"] <= AFTER_S],
    }


def silence(listener: Listener) -> float:
    """The longest time without any event in the seconds after the change."""
    moments = [0.0, AFTER_S]
    moments += [e["at"] - CHANGE_S for e in listener.events]
    inside = sorted(at for at in moments if 0 <= at <= AFTER_S)
    return max(later - at for at, later in pairwise(inside))


def late(
    runs: Sequence[dict[str, Any]], kind: str, begin: float, end: float
) -> dict[str, float]:
    """How late events of a kind were, in ms, that came so many s from the change."""
    found = sorted(
        1000 * event["late"]
        for one in runs
        for event in one["events"]
        if event["kind"] == kind and begin <= event["at"] <= end
    )
    return {
        "count": len(found),
        "p50_ms": percentile(found, 50),
        "p95_ms": percentile(found, 95),
        "most_ms": found[-1],
    }


async def memory(folder: Path, **variables: str) -> list[float]:
    """Megabytes before the first and after each of so many changes, no load."""
    server = await Server(folder, **variables).ready()
    found = [server.megabytes()]
    for number in range(1, SWAPS + 1):
        server.tell(signal.SIGHUP)
        await server.said("recogniser.swapped", number)
        await asyncio.sleep(0.5)
        found.append(server.megabytes())
    server.tell(signal.SIGTERM)
    await server.gone()
    return found


def summary(runs: Sequence[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The figures of each way, over all its runs."""
    for way in WAYS:
        own = [one for one in runs if one["way"] == way]
        yield (
            way,
            {
                "took_s": percentile(sorted(one["took_s"] for one in own), 50),
                "silent_s": max(one["silent_s"] for one in own),
                "before_mb": max(one["before_mb"] for one in own),
                "most_mb": max(one["most_mb"] for one in own),
                "words": [one["words"] for one in own],
                "before": late(own, "partial", -AFTER_S, 0),
                "first": late(own, "partial", 0, FIRST_S),
                "partials": late(own, "partial", 0, AFTER_S),
                "finals": late(own, "final", 0, AFTER_S),
            },
        )


def main() -> None:
    """Run all ways in turn, several rounds, and write `data.json`."""
    os.sched_setaffinity(0, {1})
    said = [packet for clip in clips() for packet in packets(clip.audio, Format())]
    runs = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(ROUNDS):
            for way in WAYS:
                print(f"round {number + 1} of {ROUNDS}: {way}", flush=True)
                runs.append(asyncio.run(run(way, said, folder)))
        print(f"{SWAPS} changes without load", flush=True)
        held = {
            "as_is": asyncio.run(memory(folder)),
            "fixed": asyncio.run(memory(folder, MALLOC_TRIM_THRESHOLD_=TRIM)),
        }
    asked = subprocess.run(
        [*pinned(0), sys.executable, Path(__file__).with_name("allocator.py")],
        capture_output=True,
        check=True,
    )
    values = {
        "users": USERS,
        "after_s": AFTER_S,
        "ways": dict(summary(runs)),
        "memory_mb": held,
        "allocator": json.loads(asked.stdout),
        "events": {
            way: [e for one in runs if one["way"] == way for e in one["events"]]
            for way in WAYS
        },
    }
    write(Path(__file__).with_name("data.json"), values)


if __name__ == "__main__":
    main()
