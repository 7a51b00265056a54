"""Where the time of a piece of work goes: a look at its stack every few milliseconds.

The looks are timed by CPU seconds, so other processes don't count.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

EVERY = 0.005  # CPU seconds between two looks
PRESS = "the press's own work"
# A look counts for the first of these that its stack, from the inside, is in.
STAGES = (
    ("weasyprint/css", "styles of elements"),
    ("weasyprint/html", "styles of elements"),
    ("tinycss2", "styles of elements"),
    ("weasyprint/text", "lines: text and hyphens"),
    ("pyphen", "lines: text and hyphens"),
    ("weasyprint/layout/inline", "lines: boxes and breaks"),
    ("weasyprint/layout", "blocks, tables and pages"),
    ("weasyprint/formatting_structure/build", "boxes from elements"),
    ("weasyprint/draw", "drawing pages"),
    ("weasyprint/pdf", "drawing pages"),
    ("weasyprint/svg", "drawing pages"),
    ("pydyf", "writing the file"),
    ("fontTools", "writing the file"),
    ("press/printing/tags", "mending tags"),
    ("press/", PRESS),
)


@contextmanager
def stages() -> Iterator[Counter[str]]:
    """Looks by stage, counted while the block runs in the main thread."""
    looks: Counter[str] = Counter()
    before = signal.signal(
        signal.SIGPROF, lambda _, frame: looks.update([_stage(frame)])
    )
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    try:
        yield looks
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _stage(frame: FrameType | None) -> str:
    while frame:
        path = frame.f_code.co_filename
        for part, name in STAGES:
            if part in path:
                return name
        frame = frame.f_back
    return PRESS
