"""A process of the experiment: two models on one core.

`share.py WAY` prints the delays of clips that come at random to the small model, in
s, and how many clips the large one heard meanwhile, which runs back to back.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import stopwatch

# isort: split
from child import pieces

from earshot.inference.batching import arrivals
from earshot.inference.engines import load
from earshot.inference.recogniser import Recogniser, Utterance
from earshot.models.store import Store

RATE_PER_S, SHARE_S, SEED = 4, 25, 2


class Large:
    """The large model, and how many clips it has heard."""

    def __init__(self, speech: Sequence[Utterance]) -> None:
        self._model, self._speech, self.heard = load("whisper-base", Store()), speech, 0
        self._model.warm_up()

    def hear(self) -> None:
        self._model.transcribe([self._speech[self.heard % len(self._speech)]])
        self.heard += 1


def share(way: str) -> dict[str, Any]:
    """Delays of the small model's clips, alone or with the large one."""
    speech, small = pieces(), load("moonshine-tiny", Store())
    small.warm_up()
    if way == "alone":
        return listen(small, speech, time.sleep)
    if way == "one-lane":
        large = Large(speech)
        return listen(small, speech, lambda _: large.hear(), large)
    return two_lanes(small, speech, 19 if way == "two-lanes-nice" else 0)


def two_lanes(
    small: Recogniser, speech: Sequence[Utterance], nice: int
) -> dict[str, Any]:
    """The large model runs back to back in another thread, which may be nice."""
    made: SimpleQueue[Large] = SimpleQueue()
    over = threading.Event()

    def work() -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)
        large = Large(speech)  # its own threads inherit the priority
        made.put(large)
        while not over.is_set():
            large.hear()

    thread = threading.Thread(target=work)
    thread.start()
    found = listen(small, speech, time.sleep, made.get())
    over.set()
    thread.join()
    return found


def listen(
    small: Recogniser,
    speech: Sequence[Utterance],
    between: Callable[[float], object],
    large: Large | None = None,
) -> dict[str, Any]:
    """Seconds from a clip's arrival to its words; `between` gets the time there is."""
    heard = large.heard if large else 0
    began, delays = time.perf_counter(), []
    for number, at in enumerate(arrivals(RATE_PER_S, RATE_PER_S * SHARE_S, SEED)):
        while (left := began + at - time.perf_counter()) > 0:
            between(left)
        small.transcribe([speech[number % len(speech)]])
        delays.append(time.perf_counter() - began - at)
    return {
        "delays_s": delays,
        "seconds": time.perf_counter() - began,
        "large_clips": large.heard - heard if large else 0,
    }


if __name__ == "__main__":
    stopwatch.pin()
    print(json.dumps(share(sys.argv[1])))
