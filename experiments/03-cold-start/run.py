"""Where does a cold start spend its time, and what does each remedy save?

`earshot coldstart` attributes its own start, stage by stage, over one LibriVox
clip of three seconds. It is started again and again: with nothing compiled,
with bytecode, with its files dropped from the page cache, without a warm-up;
`earshot serve` likewise. Weights are loaded in three ways, a process that has
everything is forked, and CRIU is asked whether it could take a snapshot.
Medians of seven starts; seconds by the clock.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from record import write
from starting import EARSHOT, Environment, forget, python, start_files

from earshot.bench.clips import clips
from earshot.models.coldstart import now
from earshot.models.store import Store

HERE = Path(__file__).parent
CLIP = clips()[4].path
ROUNDS = 7
PATIENCE_S = 60
SERIES = re.compile(rb'^earshot_start_seconds\{stage="([^"]+)"\} (\S+)$', re.M)
IMPORTED = re.compile(r"^import time:\s+(\d+) \|\s+\d+ \|\s+(\w+)", re.M)
LARGEST = 8

Stages = dict[str, float]


def coldstart(environment: Environment, *options: str) -> Stages:
    """Stages of one start to first words; they come to what a clock outside saw."""
    command = [EARSHOT, "coldstart", CLIP, "--json", *options]
    began = now()
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    outside = now() - began
    report = json.loads(done.stdout)
    if not report["total"] < outside + 0.011:
        raise SystemExit(f"{report['total']} s inside, {outside} s outside")
    return report["stages"]


def service(environment: Environment) -> Stages:
    """Stages of one start of the service to readiness, as it tells of itself."""
    command = [EARSHOT, "serve", "--port", "0"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as server:
        try:
            assert server.stdout
            address = server.stdout.readline().decode().split()[1]
            until_ready(f"{address}/readyz")
            with urlopen(f"{address}/metrics") as answer:
                found = SERIES.findall(answer.read())
        finally:
            server.terminate()
    return {stage.decode(): float(seconds) for stage, seconds in found}


def until_ready(address: str) -> None:
    """Ask until the answer is 200."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            urlopen(address).close()
            return
        except URLError:
            time.sleep(0.02)
    raise SystemExit(f"{address}: not ready in {PATIENCE_S} s")


def helper(environment: Environment, *arguments: str) -> Any:
    """What `child.py` prints."""
    command = [sys.executable, HERE / "child.py", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    return json.loads(done.stdout)


def medians(start: Callable[[], Stages]) -> dict[str, Any]:
    """Medians by stage in ms, and of the total; medians don't add up exactly."""
    runs = [start() for _ in range(ROUNDS)]
    totals = sorted(sum(stages.values()) for stages in runs)
    return {
        "total_ms": ms(median(totals)),
        "least_ms": ms(totals[0]),
        "most_ms": ms(totals[-1]),
        "stages_ms": {name: ms(median(run[name] for run in runs)) for name in runs[0]},
    }


def ms(seconds: float) -> float:
    return round(1000 * seconds, 1)


def imports(environment: Environment, module: str) -> dict[str, float]:
    """Milliseconds in the modules of each package, the dearest first."""
    command = [sys.executable, "-X", "importtime", "-c", f"import {module}"]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    )
    spent: dict[str, float] = {}
    for microseconds, package in IMPORTED.findall(done.stderr):
        spent[package] = spent.get(package, 0) + int(microseconds) / 1000
    dearest = sorted(spent.items(), key=lambda item: -item[1])[:LARGEST]
    total = {"all": round(sum(spent.values()), 1)}
    return total | {package: round(took, 1) for package, took in dearest}


def snapshot() -> dict[str, Any]:
    """Whether CRIU could freeze a process here, and what it says."""
    criu = shutil.which("criu") or shutil.which("criu", path="/usr/sbin")
    if criu is None:
        return {"criu": "not installed"}
    version = subprocess.run([criu, "--version"], capture_output=True, text=True)
    checked = subprocess.run([criu, "check"], capture_output=True, text=True)
    return {
        "criu": version.stdout.split()[1],
        "kernel": ".".join(platform.release().split(".")[:2]),
        "works": checked.returncode == 0,
        "said": (checked.stdout + checked.stderr).strip().splitlines(),
    }


@contextmanager
def caches() -> Iterator[tuple[Path, Path]]:
    """A folder without compiled modules, and one with all that a start needs."""
    with TemporaryDirectory() as scratch:
        empty, full = Path(scratch) / "empty", Path(scratch) / "full"
        coldstart(python(full, write_bytecode=True))
        service(python(full, write_bytecode=True))
        helper(python(full, write_bytecode=True), "fork", "1")
        yield empty, full


def values() -> dict[str, Any]:
    """Every way to start, in ms."""
    weights = Store().verify("moonshine-tiny")
    with caches() as (empty, full):
        read = start_files(full, weights)
        bare, compiled = python(empty), python(full)

        def from_disk() -> Stages:
            forget(read)
            return coldstart(compiled)

        return {
            "first_words": {
                "nothing-compiled": medians(lambda: coldstart(bare)),
                "from-disk": medians(from_disk),
                "compiled": medians(lambda: coldstart(compiled)),
                "without-warm-up": medians(lambda: coldstart(compiled, "--no-warm-up")),
            },
            "service": {
                "nothing-compiled": medians(lambda: service(bare)),
                "compiled": medians(lambda: service(compiled)),
            },
            "imports_ms": {
                "engine": imports(compiled, "earshot.inference.moonshine"),
                "service": imports(compiled, "earshot.server"),
            },
            "weights": {
                way: middle([helper(compiled, "load", way) for _ in range(ROUNDS)])
                for way in ("path", "bytes", "not-prepacked")
            },
            "fork": middle(helper(compiled, "fork", str(ROUNDS))),
            "snapshot": snapshot(),
        }


def middle(runs: list[dict[str, float]]) -> dict[str, float]:
    """Medians of what some children said: ms and MB."""
    return {key: round(median(run[key] for run in runs), 1) for key in runs[0]}


if __name__ == "__main__":
    write(HERE / "data.json", values())
