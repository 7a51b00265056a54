"""What does audio cost before a recogniser sees it, and how late does it get?

A LibriVox sentence of Debian's package pocketsphinx-testdata goes through each
stage alone: decoders, resamplers (ours, and soxr's stream for comparison),
voice activity detection by batch size, segmenter. Costs are CPU microseconds,
the least of 36 passes spread over six rounds, per 20 ms of audio or per 32 ms
frame. Lag is how much audio a resampler has taken and not given, at worst, fed
20 ms at a time.
The filters are not equals: soxr's reach further and cut more steeply than ours,
and its stream works in blocks that were made for files.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import soxr

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/earshot"))

from record import write
from sounds import flac, opus

from earshot.audio import mulaw, pcm
from earshot.audio.chunker import FRAME, Chunker
from earshot.audio.codecs import decoder
from earshot.audio.files import read_file
from earshot.audio.flac import metadata_bytes
from earshot.audio.formats import ALL_RATES, RATE, Format, Samples
from earshot.audio.resample import Resampler
from earshot.audio.segmenter import Segmenter
from earshot.audio.vad import SileroVad, VadMemory
from earshot.models.store import Store

CLIP = Path(
    "/usr/share/pocketsphinx/test/data/librivox/"
    "sense_and_sensibility_01_austen_64kb-0870.wav"
)
ROUNDS, PASSES = 6, 6
PER_SECOND = 50
BATCHES = (1, 2, 4, 8, 16, 32, 64)

Push = Callable[[Samples], Samples]


def cost_us(work: Callable[[], object], units: float) -> float:
    """Least CPU time in µs of a unit of `work`: what others on the core don't add."""
    times = []
    for _ in range(PASSES):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return round(1e6 * min(times) / units, 1)


def at_rate(sound: Samples, rate: int) -> Samples:
    """The sound in another rate; all of it at once, so quality is free."""
    return np.asarray(soxr.resample(sound, RATE, rate), np.float32)


def pieces(sound: Samples, rate: int) -> list[Samples]:
    """Whole pieces of 20 ms."""
    step = rate // PER_SECOND
    return [sound[i : i + step] for i in range(0, len(sound) - step + 1, step)]


def decoders(sound: Samples) -> dict[str, Any]:
    """Cost of decoding 20 ms, and kbit/s without metadata, by codec."""
    steps = np.frombuffer(pcm.encode(sound), np.int16)
    low = np.frombuffer(pcm.encode(at_rate(sound, 8_000)), np.int16)
    high = np.frombuffer(pcm.encode(at_rate(sound, 48_000)), np.int16)
    whole = flac(steps)
    streams: dict[str, tuple[Format, list[bytes]]] = {
        "pcm16": (Format(), [p.tobytes() for p in pieces(steps, RATE)]),
        "mulaw": (
            Format("mulaw", 8_000),
            [mulaw.encode(p) for p in pieces(low, 8_000)],
        ),
        "opus": (Format("opus", 48_000), opus(high)),
        "flac": (
            Format("flac"),
            [whole[i : i + 320] for i in range(0, len(whole), 320)],
        ),
    }
    seconds = len(sound) / RATE
    return {
        name: {
            "us": cost_us(
                lambda f=form, m=messages: decode(f, m), seconds * PER_SECOND
            ),
            "kbps": round(8 * (sum(map(len, messages)) - head) / seconds / 1000, 1),
        }
        for name, (form, messages) in streams.items()
        for head in [metadata_bytes(whole) if name == "flac" else 0]
    }


def decode(form: Format, messages: Iterable[bytes]) -> None:
    of_stream = decoder(form)
    for message in messages:
        of_stream.decode(message)
    of_stream.flush()


def soxr_push(rate: int, quality: str) -> Push:
    stream = soxr.ResampleStream(rate, RATE, 1, dtype="float32", quality=quality)
    return stream.resample_chunk


def resamplers(sound: Samples) -> dict[str, Any]:
    """Cost of 20 ms and worst lag in ms, of our resampler and of soxr's stream."""
    made: dict[str, Callable[[int], Push]] = {
        "ours": lambda rate: Resampler(rate).push,
        "soxr_hq": lambda rate: soxr_push(rate, "HQ"),
        "soxr_lq": lambda rate: soxr_push(rate, "LQ"),
    }
    return {
        f"from_{rate}": {
            name: resampled(make(rate), pieces(at_rate(sound, rate), rate), rate)
            for name, make in made.items()
        }
        for rate in ALL_RATES
        if rate != RATE
    }


def resampled(push: Push, sent: list[Samples], rate: int) -> dict[str, float]:
    taken = given = worst = 0
    for piece in sent:
        taken += len(piece)
        given += len(push(piece))
        worst = max(worst, taken * RATE // rate - given)
    us = cost_us(lambda: [push(piece) for piece in sent], len(sent))
    return {"us": us, "worst_lag_ms": round(1000 * worst / RATE, 1)}


def vad(frames: list[Samples]) -> dict[str, Any]:
    """Cost of a frame of 32 ms by how many streams share a call."""
    graph = Store().verify("silero-vad") / "silero_vad.onnx"
    model, result = SileroVad(graph), {}
    for size in BATCHES:
        batches = [np.stack([frame] * size) for frame in frames[: 4 + 200 // size]]
        memories = [VadMemory() for _ in range(size)]

        def work(batches: list[Samples] = batches, m: Any = memories) -> None:
            for batch in batches:
                model(batch, m)

        result[f"batch_{size}"] = {"us": cost_us(work, size * len(batches))}
    return result


def segmenter(sound: Samples) -> float:
    """Cost of a frame of 32 ms: gate, history, events."""
    frames = Chunker().push(np.tile(sound, 3))

    def work() -> None:
        stream = Segmenter()
        for number, frame in enumerate(frames):
            stream.push(frame, 0.9 if number % 150 < 120 else 0.1)

    return cost_us(work, len(frames))


def stages(sound: Samples) -> dict[str, Any]:
    """Every stage by itself, measured once."""
    return {
        "decode_20_ms": decoders(sound),
        "resample_20_ms": resamplers(sound),
        "vad_32_ms": vad([frame.samples for frame in Chunker().push(sound)]),
        "segmenter_32_ms": {"us": segmenter(sound)},
    }


def least(rounds: list[Any]) -> Any:
    """The same tree with the least of each number."""
    if isinstance(rounds[0], dict):
        return {key: least([tree[key] for tree in rounds]) for key in rounds[0]}
    return min(rounds)


def values() -> dict[str, Any]:
    """Every stage, and what a second of each kind of stream costs in all, in µs."""
    sound = read_file(CLIP)
    found = least([stages(sound) for _ in range(ROUNDS)])
    behind = found["vad_32_ms"]["batch_1"]["us"] + found["segmenter_32_ms"]["us"]
    resampling = {"mulaw": "from_8000", "opus": "from_48000"}
    found["stream_second"] = {}
    for name, decoding in found["decode_20_ms"].items():
        front = decoding["us"]
        if name in resampling:
            front += found["resample_20_ms"][resampling[name]]["ours"]["us"]
        total = PER_SECOND * front + RATE / FRAME * behind
        found["stream_second"][name] = {"us": round(total)}
    return found


if __name__ == "__main__":
    write(Path(__file__).with_name("data.json"), values())
