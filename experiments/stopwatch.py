"""Timing on one core: what the measuring experiments share.

Import it before numpy, whose BLAS reads once how many threads it may have.
What is told is the least of several passes: others on the core only add.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

os.environ["OPENBLAS_NUM_THREADS"] = "1"
Key = TypeVar("Key", bound=Hashable)


def pin(core: int = 0) -> None:
    """Keep this process on one core, with the threads it has and will have."""
    for thread in os.listdir("/proc/self/task"):
        os.sched_setaffinity(int(thread), {core})


def cpu_s(work: Callable[[], object], passes: int = 5) -> float:
    """Least CPU seconds of `work`, after one pass that isn't counted."""
    return in_turn({0: work}, passes)[0]


def in_turn(
    works: Mapping[Key, Callable[[], object]], passes: int = 5
) -> dict[Key, float]:
    """Least CPU seconds of each work; they take turns, so all see the same machine."""
    for work in works.values():
        work()
    rounds = [{key: _spent(work) for key, work in works.items()} for _ in range(passes)]
    return {key: min(found[key] for found in rounds) for key in works}


def _spent(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
