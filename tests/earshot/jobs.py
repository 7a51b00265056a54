"""Jobs for the tests: of a stream, for a purpose, of a length."""

from __future__ import annotations

import math

import numpy as np

from earshot.inference.scheduler import Job, Kind


def job(
    stream: str = "a",
    kind: Kind = Kind.PARTIAL,
    asked: float = 0.0,
    samples: int = 100,
    segment: int = 1,
    deadline: float = math.inf,
) -> Job:
    """A job whose audio came when it was asked for."""
    return Job(
        stream=stream,
        segment=segment,
        kind=kind,
        audio=np.zeros(samples, np.float32),
        end=samples,
        arrived=asked,
        heard=asked,
        asked=asked,
        deadline=deadline,
    )
