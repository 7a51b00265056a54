"""G.711 µ-law: a telephone's 14 bits in 8 (ITU-T G.711, 11/1988, table 2a).

A byte holds a sign, three bits of exponent and four of mantissa, all inverted.
In units of 16-bit samples, adding the bias of 132 to a magnitude puts its
leading one at bit 7 + exponent, and the mantissa in the four bits below it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from earshot.audio.formats import Samples
from earshot.audio.pcm import STEP

BIAS = 132
CLIP = 32_635


# --8<-- [start:mulaw]
def _levels() -> npt.NDArray[np.int16]:
    """int16[256]: the sample that each byte stands for."""
    bits = ~np.arange(256, dtype=np.uint8)
    exponent = (bits >> 4 & 7).astype(np.int32)
    mantissa = (bits & 15).astype(np.int32)
    magnitude = (2 * mantissa + 33 << exponent + 2) - BIAS
    return np.where(bits & 128, -magnitude, magnitude).astype(np.int16)


def _bytes() -> npt.NDArray[np.uint8]:
    """uint8[65536]: the byte for each 16-bit sample, read as unsigned."""
    sample = np.arange(65_536, dtype=np.uint16).view(np.int16).astype(np.int32)
    magnitude = np.minimum(np.abs(sample), CLIP) + BIAS
    exponent = np.frexp(magnitude)[1] - 8
    mantissa = magnitude >> exponent + 3 & 15
    bits: npt.NDArray[np.int32] = (sample < 0) * 128 | exponent << 4 | mantissa
    return ~bits.astype(np.uint8)


LEVELS = _levels()
BYTES = _bytes()


def decode(message: bytes) -> Samples:
    """Samples float32[n] of n bytes; every byte is a valid sample."""
    return LEVELS[np.frombuffer(message, np.uint8)].astype(np.float32) * STEP


def encode(samples: npt.NDArray[np.int16]) -> bytes:
    """n bytes of int16[n]; off by 1/32 of the biased magnitude at most."""
    return BYTES[samples.view(np.uint16)].tobytes()


# --8<-- [end:mulaw]
class MulawDecoder:
    """One byte, one sample; nothing is kept between messages."""

    def decode(self, message: bytes) -> Samples:
        """Samples float32[n] of n bytes."""
        return decode(message)

    def flush(self) -> Samples:
        """No samples: none are held back."""
        return np.empty(0, np.float32)
