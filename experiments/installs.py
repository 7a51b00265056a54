"""Virtual environments of other people's servers: uv makes them; what they weigh."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

BIN = Path(sys.executable).parent


def uv(*arguments: str | Path) -> None:
    """Run uv, which says nothing but errors."""
    call(BIN / "uv", "--quiet", *arguments)


def call(*command: str | Path) -> None:
    """Run a command; raises `SystemExit` in words if it fails."""
    if subprocess.run(command, check=False).returncode:
        raise SystemExit(f"this failed: {' '.join(map(str, command))}")


def site(folder: Path) -> Path:
    """Where the packages of an environment lie."""
    return next(folder.glob("lib/python3.*/site-packages"))


def weight(folder: Path) -> dict[str, int]:
    """Installed packages, and their size in MB of 10⁶ bytes without bytecode."""
    packages = site(folder)
    files = (f for f in packages.rglob("*") if f.is_file() and f.suffix != ".pyc")
    size = sum(f.stat().st_size for f in files)
    return {
        "mb": round(size / 1e6),
        "packages": sum(1 for _ in distributions(path=[str(packages)])),
    }


def make(folder: Path, requirements: str, python: str) -> Path:
    """An environment of pinned packages, made anew if their list changed."""
    stamp = folder / "installed.txt"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == requirements:
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    uv("venv", "--clear", "--python", python, folder)
    listed = folder / "wanted.txt"
    listed.write_text(requirements, encoding="utf-8")
    install = ("pip", "install", "--compile-bytecode", "--no-deps")
    uv(*install, "--python", folder / "bin/python", "-r", listed)
    listed.replace(stamp)
    return folder
