"""What does a serving framework cost? One model behind several, on one core.

The model is Moonshine tiny, three seconds of speech a request; its double does
nothing, so that all that is left is the server. Each framework has its own
environment, of pinned packages, and a server of ours in `servers/`. All get the
same 16-bit samples as base64 in the JSON that they ask for; an answer that isn't
the model's own ends the run. The server's processes have core 0, its callers core
1; access logs are off where a setting turns them off, and batches wait 5 ms where
they can be told so; all else is as the frameworks have it.

A rented core is faster one minute than the next, by a quarter. So each measurement
has beside it what the model takes in this process at the same time, `model_ms`;
compare clips a second times that, not clips a second.

Run by hand on a quiet machine of two cores, as
`.venv/bin/python experiments/02-frameworks/run.py`: about twelve minutes, and at
first 2 GB of packages. `--only NAME` measures one anew. Triton's stub for Python
loads Debian's libpython, so all servers run on Debian's `python3.11`.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
import time
from datetime import UTC, datetime
from functools import cache
from http.client import HTTPException
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from callers import Caller, Question, WrongAnswer, load
from hosting import CACHE, first_answer, free_port, idle, serve, start_s
from installs import make, site, weight
from protocols import LISTS, OPEN, PLAIN, Protocol
from record import write
from server import CLIENT_CPU, SERVER_CPU

from earshot.audio.formats import RATE
from earshot.bench.clips import clips
from earshot.inference.engines import load as engine
from earshot.inference.recogniser import Recogniser, Utterance
from earshot.models.store import Store

HERE = Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3.11"
CLIP_S = 3
HEARD = (0, 1, 4)
"""Clips that are heard alike alone and in company.

The decoder's 8-bit activations share a scale in a batch; of the other two, three
seconds end within a word, which company may change.
"""
CALLERS = (1, 8, 32)
BATCH = 8
PASSES = 5
SECONDS = {"no-op": 3.0, "moonshine-tiny": 6.0}

SERVERS = {
    "starlette": ("starlette", PLAIN),
    "litserve": ("litserve", PLAIN),
    "bentoml": ("bentoml", LISTS),
    "ray": ("ray", PLAIN),
    "mlserver": ("mlserver", OPEN),
    "kserve": ("kserve", OPEN),
    "pytriton": ("nvidia-pytriton", OPEN),
}
"""The package that each stands for, and what its callers speak."""
UNBATCHED = {"kserve"}
"""Leaves batching to a container beside it, which needs Kubernetes."""


def cuts() -> list[np.ndarray]:
    """The beginnings of some clips, in 16 bits."""
    heard = [clips()[number].audio[: CLIP_S * RATE] for number in HEARD]
    return [np.round(audio * 32767).astype(np.int16) for audio in heard]


@cache
def moonshine() -> Recogniser:
    """The model in this process, the measure of all."""
    return engine("moonshine-tiny", Store())


def hear() -> list[str]:
    """What the model has to say of each cut alone."""
    heard = [Utterance(cut.astype(np.float32) / 32768) for cut in cuts()]
    return [moonshine().transcribe([utterance])[0].text for utterance in heard]


def model_ms() -> float:
    """What the model takes for a cut at this moment, on the servers' core."""
    os.sched_setaffinity(0, {SERVER_CPU})
    hear()
    began = time.perf_counter()
    count = sum(len(hear()) for _ in range(PASSES))
    took = time.perf_counter() - began
    os.sched_setaffinity(0, {CLIENT_CPU})
    return 1000 * took / count


def questions(protocol: Protocol, answers: list[str]) -> list[Question]:
    """Requests for all cuts."""
    asked = [base64.b64encode(cut.tobytes()).decode() for cut in cuts()]
    bodies = [json.dumps(protocol.request(clip)).encode() for clip in asked]
    return [Question(*pair) for pair in zip(bodies, answers, strict=True)]


def under_load(
    name: str, protocol: Protocol, model: str, batch: int, asked: list[Question]
) -> dict[str, Any]:
    """A model behind a server: all answers, idle, then with more and more callers."""
    port, before = free_port(), model_ms()
    with serve(name, model, batch, port) as server:
        first_answer(server, port, protocol, asked[0])
        caller = Caller(port, protocol)
        for question in asked:
            caller.ask(question)
        caller.close()
        found: dict[str, Any] = {"idle": idle(server)}
        for count in CALLERS:
            found[str(count)] = load(port, protocol, asked, count, SECONDS[model])
    found["model_ms"] = round((before + model_ms()) / 2, 2)
    return found


def measure(name: str) -> dict[str, Any]:
    """Everything about one framework."""
    package, protocol = SERVERS[name]
    listed = (HERE / f"requirements/{name}.txt").read_text(encoding="utf-8")
    folder = make(CACHE / name, listed, PYTHON)
    nothing = questions(protocol, [f"{len(cut)} samples" for cut in cuts()])
    speech = questions(protocol, hear())
    found = {
        "measured": datetime.now(UTC).date().isoformat(),
        "package": package,
        "version": version(folder, package),
        "installed": weight(folder),
        "glue_lines": glue(HERE / f"servers/{name}.py"),
        "first_answer_s": start_s(name, protocol, speech[0]),
        "no-op": under_load(name, protocol, "no-op", 1, nothing),
        "alone": under_load(name, protocol, "moonshine-tiny", 1, speech),
    }
    if name not in UNBATCHED:
        found["batched"] = under_load(name, protocol, "moonshine-tiny", BATCH, speech)
    return found


def version(folder: Path, package: str) -> str:
    """The version of an installed package."""
    held = distributions(path=[str(site(folder))], name=package)
    return next(iter(held)).version


def glue(path: Path) -> int:
    """Lines of a server of ours, without empty ones and docstrings of a line."""
    lines = map(str.strip, path.read_text(encoding="utf-8").splitlines())
    return sum(1 for line in lines if line and not line.startswith('"""'))


def attempt(name: str) -> dict[str, Any]:
    """What was measured; raises `SystemExit` for a server that answers otherwise."""
    print(f"{name} …", file=sys.stderr, flush=True)
    try:
        return measure(name)
    except (WrongAnswer, OSError, HTTPException) as error:
        raise SystemExit(f"{name}: {error}; its log is in {CACHE}") from None


def main() -> None:
    """Measure all, or the one that is named beside what is known, and write."""
    parser = argparse.ArgumentParser(description="What does a serving framework cost?")
    parser.add_argument("--only", choices=SERVERS, help="measure this one anew")
    only = parser.parse_args().only
    os.sched_setaffinity(0, {CLIENT_CPU})
    path, servers = HERE / "data.json", dict[str, Any]()
    if only and path.is_file():
        servers = json.loads(path.read_text(encoding="utf-8"))["values"]["servers"]
    servers |= {name: attempt(name) for name in SERVERS if only in (None, name)}
    ordered = {name: servers[name] for name in SERVERS if name in servers}
    write(path, {"clip_s": CLIP_S, "batch": BATCH, "servers": ordered})


if __name__ == "__main__":
    main()
