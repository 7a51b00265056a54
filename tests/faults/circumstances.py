"""Under which circumstances the press runs: as whom, on what disk, with what."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SPARE = 200_000
"""Bytes that are left on a disk that is full."""


@dataclass
class Run:
    """How a command is run: what stands before it, and variables added."""

    prefix: list[str | Path] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)


Circumstance = Callable[[Path], AbstractContextManager[Run]]


class Untried(Exception):
    """This machine doesn't let us make the circumstance; the message says why."""


@contextmanager
def plain(root: Path) -> Iterator[Run]:
    """As it is."""
    yield Run()


def unreadable(path: str) -> Circumstance:
    """A file or folder that may not be read."""
    return _with_rights(path, 0)


def read_only(path: str) -> Circumstance:
    """A file or folder that may not be written to."""
    return _with_rights(path, 0o555)


def _with_rights(path: str, rights: int) -> Circumstance:
    @contextmanager
    def circumstance(root: Path) -> Iterator[Run]:
        before = (root / path).stat().st_mode
        (root / path).chmod(rights)
        try:
            yield Run(_bound())
        finally:
            (root / path).chmod(before)

    return circumstance


def _bound() -> list[str | Path]:
    """What makes rights bind even root."""
    if os.geteuid():
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise Untried("root needs setpriv (of util-linux) to be bound by rights")
    return [setpriv, "--bounding-set=-dac_override,-dac_read_search"]


@contextmanager
def full(root: Path) -> Iterator[Run]:
    """A build folder on a disk of its own, with next to no room left."""
    build, aside = root / "build", root / "aside"
    build.rename(aside)
    build.mkdir()
    size = sum(path.lstat().st_size for path in aside.rglob("*")) // 2  # links
    mount = ["mount", "-t", "tmpfs", "-o", f"size={2 * size + SPARE}", "none", build]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Untried(f"no disk can be mounted: {done.stderr.strip()}")
    try:
        subprocess.run(["cp", "-a", f"{aside}/.", build], check=True)
        _fill(build / ".filler")
        yield Run()
    finally:
        (build / ".filler").unlink(missing_ok=True)
        shutil.rmtree(aside)
        subprocess.run(["cp", "-a", build, aside], check=True)
        subprocess.run(["umount", build], check=True)
        build.rmdir()
        aside.rename(build)


def _fill(path: Path) -> None:
    """Fill a disk, but for a little."""
    state = os.statvfs(path.parent)
    with path.open("wb") as file:
        file.write(bytes(max(0, state.f_bavail * state.f_frsize - SPARE)))


def without_library(name: str) -> Circumstance:
    """Where a shared library can't be loaded."""
    return _patched(
        "import ctypes, ctypes.util\n"
        "class Missing(ctypes.CDLL):\n"
        "    def __init__(self, name, *given, **more):\n"
        f"        if {name!r} in str(name):\n"
        "            raise OSError(f'cannot load library {name!r}')\n"
        "        super().__init__(name, *given, **more)\n"
        "ctypes.CDLL = Missing\n"
        "import cffi\n"
        "real = cffi.FFI.dlopen\n"
        "def dlopen(self, name, *given):\n"
        f"    if {name!r} in str(name):\n"
        "        raise OSError(f'cannot load library {name!r}')\n"
        "    return real(self, name, *given)\n"
        "cffi.FFI.dlopen = dlopen\n"
    )


def without_package(name: str) -> Circumstance:
    """Where a package is not installed."""
    return _patched(
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, *given):\n"
        f"        if name == {name!r}:\n"
        f"            raise ModuleNotFoundError('gone', name={name!r})\n"
        "sys.meta_path.insert(0, Missing())\n"
    )


def _patched(code: str) -> Circumstance:
    """Python with something in its way, by a module that it imports at its start."""

    @contextmanager
    def circumstance(root: Path) -> Iterator[Run]:
        place = root / ".patched"
        place.mkdir()
        (place / "sitecustomize.py").write_text(code, encoding="utf-8")
        paths = [str(place), *filter(None, [os.environ.get("PYTHONPATH")])]
        yield Run(environment={"PYTHONPATH": os.pathsep.join(paths)})

    return circumstance
