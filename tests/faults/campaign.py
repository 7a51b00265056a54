"""Runs the press over each fault and judges what it says and leaves."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import built_book

from faults.cases import Fault
from faults.circumstances import Untried

PRESS = Path(sys.executable).with_name("press")
FINDING = re.compile(r"^(?P<path>[^:]*):(?P<line>\d+): .+; .+ \[(?P<code>[\w-]+)\]$")
PATIENCE = 300


@dataclass(frozen=True)
class Verdict:
    """What the press made of a fault: its words, and what was wrong with them."""

    fault: Fault
    said: str
    seconds: float
    objections: tuple[str, ...]


def prepare(folder: Path) -> Path:
    """A copy of the real book, built."""
    folder.mkdir()
    built_book.copy(folder)
    built_book.build_in(folder)
    return folder


def attempt(fault: Fault, whole: Path, folder: Path) -> Verdict:
    """Build a copy of the book with a fault in it; the copy is gone afterwards."""
    root = folder / "book"
    shutil.copytree(whole, root, symlinks=True)
    try:
        fault.change(root)
        before = shown(root)
        with fault.how(root) as run:
            began = time.monotonic()
            done = subprocess.run(
                [*run.prefix, PRESS, "book", "--root", root],
                env={**os.environ, **run.environment},
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
            seconds = time.monotonic() - began
        after = shown(root)
    except Untried as error:
        return Verdict(fault, "", 0.0, (f"not tried: {error}",))
    finally:
        shutil.rmtree(root)
    told = done.stdout + done.stderr
    told = told.replace(f"{root}/", "").replace(sys.prefix, ".venv")
    said, objections = judged(fault, done.returncode, told)
    if before != after:
        objections.append("what readers see has changed")
    return Verdict(fault, said, seconds, tuple(objections))


def judged(fault: Fault, status: int, told: str) -> tuple[str, list[str]]:
    """The finding that tells a fault, or the last words; what is wrong with them."""
    objections = []
    if status != 1:
        objections.append(f"exit status {status}")
    if "Traceback" in told:
        objections.append("a traceback")
    lines = told.strip().splitlines() or ["nothing"]
    right = [
        place[0]
        for place in map(FINDING.match, lines)
        if place
        and place["code"] == fault.code
        and fnmatchcase(place["path"], fault.path)
    ]
    said = (right or lines)[-1]
    if not right:
        objections.append(f"not told as {fault.path} [{fault.code}] but: {said}")
    return said, objections


def shown(root: Path) -> dict[str, str]:
    """A digest of each file that readers see."""
    folder = root / "build"
    tops = [folder / "site", *folder.glob("*.pdf"), *folder.glob("*.epub")]
    files = [p for top in tops for p in (top, *top.rglob("*")) if p.is_file()]
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }
