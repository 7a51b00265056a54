"""From the start of a process to its first words: where the time goes.

A timeline is marked where a stage ends, in whatever thread, and the next stage
begins there: so stages leave no gap, and come to the total. Times are seconds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

STATUS = Path("/proc/self/stat")
TICKS = 19  # the place of the start time behind the command's name


def now() -> float:
    """Seconds of the clock by which the kernel notes when a process began."""
    boot = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(boot)


def began() -> float:
    """When the kernel started this process; it counts in ticks of 10 ms.

    Where there is no /proc, now: the interpreter's own start is not seen.
    """
    try:
        fields = STATUS.read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return now()
    return int(fields[TICKS]) / os.sysconf("SC_CLK_TCK")


# --8<-- [start:timeline]
@dataclass(frozen=True)
class Mark:
    """A stage, and when it ended."""

    stage: str
    at: float


class Timeline:
    """Stages one behind another, from `began` to the last mark."""

    def __init__(self, began: float, clock: Callable[[], float] = now) -> None:
        self._began, self._clock = began, clock
        self._marks: list[Mark] = []
        self.ended = False

    # --8<-- [start:marks]
    def mark(self, stage: str, last: bool = False) -> None:
        """What has gone on since the mark before was `stage`; it ends now.

        After the last one nothing is marked: a recogniser that is made again
        later is no part of the start.
        """
        if not self.ended:
            self._marks.append(Mark(stage, self._clock()))
            self.ended = last

    @property
    def stages(self) -> dict[str, float]:
        """How long each stage took, in their order."""
        found: dict[str, float] = {}
        before = self._began
        for mark in list(self._marks):
            found[mark.stage] = found.get(mark.stage, 0.0) + mark.at - before
            before = mark.at
        return found

    # --8<-- [end:marks]
    @property
    def total(self) -> float:
        """From the start of the process to the last mark."""
        return self._marks[-1].at - self._began if self._marks else 0.0


PROCESS = Timeline(began())
"""The start of this process."""
# --8<-- [end:timeline]
