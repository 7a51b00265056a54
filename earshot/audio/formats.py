"""What a stream of audio is made of, and which streams Earshot takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from earshot.audio.errors import ChannelsNotAllowed, RateNotAllowed, UnknownCodec

Samples = npt.NDArray[np.float32]
"""Audio as float32[n], one channel, full scale −1 to 1."""

RATE = 16_000
"""Samples a second of everything behind the resampler."""

# --8<-- [start:format]
ALL_RATES = (8_000, 16_000, 24_000, 48_000)
RATES = {
    "pcm16": ALL_RATES,
    "mulaw": (8_000,),
    "opus": ALL_RATES,
    "flac": ALL_RATES,
}
OPUS_RATE = 48_000


@dataclass(frozen=True)
class Format:
    """Codec, sample rate in Hz and channels, as the client declares them.

    Raises `UnknownCodec`, `RateNotAllowed` or `ChannelsNotAllowed`.
    """

    codec: str = "pcm16"
    rate: int = RATE
    channels: int = 1

    def __post_init__(self) -> None:
        if self.codec not in RATES:
            raise UnknownCodec(f"codec {self.codec!r}; use {_either(RATES)}")
        if self.rate not in RATES[self.codec]:
            allowed = _either(RATES[self.codec])
            raise RateNotAllowed(f"{self.codec} at {self.rate} Hz; use {allowed}")
        if self.channels != 1:
            raise ChannelsNotAllowed(f"{self.channels} channels; send one")

    @property
    def decoded_rate(self) -> int:
        """Hz after decoding: Opus has one clock for all rates (RFC 7587, §4.1)."""
        return OPUS_RATE if self.codec == "opus" else self.rate


# --8<-- [end:format]
def _either(choices: Iterable[object]) -> str:
    *most, last = map(str, choices)
    return f"{', '.join(most)} or {last}" if most else last
