"""Recorded outputs: real output of real commands, kept beside the chapter.

The first line of `outputs/name.console` is the command after a `$`; the rest is
what it printed. Commands run from the project's root with its environment.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from press import data
from press.book import Book
from press.findings import Finding, PressError

PROMPT = "$ "
LIMIT_S = 120


def recorded(book: Book) -> list[Path]:
    """The recorded outputs of the manuscript."""
    return sorted(book.docs.rglob("outputs/*.console"))


def record(book: Book) -> list[Path]:
    """Run every command again; returns the files whose output changed.

    Raises `PressError` for commands that fail or can't be run.
    """
    changed, found = [], []
    for path in recorded(book):
        try:
            text = run(path, book.root)
        except PressError as error:
            found += error.findings
            continue
        if text != data.read_text(path):
            data.write_text(path, text)
            changed.append(path)
    if found:
        raise PressError(*found)
    return changed


def run(path: Path, root: Path) -> str:
    """What the file would hold if it were recorded now."""
    first = data.read_text(path).split("\n", 1)[0]
    if not first.startswith(PROMPT):
        raise PressError(
            Finding(path, 1, "recording", "no command", "begin with `$ command`")
        )
    command = first.removeprefix(PROMPT)
    programs = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}",
        "COLUMNS": "76",
        "NO_COLOR": "1",
    }
    try:
        done = subprocess.run(
            shlex.split(command),
            cwd=root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        problem, code = type(error).__name__, 1
    else:
        problem, code = f"exit status {done.returncode}", done.returncode
    if code:
        raise PressError(
            Finding(path, 1, "recording", f"“{command}” fails: {problem}", "mend it")
        )
    return f"{first}\n{normalised(done.stdout, root)}"


def normalised(output: str, root: Path) -> str:
    """Output without what differs from run to run: paths and trailing space."""
    lines = output.replace(str(root), "…").rstrip().split("\n")
    return "\n".join(line.rstrip() for line in lines) + "\n"
