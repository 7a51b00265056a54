"""Sounds for the tests, and encoders for them: made, never recorded."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
from av.audio.codeccontext import AudioCodecContext
from hypothesis import strategies as st

Pcm = npt.NDArray[np.int16]


def tone(count: int, rate: int, hz: float = 440.0) -> Pcm:
    """int16[count] of a sine at half of full scale."""
    at = np.arange(count) / rate
    return np.rint(16_384 * np.sin(2 * np.pi * hz * at)).astype(np.int16)


def noise(count: int, seed: int = 0) -> Pcm:
    """int16[count] of white noise."""
    return np.random.default_rng(seed).integers(-9000, 9000, count, np.int16)


def _frame(pcm: Pcm, rate: int, at: int = 0) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
    return frame


def opus(pcm: Pcm, rate: int = 48_000, frame_ms: int = 20) -> list[bytes]:
    """Opus packets of whole frames."""
    context = AudioCodecContext.create("libopus", "w")
    context.sample_rate, context.layout, context.format = rate, "mono", "s16"
    context.bit_rate = 24_000
    context.options = {"application": "voip", "frame_duration": str(frame_ms)}
    step = rate * frame_ms // 1000
    packets = []
    for at in range(0, len(pcm) - step + 1, step):
        packets += context.encode(_frame(pcm[at : at + step], rate, at))
    return [bytes(packet) for packet in packets]


def flac(
    pcm: Pcm, rate: int = 16_000, frame_size: int = 1152, layout: str = "mono"
) -> bytes:
    """A FLAC stream of 16-bit samples."""
    out = io.BytesIO()
    with av.open(out, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=rate, layout=layout)
        stream.codec_context.format = "s16"
        stream.codec_context.options = {"frame_size": str(frame_size)}
        frame = _frame(pcm, rate)
        if layout == "stereo":
            both = np.repeat(pcm, 2)[None]
            frame = av.AudioFrame.from_ndarray(both, format="s16", layout=layout)
            frame.sample_rate = rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return out.getvalue()


def media(pcm: Pcm, kind: str, codec: str, rate: int) -> bytes:
    """A file of this kind, for example "mp3", in memory."""
    out = io.BytesIO()
    with av.open(out, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        resampler = av.AudioResampler(
            stream.codec_context.format, "mono", rate, stream.codec_context.frame_size
        )
        for frame in (
            *resampler.resample(_frame(pcm, rate)),
            *resampler.resample(None),
        ):
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return out.getvalue()


def cut(data: bytes, lengths: list[int]) -> list[bytes]:
    """`data` in pieces of these lengths, over and over."""
    pieces, at = [], 0
    while at < len(data):
        step = lengths[len(pieces) % len(lengths)]
        pieces.append(data[at : at + step])
        at += step
    return pieces


piece_lengths = st.lists(st.integers(1, 3000), min_size=1, max_size=8)
