"""A real server on one core, and a load client on another."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from earshot.bench.clips import clips
from earshot.inference.batcher import Policy

EARSHOT = str(Path(sys.executable).with_name("earshot"))
PATIENCE_S = 30.0


class BenchError(Exception):
    """The bench can't be run; the message says why."""


def pinned(core: int) -> tuple[str, ...]:
    """What to put before a command that is to run on one core."""
    if not shutil.which("taskset") or (os.cpu_count() or 1) < 2:
        raise BenchError("a live bench needs two cores and taskset, from util-linux")
    return "taskset", "-c", str(core)


# --8<-- [start:server]
@contextmanager
def server(settings: Mapping[str, str], *options: str) -> Iterator[str]:
    """A server on core 0, with one thread a model; yields its address."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **settings}
    command = [*pinned(0), EARSHOT, "serve", "--port", "0", *options]
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield started(process)
        finally:
            process.terminate()


def started(process: subprocess.Popen[str]) -> str:
    """The address that a server tells when it listens, once it takes streams."""
    assert process.stdout is not None
    address = process.stdout.readline().partition(": ")[2].strip()
    if not address:
        raise BenchError("the server did not start; try `earshot serve`")
    ready(address)
    return address


# --8<-- [end:server]
def ready(address: str) -> None:
    """Wait until a server takes streams."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            with urlopen(f"{address}/readyz", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise BenchError(f"{address} was not ready within {PATIENCE_S:g} s")


# --8<-- [start:load]
def load(address: str, streams: int, options: Sequence[str]) -> dict[str, Any]:
    """The report of `earshot load`, run on core 1."""
    url = f"{address.replace('http', 'ws', 1)}/v1/stream"
    command = [*pinned(1), EARSHOT, "load", "--json", "--url", url]
    done = subprocess.run(
        [*command, "--streams", str(streams), *options],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchError(done.stderr.strip() or "earshot load failed")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


# --8<-- [end:load]
def scheduled(policy: Policy) -> dict[str, str]:
    """A policy as settings, with the ladder out of the way."""
    return {
        "EARSHOT_SCHEDULER__FINALS": str(policy.finals),
        "EARSHOT_SCHEDULER__PARTIALS": str(policy.partials),
        "EARSHOT_SCHEDULER__SPREAD": str(policy.spread),
        "EARSHOT_SCHEDULER__MIXED": str(policy.mixed).lower(),
        "EARSHOT_LADDER__WIDER": "1000",
    }


def measure(
    settings: Mapping[str, str], streams: int, seconds: float
) -> dict[str, Any]:
    """So many live streams of the clips, for so many seconds each."""
    options = [f"--seconds={seconds:g}", *said()]
    with server(settings) as address:
        return load(address, streams, options)


def connections(streams: int, seconds: float) -> dict[str, Any]:
    """So many live streams through the fake recogniser: transport and VAD alone."""
    timing = f"--seconds={seconds:g}", "--spacing=0.02", "--packet-ms=40"
    options = [*timing, *said()]
    with server({}, "--fake") as address:
        return load(address, streams, options)


def said() -> list[str]:
    """The clips as options of the load client."""
    return [f"--file={clip.path}" for clip in clips()]
