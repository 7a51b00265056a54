"""Servers of the frameworks: how they are started, and what they take when idle."""

from __future__ import annotations

import os
import socket
import time
from contextlib import ExitStack, suppress
from http.client import HTTPException
from pathlib import Path
from statistics import median

from callers import Caller, Question
from protocols import Protocol
from server import Server

from earshot.models.store import Store, cache

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = cache() / "frameworks"
STARTS = 3
START_S = 90.0
IDLE_S = 3.0
PORTS = 18_000, 19_000


def serve(name: str, model: str, batch: int, port: int) -> Server:
    """A server in its environment, not yet ready."""
    python = CACHE / name / "bin/python"
    settings = {
        "MODEL": model,
        "BATCH": str(batch),
        "PORT": str(port),
        "WEIGHTS": str(Store().folder("moonshine-tiny")),
        "PYTHONPATH": f"{HERE}:{ROOT}",
        "PATH": f"{python.parent}:{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "",
    }
    command = [str(python), "-m", f"servers.{name}"]
    return Server(command, CACHE / name, CACHE / f"{name}.log", settings)


def first_answer(server: Server, port: int, protocol: Protocol, ask: Question) -> float:
    """Seconds until the first answer; raises `SystemExit` if none comes."""
    began = time.monotonic()
    while not server.ended and time.monotonic() - began < START_S:
        try:
            caller = Caller(port, protocol)
            caller.ask(ask)
        except (OSError, HTTPException):
            time.sleep(0.02)
        else:
            return time.monotonic() - began
        finally:
            caller.close()
    raise SystemExit(f"no answer; see the server's log in {CACHE}")


def start_s(name: str, protocol: Protocol, ask: Question) -> dict[str, float]:
    """Starts with the model until the first answer; one before compiles modules."""
    took = []
    for _ in range(1 + STARTS):
        port = free_port()
        with serve(name, "moonshine-tiny", 1, port) as server:
            took.append(first_answer(server, port, protocol, ask))
    counted = took[1:]
    return {
        "median": round(median(counted), 2),
        "least": round(min(counted), 2),
        "most": round(max(counted), 2),
    }


def idle(server: Server) -> dict[str, float]:
    """Processes, memory in MB and share of the core, when nobody calls.

    `rss_mb` counts pages that processes share once for each of them, `pss_mb`
    once in all.
    """
    time.sleep(1)
    before, began = server.usage().cpu, time.monotonic()
    time.sleep(IDLE_S)
    usage = server.usage()
    spent = (usage.cpu - before) / (time.monotonic() - began)
    pids = server.tree()
    return {
        "processes": len(pids),
        "rss_mb": round(usage.rss / 1e6),
        "pss_mb": round(sum(pss(pid) for pid in pids) / 1e6),
        "cpu_percent": round(100 * spent, 1),
    }


def pss(pid: int) -> int:
    """Bytes of a process, with its part of what it shares."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return 1024 * int(line.split()[1])
    return 0


def free_port() -> int:
    """A port that nothing listens on, nor on the two behind it."""
    for port in range(*PORTS, 3):
        with suppress(OSError), ExitStack() as sockets:
            for number in range(port, port + 3):
                sockets.enter_context(socket.create_server(("127.0.0.1", number)))
            return port
    raise SystemExit("no free ports")
