"""Programs that npm holds, fetched once by digest and kept outside the book."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from press.findings import Finding, PressError

CACHE = "PRESS_CACHE"  # an environment variable that names another folder
TIMEOUT = 300  # s


@dataclass(frozen=True)
class Tool:
    """One file of a package: which, and the digest that it must have."""

    package: str
    version: str
    member: str
    sha256: str


def cache() -> Path:
    """The folder for what is fetched: PRESS_CACHE, or below ~/.cache."""
    return Path(os.environ.get(CACHE) or Path.home() / ".cache" / "press")


def fetch(tool: Tool) -> Path:
    """The tool's file, fetched the first time; raises `PressError` if it can't be."""
    path = cache() / f"{tool.package}-{tool.version}{Path(tool.member).suffix}"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            run(Path(folder), "pack", f"{tool.package}@{tool.version}")
            (packed,) = Path(folder).glob("*.tgz")
            with tarfile.open(packed) as tar:
                tar.extract(tool.member, folder, filter="data")
            (Path(folder) / tool.member).replace(path)
    if hashlib.sha256(path.read_bytes()).hexdigest() != tool.sha256:
        what = f"this isn't {tool.package} {tool.version}: its SHA-256 differs"
        raise PressError(Finding(path, 1, "tools", what, "delete it, try again"))
    return path


def install(lock: Path) -> Path:
    """The `node_modules` of a folder with a package-lock, made the first time.

    npm compares the digest of each package with the lock's. Raises `PressError`
    if something can't be fetched.
    """
    digest = hashlib.sha256((lock / "package-lock.json").read_bytes()).hexdigest()
    home = cache() / f"{lock.name}-{digest[:12]}"
    if not home.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent) as folder:
            made = Path(folder) / lock.name
            shutil.copytree(lock, made)
            run(made, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
            made.replace(home)
    return home / "node_modules"


def run(folder: Path, *arguments: str) -> None:
    """Run npm in a folder; raises `PressError` with the last thing it said."""
    program = shutil.which("npm")
    if program is None:
        raise _fault(
            "this needs npm, and there is none",
            "install it (Debian: `apt install npm`)",
        )
    try:
        subprocess.run(
            [program, "--silent", *arguments],
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines() or ["no message"]
        raise _fault(f"npm {arguments[0]} failed: {lines[-1]}") from None
    except subprocess.TimeoutExpired:
        raise _fault(f"npm {arguments[0]} took more than {TIMEOUT} s") from None


def _fault(what: str, fix: str = "check the network, then try again") -> PressError:
    return PressError(Finding(cache(), 1, "tools", what, fix))
