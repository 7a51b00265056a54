"""Samples as 16-bit little-endian integers."""

from __future__ import annotations

import numpy as np

from earshot.audio.errors import OddByteCount
from earshot.audio.formats import Samples

STEP = np.float32(1 / 32_768)
"""A step of 16 bits, where full scale is −1 to 1."""


# --8<-- [start:pcm]
def decode(message: bytes) -> Samples:
    """Samples float32[n] of 2n bytes; raises `OddByteCount`."""
    if len(message) % 2:
        raise OddByteCount(f"{len(message)} bytes are no whole number of samples")
    steps = np.frombuffer(message, "<i2")
    samples: Samples = np.multiply(steps, STEP, dtype=np.float32)
    return samples


def encode(samples: Samples) -> bytes:
    """2n bytes of n samples, rounded to the nearest step and clipped."""
    steps: Samples = np.clip(np.rint(samples / STEP), -32_768, 32_767)
    return steps.astype("<i2").tobytes()


# --8<-- [end:pcm]
class PcmDecoder:
    """Each message holds whole samples; nothing is kept between messages."""

    def decode(self, message: bytes) -> Samples:
        """Samples float32[n]; raises `OddByteCount`."""
        return decode(message)

    def flush(self) -> Samples:
        """No samples: none are held back."""
        return np.empty(0, np.float32)
