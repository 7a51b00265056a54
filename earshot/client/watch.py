"""What a server uses while it serves, read from its own `/metrics`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from time import monotonic
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen

POLL_S = 1.0
MB = 1_000_000
MINUTE_S = 60.0
CPU = re.compile(r"^process_cpu_seconds_total (\S+)", re.MULTILINE)
MEMORY = re.compile(r"^process_resident_memory_bytes (\S+)", re.MULTILINE)


# --8<-- [start:watch]
@dataclass(frozen=True)
class Reading:
    """CPU seconds and resident bytes of a process at one moment."""

    at: float
    cpu_s: float
    memory: float


@dataclass(frozen=True)
class ServerUse:
    """CPU and memory between the first and the last reading.

    `cores` is how many were busy on average; `cpu_per_stream_s` is CPU
    seconds for a second of one stream's audio. `memory_by_minute_mb` is the
    memory at the start and after every full minute.
    """

    cpu_s: float
    cores: float
    cpu_per_stream_s: float
    memory_before_mb: float
    memory_after_mb: float
    memory_most_mb: float
    memory_by_minute_mb: tuple[float, ...]


def server_use(
    readings: Sequence[Reading],
    audio_s: float,
) -> ServerUse | None:
    """What was used for so many seconds of audio.

    None where nothing was read, or where the server was restarted.
    """
    if len(readings) < 2 or not audio_s:
        return None
    first, last = readings[0], readings[-1]
    cpu_s = last.cpu_s - first.cpu_s
    if cpu_s < 0:
        return None
    return ServerUse(
        cpu_s=round(cpu_s, 3),
        cores=round(cpu_s / (last.at - first.at), 4),
        cpu_per_stream_s=round(cpu_s / audio_s, 5),
        memory_before_mb=in_mb(first.memory),
        memory_after_mb=in_mb(last.memory),
        memory_most_mb=in_mb(max(each.memory for each in readings)),
        memory_by_minute_mb=tuple(by_minute(readings)),
    )


def by_minute(readings: Sequence[Reading]) -> Iterator[float]:
    """Memory in MB at the first reading, and at the first behind each minute."""
    due = readings[0].at
    for reading in readings:
        if reading.at >= due:
            yield in_mb(reading.memory)
            due += MINUTE_S


def in_mb(size: float) -> float:
    """Bytes in MB, to the tenth."""
    return round(size / MB, 1)


# --8<-- [end:watch]
def metrics_url(url: str) -> str:
    """Where the server of a stream has its metrics."""
    parts = urlsplit(url)
    scheme = "https" if parts.scheme == "wss" else "http"
    return urlunsplit((scheme, parts.netloc, "/metrics", "", ""))


def parse(text: str, at: float) -> Reading | None:
    """A reading of metrics in Prometheus' text format, if they have it."""
    cpu, memory = CPU.search(text), MEMORY.search(text)
    if cpu is None or memory is None:
        return None
    return Reading(at, float(cpu[1]), float(memory[1]))


def fetch(url: str) -> Reading | None:
    """A reading now; None where nothing like it is answered."""
    try:
        with urlopen(metrics_url(url), timeout=POLL_S) as response:
            return parse(response.read().decode(), monotonic())
    except (OSError, HTTPException, ValueError):
        return None


class Watch:
    """Reads a server's metrics at the start, every second, and at the end."""

    def __init__(self, url: str) -> None:
        self.readings: list[Reading] = []
        self._url = url

    async def __aenter__(self) -> Watch:
        await self._read()
        self._task = asyncio.create_task(self._poll())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await self._read()

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            await self._read()

    async def _read(self) -> None:
        reading = await asyncio.to_thread(fetch, self._url)
        if reading:
            self.readings.append(reading)
