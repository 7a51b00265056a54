"""Child processes, with what the system says that they used."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent
# Compiled modules are kept from run to run, as Python does unless told not to.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if name != "PYTHONDONTWRITEBYTECODE"
} | {"NO_MKDOCS_2_WARNING": "1"}


class BenchError(Exception):
    """A child that failed; the message ends with what it said."""


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock, seconds of CPU, and the most memory in MB."""

    wall_s: float
    cpu_s: float
    memory_mb: float
    output: str


def press(*arguments: str | Path) -> Sequence[str]:
    """The command line of a verb of the press."""
    return [sys.executable, "-m", "press.cli", *map(str, arguments)]


def mkdocs(*arguments: str | Path) -> Sequence[str]:
    """The command line of a verb of MkDocs."""
    return [sys.executable, "-m", "mkdocs", *map(str, arguments)]


def run(command: Sequence[str], *, fine: Sequence[int] = (0,)) -> Spent:
    """Run a command to its end; raises `BenchError` for a status that isn't `fine`."""
    with tempfile.TemporaryFile("w+") as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=said, stderr=subprocess.STDOUT, env=ENVIRONMENT
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        output = said.read()
    if process.returncode not in fine:
        last = "\n".join(output.splitlines()[-5:])
        raise BenchError(f"{' '.join(command)} failed:\n{last}")
    return Spent(wall, used.ru_utime + used.ru_stime, _mb(used.ru_maxrss), output)


def _mb(maxrss: int) -> float:
    """Linux counts in KiB, macOS in bytes."""
    return maxrss / 1e6 if sys.platform == "darwin" else maxrss * 1024 / 1e6
