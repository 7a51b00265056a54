"""What a target needs of the system, installed where that is allowed.

usage: system_needs.py python|press|diagrams|check|speech-clips

Looks for the libraries and programs that a target needs. What is missing is
installed by the system's package manager when this user may do so; otherwise
one line says what to install. Standard library only: it runs before the
virtual environment exists.
"""

from __future__ import annotations

import ctypes.util
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

OLDEST_PYTHON = (3, 11)
MANAGERS = {
    "apt-get": ("apt-get", "install", "-y", "-q", "--no-install-recommends"),
    "dnf": ("dnf", "install", "-y", "-q"),
    "brew": ("brew", "install", "-q"),
}
LIBRIVOX = "/usr/share/pocketsphinx/test/data/librivox"
SYSTEMS = {"apt-get": "Debian", "dnf": "Fedora", "brew": "macOS"}


@dataclass(frozen=True)
class Need:
    """Something of the system: its name, how to see it, its packages.

    `otherwise` says what to do where no package manager has it.
    """

    name: str
    present: Callable[[], bool]
    packages: dict[str, tuple[str, ...]]
    otherwise: str = ""


def library(*names: str) -> Callable[[], bool]:
    """Whether all these shared libraries can be found."""
    return lambda: all(ctypes.util.find_library(name) for name in names)


def program(*names: str) -> Callable[[], bool]:
    """Whether one of these programs is on the path."""
    return lambda: any(shutil.which(name) for name in names)


def has_venv() -> bool:
    """Whether this Python can make virtual environments with pip."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return False
    return True


def has_clips() -> bool:
    """Whether the spoken clips are where the tests look for them."""
    return os.path.isdir(os.environ.get("EARSHOT_CLIPS", LIBRIVOX))


VENV = Need("Python's venv", has_venv, {"apt-get": ("python3-venv",)})
PANGO = Need(
    "Pango",
    library("pango-1.0", "pangoft2-1.0", "harfbuzz-subset"),
    {
        "apt-get": ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"),
        "dnf": ("pango", "harfbuzz"),
        "brew": ("pango",),
    },
)
CHROMIUM = Need(
    "Chromium",
    program("chromium", "chromium-browser", "google-chrome"),
    {"apt-get": ("chromium",), "dnf": ("chromium",), "brew": ("chromium",)},
)
NPM = Need(
    "npm", program("npm"), {"apt-get": ("npm",), "dnf": ("npm",), "brew": ("node",)}
)
JAVA = Need(
    "Java 11 or later with its compiler",
    program("javac"),
    {
        "apt-get": ("default-jdk-headless",),
        "dnf": ("java-latest-openjdk-devel",),
        "brew": ("openjdk",),
    },
)
CLIPS = Need(
    "Debian's pocketsphinx-testdata, five spoken clips for the tests,",
    has_clips,
    {"apt-get": ("pocketsphinx-testdata",)},
    "elsewhere: unpack that package and set EARSHOT_CLIPS to its folder librivox",
)
NEEDS = {
    "python": (VENV,),
    "press": (PANGO,),
    "diagrams": (CHROMIUM, NPM),
    "check": (CHROMIUM, NPM, JAVA),
    "speech-clips": (CLIPS,),
}


def manager() -> str:
    """The system's package manager, or "" when it is none that we know."""
    return next((name for name in MANAGERS if shutil.which(name)), "")


def may_install(name: str) -> list[str] | None:
    """What to put before the install command, or None when it isn't allowed."""
    if name == "brew" or (name and os.geteuid() == 0):
        return []
    if name and shutil.which("sudo"):
        asked = subprocess.run(["sudo", "-n", "true"], capture_output=True)
        if asked.returncode == 0:
            return ["sudo", "-n"]
    return None


def install(missing: list[Need]) -> bool:
    """Install what is missing; False when that can't be done."""
    name = manager()
    before = may_install(name)
    packages = [p for need in missing for p in need.packages.get(name, ())]
    if before is None or not packages:
        return False
    print(f"installing {', '.join(packages)}", file=sys.stderr)
    if name == "apt-get":
        subprocess.run([*before, "apt-get", "update", "-q"], capture_output=True)
    command = [*before, *MANAGERS[name], *packages]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr.strip(), file=sys.stderr)
    return done.returncode == 0


def advice(need: Need) -> str:
    """One line that says what to install on which system."""
    ways = [
        f"{SYSTEMS[name]}: {MANAGERS[name][0]} install {' '.join(packages)}"
        for name, packages in need.packages.items()
    ]
    ways += [need.otherwise] if need.otherwise else []
    return f"{need.name} is missing; {'; '.join(ways)}"


def main(target: str) -> int:
    """Provide what `target` needs; the exit status is 1 when something lacks."""
    if sys.version_info < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        found = sys.version.split()[0]
        print(
            f"Python {found} is too old; install {oldest} or later and run "
            "`make PYTHON=python3.12 …`",
            file=sys.stderr,
        )
        return 1
    missing = [need for need in NEEDS[target] if not need.present()]
    if missing:
        install(missing)
        importlib.invalidate_caches()
        missing = [need for need in missing if not need.present()]
    for need in missing:
        print(advice(need), file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in NEEDS:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
