"""What becomes of a cold start when its neighbours start too, and may be killed?

`earshot serve` is started 1, 2, 4 and 8 times at once on one host, with its
files in the page cache and without. It is ready when `/readyz` says so, which
is after a first inference. Then eight servers are wanted of a supervisor that
lets some start at once, and that kills and starts again what is late. Medians
of a few rounds, by order of readiness; the loops that never end are watched
for a while, once.
"""

from __future__ import annotations

import asyncio
import math
import os
import resource
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from record import write
from starting import EARSHOT, Environment, forget, python, start_files

from earshot.models.coldstart import now
from earshot.models.store import Store

MODELS = ("moonshine-tiny", "silero-vad")
CROWDS = (1, 2, 4, 8)
WANTED = 8
DEADLINE_S = 2.0
LIMITS = (1, 2, 4)
DEADLINE_LIMITS = (2, 4, 5, 6, 8)
PAUSES_S = (0.0, 10.0, 20.0)  # before the first restarts of a container in Kubernetes
WATCH_S = 25.0
PERIOD_S = 0.05
ROUNDS = 5
CORES = os.cpu_count() or 1
TICK = os.sysconf("SC_CLK_TCK")
PROBE = b"GET /readyz HTTP/1.1\r\nHost: earshot\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Policy:
    """How servers are started: so many at once, each with so many seconds.

    What is late is killed, and started again after the next of the pauses;
    the last of them repeats.
    """

    at_once: int
    deadline_s: float | None = None
    pauses_s: Sequence[float] = (0.0,)


@dataclass
class Wave:
    """What became of servers that were wanted: seconds since they were."""

    ready_s: list[float] = field(default_factory=list)
    took_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    killed_s: list[float] = field(default_factory=list)
    busy: float = 0.0


class Supervisor:
    """Starts each server again and again, until it is ready in time."""

    def __init__(self, policy: Policy, environment: Environment) -> None:
        self._policy, self._environment = policy, environment
        self._gate = asyncio.Semaphore(policy.at_once)
        self._servers: list[Process] = []
        self._began, self._seen = now(), Wave()

    async def run(self, wanted: int) -> Wave:
        """Until all are ready, or for as long as we watch; then all are ended."""
        before = children_cpu()
        try:
            async with asyncio.timeout(WATCH_S):
                await asyncio.gather(*(self._keep() for _ in range(wanted)))
        except TimeoutError:
            pass
        spent = (now() - self._began) * CORES
        await asyncio.gather(*map(end, self._servers))
        self._seen.busy = (children_cpu() - before) / spent
        return self._seen

    async def _keep(self) -> None:
        for pause in chain(self._policy.pauses_s, repeat(self._policy.pauses_s[-1])):
            async with self._gate:
                if await self._start():
                    return
            await asyncio.sleep(pause)

    async def _start(self) -> bool:
        began, seen = now(), self._seen
        command = (EARSHOT, "serve", "--port", "0")
        server = await asyncio.create_subprocess_exec(
            *command, env=self._environment, stdout=PIPE, stderr=DEVNULL
        )
        self._servers.append(server)
        try:
            async with asyncio.timeout(self._policy.deadline_s):
                await until_ready(server)
        except TimeoutError:
            await end(server)
            seen.killed_s.append(now() - self._began)
            return False
        seen.ready_s.append(now() - self._began)
        seen.took_s.append(now() - began)
        seen.cpu_s.append(cpu(server.pid))
        return True


async def until_ready(server: Process) -> None:
    """Ask a server, as soon as it listens, until it takes streams."""
    assert server.stdout
    said = await server.stdout.readline()
    if not said:
        raise SystemExit("a server did not start; try `earshot serve`")
    while not await says_ready(int(said.rsplit(b":", 1)[1])):
        await asyncio.sleep(PERIOD_S)


async def says_ready(port: int) -> bool:
    """What a readiness probe is told."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(PROBE)
    status = await reader.readline()
    writer.close()
    return b" 200 " in status


async def end(server: Process) -> None:
    """Kill a server that runs, and wait for its end."""
    if server.returncode is None:
        server.kill()
    await server.wait()


def cpu(pid: int) -> float:
    """Seconds of processor time that a process has had."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / TICK


def children_cpu() -> float:
    """Seconds of processor time of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ranks(rows: Sequence[Sequence[float]]) -> dict[str, Any]:
    """Medians of the first, the second … over rounds; no first if none was ready."""
    each = [round(median(values), 2) for values in zip(*map(sorted, rows), strict=True)]
    ends = {"first_s": each[0], "last_s": each[-1]} if each else {}
    return {**ends, "each_s": each}


def foreseen_s(starts: int, alone_s: float, cpu_s: float, cores: int = CORES) -> float:
    """How long starts take that share the cores evenly, and nothing else."""
    return round(max(alone_s, starts * cpu_s / cores), 2)


Waves = Callable[[int, Policy], Awaitable[Wave]]


async def crowds(wave: Waves) -> dict[str, Any]:
    """Starts at once without a limit or a deadline, and the sum that foresees them."""
    waves = {n: [await wave(n, Policy(n)) for _ in range(ROUNDS)] for n in CROWDS}
    took = {n: ranks([seen.took_s for seen in rounds]) for n, rounds in waves.items()}
    cpu_s = {
        n: round(median(chain.from_iterable(seen.cpu_s for seen in rounds)), 2)
        for n, rounds in waves.items()
    }
    return {
        str(n): {
            **took[n],
            "cpu_s": cpu_s[n],
            "foreseen_s": foreseen_s(n, took[1]["last_s"], cpu_s[1]),
        }
        for n in CROWDS
    }


async def limits(wave: Waves) -> dict[str, Any]:
    """Eight wanted servers of which some start at once; nobody is killed."""
    found: dict[str, Any] = {}
    for at_once in LIMITS:
        waves = [await wave(WANTED, Policy(at_once)) for _ in range(ROUNDS)]
        found[str(at_once)] = ranks([seen.ready_s for seen in waves])
    return found


async def deadlines(wave: Waves) -> dict[str, Any]:
    """Eight wanted servers of which some start at once; what is late is killed."""
    ways = {str(n): Policy(n, DEADLINE_S) for n in DEADLINE_LIMITS}
    ways[f"{WANTED}-with-pauses"] = Policy(WANTED, DEADLINE_S, PAUSES_S)
    found: dict[str, Any] = {}
    for name, policy in ways.items():
        seen = await wave(WANTED, policy)
        found[name] = {
            **ranks([seen.ready_s]),
            "ready": len(seen.ready_s),
            "killed": len(seen.killed_s),
            "busy_percent": round(100 * seen.busy),
        }
    return found


async def measured(cache: Path) -> dict[str, Any]:
    """All waves, with compiled modules in `cache`."""
    compiled, store = python(cache), Store()
    await Supervisor(Policy(1), python(cache, write_bytecode=True)).run(1)
    read = start_files(
        cache, store.verify("moonshine-tiny"), store.verify("silero-vad")
    )

    async def cached(wanted: int, policy: Policy) -> Wave:
        return await Supervisor(policy, compiled).run(wanted)

    async def from_disk(wanted: int, policy: Policy) -> Wave:
        forget(read)
        return await Supervisor(policy, compiled).run(wanted)

    together = {"cached": await crowds(cached), "from-disk": await crowds(from_disk)}
    cpu_s = together["cached"]["1"]["cpu_s"]
    return {
        "wanted": WANTED,
        "deadline_s": DEADLINE_S,
        "watched_s": WATCH_S,
        "together": together,
        "limits": await limits(cached),
        "deadlines": await deadlines(cached),
        "most_at_once": math.floor(CORES * DEADLINE_S / cpu_s),
    }


def values() -> dict[str, Any]:
    """Every wave, in seconds."""
    with TemporaryDirectory() as scratch:
        return asyncio.run(measured(Path(scratch)))


if __name__ == "__main__":
    write(Path(__file__).with_name("data.json"), values())
