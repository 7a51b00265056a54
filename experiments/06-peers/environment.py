"""A peer's own virtual environment, made from its pinned list."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from installs import BIN, call, uv

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build/peers"
OURS = "export --quiet --frozen --only-group earshot --no-emit-project --no-hashes"


def requirements(peer: str) -> str:
    """The pinned packages of a peer; Earshot's come from the project's lock."""
    if peer == "earshot":
        command = [str(BIN / "uv"), *OURS.split()]
        listed: str = subprocess.check_output(command, cwd=ROOT, text=True)
        return listed
    return (HERE / f"environments/{peer}.txt").read_text(encoding="utf-8")


def prepare(peer: str) -> Path:
    """The environment's folder, made anew if its list changed.

    torch is installed by pip, which can be told where CPU builds are
    (`PIP_EXTRA_INDEX_URL`) without looking there for anything else.
    """
    folder, wanted = BUILD / peer, requirements(peer)
    stamp = folder / "installed.txt"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return folder
    BUILD.mkdir(parents=True, exist_ok=True)
    listed = BUILD / f"{peer}.txt"
    listed.write_text(wanted, encoding="utf-8")
    python = folder / "bin/python"
    torch = [line for line in wanted.splitlines() if line.startswith("torch==")]
    uv("venv", "--clear", "--seed", "--python", sys.executable, folder)
    for pin in torch:
        call(python, "-m", "pip", "install", "--quiet", "--no-deps", pin)
    install = ("pip", "install", "--compile-bytecode", "--no-deps")
    uv(*install, "--python", python, "-r", listed)
    uv("pip", "uninstall", "--python", python, "pip", "wheel")
    stamp.write_text(wanted, encoding="utf-8")
    return folder
