"""How late are 20 ms audio frames read while a model runs beside them?

One coroutine should wake every 20 ms, as a socket that receives live audio
does. Every 200 ms the "model" keeps a processor busy for 60 ms: a stand-in in
pure Python, not a recogniser, so it never lets go of the interpreter lock.
It runs in the same coroutine, in a thread, or in a process of its own.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from record import write

FRAME_S = 0.020
FRAMES_PER_STEP = 10
MODEL_S = 0.060
FRAMES = 1500
WAYS: dict[str, Callable[[], AbstractContextManager[Executor | None]]] = {
    "inline": nullcontext,
    "thread": lambda: ThreadPoolExecutor(1),
    "process": lambda: ProcessPoolExecutor(1),
}


def model(seconds: float) -> None:
    """Keep one processor busy for `seconds`."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass


async def listen(frames: int, executor: Executor | None) -> list[float]:
    """Lateness in ms of `frames` frames; without executor the model runs inline."""
    loop = asyncio.get_running_loop()
    start, late, running = loop.time(), [], []
    for number in range(1, frames + 1):
        due = start + number * FRAME_S
        await asyncio.sleep(max(0.0, due - loop.time()))
        late.append(1000 * (loop.time() - due))
        if number % FRAMES_PER_STEP:
            continue
        if executor is None:
            model(MODEL_S)
        else:
            running.append(loop.run_in_executor(executor, model, MODEL_S))
    await asyncio.gather(*running)
    return late


def values(frames: int = FRAMES) -> dict[str, Any]:
    """Lateness in ms by the way the model runs."""
    result = {}
    for way, make in WAYS.items():
        with make() as executor:
            if executor is not None:
                executor.submit(model, 0).result()
            late = asyncio.run(listen(frames, executor))
        cuts = statistics.quantiles(late, n=100)
        result[way] = {
            "p50": round(cuts[49], 1),
            "p95": round(cuts[94], 1),
            "worst": round(max(late), 1),
        }
    return {"frames": frames, **result}


if __name__ == "__main__":
    write(Path(__file__).with_name("data.json"), values())
