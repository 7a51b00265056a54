"""Builds that are killed at random moments, and what readers see afterwards."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PRESS = Path(sys.executable).with_name("press")
KILLS = 20

State = dict[str, str]


def shown(root: Path) -> State:
    """A digest of each file that readers see, by its path below `build/`."""
    folder = root / "build"
    names = [p for p in folder.glob("*") if not p.name.startswith(".")]
    files = [p for name in names for p in (name, *name.rglob("*")) if p.is_file()]
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in files
    }


def leftovers(root: Path) -> list[str]:
    """What lies below `build/` besides one edition and the links to it."""
    folder = root / "build"
    editions = sorted(p.name for p in (folder / ".editions").iterdir())
    known = {".current", ".editions", ".lock", "site"}
    others = {p.name for p in folder.iterdir() if p.suffix not in (".pdf", ".epub")}
    return editions[1:] + sorted(others - known)


def start(root: Path) -> subprocess.Popen[str]:
    """`press book` in a process group of its own."""
    return subprocess.Popen(
        [PRESS, "book", "--root", root],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(root.parent)},
        start_new_session=True,
    )


def run(root: Path) -> float:
    """Build to the end; the seconds that took."""
    began = time.monotonic()
    with start(root) as process:
        _, errors = process.communicate()
    assert process.returncode == 0, errors
    return time.monotonic() - began


def kill(root: Path, moment: float) -> bool:
    """Kill a build after so many seconds; whether it was still running."""
    with start(root) as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        _, errors = process.communicate()
    assert process.returncode in (0, -signal.SIGKILL), (process.returncode, errors)
    return process.returncode == -signal.SIGKILL


def moments(longest: float) -> Iterator[float]:
    """Random moments of a build, one in each of as many parts of it."""
    dice = random.Random(4)
    parts = list(range(KILLS))
    dice.shuffle(parts)
    return ((part + dice.random()) * longest / KILLS for part in parts)
