"""What a start of Earshot finds compiled, and what in the page cache."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

EARSHOT = Path(sys.executable).with_name("earshot")
Environment = dict[str, str]


def python(cache: Path, write_bytecode: bool = False) -> Environment:
    """An environment whose compiled modules are in `cache`, and nowhere else."""
    own = {"PYTHONPYCACHEPREFIX": str(cache)}
    own["PYTHONDONTWRITEBYTECODE"] = "" if write_bytecode else "1"
    return os.environ | own


def start_files(cache: Path, *weights: Path) -> list[Path]:
    """All that a start reads: libraries, bytecode, weights and the interpreter."""
    libraries = (Path(prefix) / "lib" for prefix in (sys.prefix, sys.base_prefix))
    folders = (*libraries, cache, *weights)
    found = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return [*found, Path(sys.executable).resolve()]


def forget(files: Iterable[Path]) -> None:
    """Drop files from the page cache, as far as no process has them mapped."""
    os.sync()
    for path in files:
        with open(path, "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
