"""A server on a processor of its own, and what its process tree uses.

The experiments that measure servers from outside share it.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

SERVER_CPU, CLIENT_CPU = 0, 1
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


@dataclass(frozen=True)
class Usage:
    """CPU seconds so far, user and system, and bytes that are resident now."""

    cpu: float
    rss: int


class Server:
    """A command on processor 0 with one thread a library; its output goes to `log`."""

    def __init__(
        self,
        command: list[str],
        folder: Path,
        log: Path,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._command, self._folder, self._log = command, folder, log
        self._settings = settings or {}

    def __enter__(self) -> Self:
        one = dict.fromkeys((*ONE_THREAD, *OFFLINE), "1")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                ["taskset", "-c", str(SERVER_CPU), *self._command],
                cwd=self._folder,
                env={**os.environ, **one, **self._settings},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for sign, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, None)):
            try:
                os.killpg(self._process.pid, sign)
                self._process.wait(patience)
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue

    @property
    def ended(self) -> bool:
        """Whether the server has gone by itself."""
        return self._process.poll() is not None

    def usage(self) -> Usage:
        """Of the tree: children that have ended count through their parents."""
        fields = list(self.tree().values())
        ticks = sum(int(tick) for field in fields for tick in field[11:15])
        return Usage(ticks / TICK, PAGE * sum(int(field[21]) for field in fields))

    def tree(self) -> dict[int, list[str]]:
        """The processes that live, by number, and what proc(5) says of each."""
        stats = dict(filter(None, map(stat, Path("/proc").glob("[0-9]*/stat"))))
        pids = family(self._process.pid, {pid: int(s[1]) for pid, s in stats.items()})
        return {pid: stats[pid] for pid in pids if pid in stats}


def stat(path: Path) -> tuple[int, list[str]] | None:
    """A process and what proc(5) says of it, from the state (3) on."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return int(path.parent.name), text.rpartition(")")[2].split()


def family(pid: int, parents: dict[int, int]) -> set[int]:
    """A process and all that descend from it."""
    children = {child for child, parent in parents.items() if parent == pid}
    return {pid}.union(*(family(child, parents) for child in children))
