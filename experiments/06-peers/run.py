"""How do open streaming servers and Earshot do with the same speech on one core?

Five clips, one stream at a time, then 2, 4 and 8 streams of all five in a row.
Each server runs on processor 0 with one thread a library, the client on
processor 1. More streams are tried as long as fewer were served in time (see
`kept_up`). README.md tells what can be compared.

With names of contestants it measures only those and prints what it found.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from types import ModuleType
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import earshot_
import realtimestt
import whisperlive
import whisperlivekit
from environment import BUILD, HERE, ROOT, prepare
from installs import weight
from measure import QUIET_S, Refused, Run, figures, knock, run, speech, stream
from record import write
from server import CLIENT_CPU, Server

from earshot.audio.formats import RATE
from earshot.bench.clips import clips
from earshot.models.manifest import read
from earshot.models.store import Store

CROWDS = (2, 4, 8)
BETWEEN_S = 1.0
LATE_S = 5.0
LOST = 0.1
START_S = 120.0


@dataclass(frozen=True)
class Contestant:
    """A server and the weights it runs."""

    peer: str
    adapter: ModuleType
    model: str

    @property
    def name(self) -> str:
        """The server's and the model's name."""
        return f"{self.peer}/{self.model}"


CONTESTANTS = (
    Contestant("earshot", earshot_, "moonshine-tiny"),
    Contestant("earshot", earshot_, "whisper-base"),
    *(
        Contestant(adapter.__name__, adapter, model)
        for adapter in (whisperlive, whisperlivekit, realtimestt)
        for model in ("whisper-base", "whisper-tiny-en")
    ),
)


def weights(model: str) -> Path:
    """The folder of a model, fetched if need be; every byte is checked."""
    store = Store(models=read() | read(HERE / "weights.toml"))
    return store.pull(model, lambda came, size: None, print)


async def measure(contestant: Contestant) -> dict[str, Any]:
    """Everything about one contestant, from its start to the largest crowd."""
    adapter, port, folder = contestant.adapter, free_port(), BUILD / contestant.peer
    command = adapter.command(folder, weights(contestant.model), port)
    cwd = ROOT if contestant.peer == "earshot" else folder
    log = BUILD / f"{contestant.peer}-{contestant.model}.log"
    url = f"ws://127.0.0.1:{port}{adapter.PATH}"
    said = [speech(clip.name[-4:], clip.audio, clip.words) for clip in clips()]
    with Server(command, cwd, log) as server:
        startup = await accepted(server, url, adapter)
        await stream(url, adapter.Dialogue(), said[0], QUIET_S)
        alone = [await run(server, url, adapter.Dialogue, s, 1) for s in said]
        one = figures(alone)
        return {
            "startup_s": round(startup, 1),
            "one": one,
            "clips": {r.said.name: clip_figures(r) for r in alone},
            "crowds": await crowds(server, url, adapter, one),
        }


async def accepted(server: Server, url: str, adapter: ModuleType) -> float:
    """Seconds until the server takes a stream; raises `Refused` if it never does."""
    started = monotonic()
    while True:
        try:
            await knock(url, adapter.Dialogue())
            return monotonic() - started
        except Refused:
            if server.ended or monotonic() - started > START_S:
                raise
            await asyncio.sleep(0.1)


def clip_figures(alone: Run) -> dict[str, Any]:
    """Figures of one stream, and the words that were heard."""
    return figures([alone]) | {"text": " ".join(h.text for h in alone.heard)}


async def crowds(
    server: Server, url: str, adapter: ModuleType, one: dict[str, Any]
) -> dict[str, Any]:
    """Figures by number of streams, as long as the number before kept up."""
    silence = np.zeros(round(BETWEEN_S * RATE), np.float32)
    pieces = [piece for clip in clips() for piece in (clip.audio, silence)]
    words = " ".join(clip.words for clip in clips())
    joined = speech("joined", np.concatenate(pieces[:-1]), words)
    found, last = {}, one
    for streams in CROWDS:
        if not kept_up(last):
            break
        last = figures([await run(server, url, adapter.Dialogue, joined, streams)])
        found[str(streams)] = last
    return found


def kept_up(found: dict[str, Any]) -> bool:
    """Whether all were served, in time, and but for a tenth of the words."""
    if found["refused"] or found["cut_off"] or not found["last_s"]:
        return False
    missed = found["lost_words"] > LOST * found["words"]
    return not missed and found["last_s"]["worst"] <= LATE_S


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def attempt(contestant: Contestant) -> dict[str, Any]:
    """What was measured, or why nothing was; a server may fail, the rest goes on."""
    print(f"{contestant.name} …", file=sys.stderr, flush=True)
    try:
        return asyncio.run(measure(contestant))
    except Refused as error:
        return {"failed": str(error)}


def values(contestants: Sequence[Contestant]) -> dict[str, Any]:
    """Every server with what its installation weighs, and figures by its models."""
    load, servers = os.getloadavg()[0], dict[str, Any]()
    for peer in dict.fromkeys(c.peer for c in contestants):
        servers[peer] = {"installed": weight(prepare(peer))}
    for contestant in contestants:
        key = contestant.model.replace("-", "_")
        servers[contestant.peer][key] = attempt(contestant)
    audio_s = sum(len(clip.audio) for clip in clips()) / RATE
    return {
        "audio_s": round(audio_s, 1),
        "late_s": LATE_S,
        "load_before": round(load, 2),
        "servers": servers,
    }


def main() -> None:
    """Measure all, or those that are named, and write."""
    os.sched_setaffinity(0, {CLIENT_CPU})
    names = sys.argv[1:]
    chosen = [c for c in CONTESTANTS if not names or c.name in names]
    if not chosen:
        known = ", ".join(contestant.name for contestant in CONTESTANTS)
        raise SystemExit(f"the contestants are {known}")
    write(HERE / "data.json", values(chosen))


if __name__ == "__main__":
    main()
