"""What do models take, what does a miss cost, and how much room is enough?

Each of Earshot's three models is weighed in processes of its own, pinned to one
core, page cache warm: loaded, used, and loaded again and again. A miss is timed
stage by stage. With these costs, the service's shelf plays requests for twelve
models of Moonshine tiny's kind in virtual time: one core serves them in the order
they come, loads included. Last, Moonshine tiny hears clips of three seconds that
come at random, alone and with Whisper base running back to back on the same core.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from record import write

from earshot.inference.batching import arrivals
from earshot.models.manifest import read
from earshot.models.shelf import Shelf
from earshot.slo.budget import percentile

HERE = Path(__file__).parent
WEIGHED = ("moonshine-tiny", "whisper-base", "silero-vad")
WAYS = ("alone", "two-lanes", "two-lanes-nice", "one-lane")
BELIEVED_MB = 1000
MODELS = [f"model-{number:02}" for number in range(1, 13)]
RATE, COUNT, SEED = 5, 5000, 2
ORDERS = ("zipf", "round-robin")
FULL = 0.95  # from this load on there is no long run, so no percentiles


def child(script: str, *given: str) -> Any:
    """What a script beside this one prints, in a process of its own."""
    command = [sys.executable, HERE / script, *given]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def memory(id: str) -> dict[str, Any]:
    """What a model takes, in MB, beside the bytes of its files."""
    return {
        "files_mb": round(read()[id].bytes / 1e6, 1),
        **child("child.py", "weigh", id),
        "twin_mb": child("child.py", "twin", id),
        "churn": child("child.py", "churn", id),
        "churn_trimmed": child("child.py", "churn-trim", id),
    }


def miss(id: str) -> dict[str, float]:
    """Medians of the stages, and what a first answer takes if nothing is loaded."""
    times = child("child.py", "miss", id)
    found = {stage: round(median(run[stage] for run in times), 1) for stage in times[0]}
    total = round(sum(found.values()) - found["hit_ms"], 1)
    return found | {"miss_ms": total}


def believed(weighed: dict[str, Any]) -> dict[str, float]:
    """What a budget holds if files are taken for memory, and what that takes."""
    held = int(BELIEVED_MB / weighed["files_mb"])
    takes = round(weighed["used_mb"] + (held - 1) * weighed["twin_mb"])
    return {"budget_mb": BELIEVED_MB, "models": held, "takes_mb": takes}


def shared(way: str) -> dict[str, float]:
    """Percentiles of the small model's delays, and the large one's clips a second."""
    found = child("share.py", way)
    delays = sorted(found["delays_s"])
    p50, p95 = (round(1000 * percentile(delays, q)) for q in (50, 95))
    return {
        "clips": len(delays),
        "p50_ms": p50,
        "p95_ms": p95,
        "worst_ms": round(1000 * delays[-1]),
        "large_clips_per_s": round(found["large_clips"] / found["seconds"], 2),
    }


@dataclass(frozen=True)
class Cost:
    """Seconds of a load, warm-up included, and of a call."""

    load: float
    call: float


def cost(missed: dict[str, float]) -> Cost:
    """The cost that a miss and a hit tell of."""
    load = missed["miss_ms"] - missed["hit_ms"]
    return Cost(round(load / 1000, 4), round(missed["hit_ms"] / 1000, 4))


def requests(order: str) -> list[str]:
    """Which model each request is for: by rank, as Zipf has it, or each in turn."""
    if order == "round-robin":
        return list(islice(cycle(MODELS), COUNT))
    weights = [1 / rank for rank in range(1, len(MODELS) + 1)]
    return random.Random(SEED).choices(MODELS, weights, k=COUNT)


async def play(
    wanted: Sequence[str], places: int, pinned: Collection[str], cost: Cost
) -> dict[str, float]:
    """What a shelf with room for so many models makes of requests at random times."""
    now, misses, delays = 0.0, 0, []

    async def load(id: str) -> str:
        nonlocal now, misses
        now += cost.load
        misses += 1
        return id

    shelf = Shelf(places, dict.fromkeys(MODELS, 1), load, lambda id: None, pinned)
    for at, id in zip(arrivals(RATE, len(wanted), SEED), wanted, strict=True):
        now = max(now, at)
        async with shelf.lease(id):
            now += cost.call
        delays.append(now - at)
    return summary(misses, delays, cost)


def summary(misses: int, delays: list[float], cost: Cost) -> dict[str, float]:
    """Hits, misses and the load; percentiles where the line doesn't grow for ever."""
    share = misses / len(delays)
    load = RATE * (cost.call + share * cost.load)
    found = {
        "hits": len(delays) - misses,
        "misses": misses,
        "miss_percent": round(100 * share, 1),
        "load": round(load, 3),
    }
    if load < FULL:
        ordered = sorted(delays)
        for percent in (50, 95):
            delay = round(1000 * percentile(ordered, percent), 1)
            found[f"p{percent}_ms"] = delay
    return found


def simulated(cost: Cost, room: range = range(1, len(MODELS) + 1)) -> dict[str, Any]:
    """Rows by order, by who is pinned, and by the models that there is room for.

    Pinned are as many as leave one place for all others, the most wanted first.
    """
    return {
        f"{order}-{policy}": {
            str(places): asyncio.run(
                play(
                    requests(order),
                    places,
                    MODELS[: places - 1] if policy == "pinned" else (),
                    cost,
                )
            )
            for places in room
        }
        for order in ORDERS
        for policy in ("lru", "pinned")
    }


def values() -> dict[str, Any]:
    """Weights, times, the simulation, and two models on one core."""
    weighed = {id: memory(id) for id in WEIGHED}
    missed = {id: miss(id) for id in WEIGHED}
    found = cost(missed["moonshine-tiny"])
    return {
        "memory": weighed,
        "believed": believed(weighed["moonshine-tiny"]),
        "miss": missed,
        "simulation": {
            "models": len(MODELS),
            "requests": COUNT,
            "rate_per_s": RATE,
            "cost": {"load_s": found.load, "call_s": found.call},
            **simulated(found),
        },
        "share": {way: shared(way) for way in WAYS},
    }


if __name__ == "__main__":
    write(HERE / "data.json", values())
