"""Audio as the binary messages that a client sends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from earshot.audio import mulaw, pcm
from earshot.audio.formats import RATE, Format, Samples

Pcm = npt.NDArray[np.int16]

FORMATS = {
    "pcm16": Format("pcm16"),
    "mulaw": Format("mulaw", 8_000),
    "opus": Format("opus", 16_000),
}
"""The usual format of each codec for speech."""
OPUS_MS = (10, 20, 40, 60, 80, 100, 120)
OPUS_BITS = 24_000
"""Bits a second, the middle of what RFC 6716, §2.1.1 advises for wideband speech
(16 to 20 kbit/s) and for fullband speech (28 to 40)."""


# --8<-- [start:packets]
@dataclass(frozen=True, slots=True)
class Packet:
    """One binary message, and how many milliseconds of audio are in it."""

    data: bytes
    ms: float


def packets(audio: Samples, form: Format, ms: int = 20) -> list[Packet]:
    """float32[n] at 16 kHz as packets of `ms`; silence fills the last.

    Raises `ValueError` where the codec has no such packets.
    """
    samples = _resampled(audio, form.rate)
    step = form.rate * ms // 1000
    samples = np.pad(samples, (0, -len(samples) % step))
    starts = range(0, len(samples), step)
    pieces = [samples[start : start + step] for start in starts]
    return [Packet(message, ms) for message in _encoded(pieces, form, ms)]


def _encoded(pieces: list[Pcm], form: Format, ms: int) -> Iterable[bytes]:
    """One message for each int16[n]."""
    match form.codec:
        case "pcm16":
            return (piece.astype("<i2").tobytes() for piece in pieces)
        case "mulaw":
            return map(mulaw.encode, pieces)
        case "opus" if ms in OPUS_MS:
            return _opus(pieces, form.rate, ms)
    raise ValueError(f"no packets of {ms} ms are made for {form.codec}")


# --8<-- [end:packets]
def _resampled(audio: Samples, rate: int) -> Pcm:
    """int16[n · rate / 16000]."""
    samples = np.frombuffer(pcm.encode(audio), "<i2").astype(np.int16)
    if rate == RATE or not len(samples):
        return samples
    convert = AudioResampler(format="s16", layout="mono", rate=rate)
    frames = [*convert.resample(_frame(samples, RATE)), *convert.resample(None)]
    pieces = [frame.to_ndarray()[0].astype(np.int16) for frame in frames]
    return np.concatenate([np.empty(0, np.int16), *pieces])


def _frame(samples: Pcm, rate: int, at: int = 0) -> AudioFrame:
    frame = AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
    return frame


def _opus(pieces: list[Pcm], rate: int, ms: int) -> Iterator[bytes]:
    """One packet a piece; the coder's look-ahead of 6.5 ms is lost at the end."""
    coder = AudioCodecContext.create("libopus", "w")
    coder.sample_rate, coder.layout, coder.format = rate, "mono", "s16"
    coder.bit_rate = OPUS_BITS
    coder.options = {"application": "voip", "frame_duration": str(ms)}
    for number, piece in enumerate(pieces):
        frame = _frame(piece, rate, number * len(piece))
        yield from map(bytes, coder.encode(frame))
