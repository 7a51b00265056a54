"""Who gains from company? Calls of one to 32 items, whole and in their parts.

CPU time on one core, the least of some passes in which the sizes take turns.
Moonshine tiny hears three seconds of the LibriVox clips as a whole; then its
encoder and one step of its decoder, Whisper base's encoder and its greedy
decoder, and the VAD each run alone. A second of arithmetic on this core and a
second of reading give the roofline, which says beforehand who can gain.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import stopwatch

# isort: split
import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from record import write

from earshot.audio.chunker import FRAME
from earshot.audio.formats import RATE, Samples
from earshot.audio.vad import SileroVad, VadMemory
from earshot.bench.clips import clips
from earshot.inference.batching import fit
from earshot.inference.engines import load
from earshot.inference.moonshine import BEGIN, HEADS, WIDTH, session
from earshot.inference.recogniser import Utterance
from earshot.inference.roofline import Machine, Work, knee, seconds
from earshot.models.store import Store

SIZES = (1, 2, 4, 8, 16, 32)
FEW = (1, 2, 4, 8)
CLIP_S = 3
APART_S = 0.65  # from one cut to the next: 32 of them fit
STEPS = 18  # tokens of three seconds
SIDE = 1024

# Parameters that a step or a state goes through, from the shapes in arXiv:2410.15608
# and arXiv:2212.04356. A parameter is a multiplication and an addition.
STEP_WEIGHTS = 6 * (6 * 288**2 + 288 * 2304 + 1152 * 288) + 32768 * 288
WHISPER_LAYER = 12 * 512**2
WHISPER_STATES = 1500

Works = dict[int, Callable[[], object]]


def speech() -> Samples:
    """All clips, one behind another."""
    return np.concatenate([clip.audio for clip in clips()])


def cuts(count: int, length_s: float) -> list[Samples]:
    """Pieces of speech that are equally long and not the same."""
    said, length = speech(), round(length_s * RATE)
    starts = [round(number * APART_S * RATE) for number in range(count)]
    return [said[start : start + length] for start in starts]


def whole() -> dict[str, Works]:
    """Moonshine as the service calls it: the same clip n times, or n clips."""
    recogniser = load("moonshine-tiny", Store())
    many = [Utterance(cut) for cut in cuts(max(SIZES), CLIP_S)]
    return {
        "same": {n: lambda n=n: recogniser.transcribe(many[:1] * n) for n in SIZES},
        "varied": {n: lambda n=n: recogniser.transcribe(many[:n]) for n in SIZES},
    }


def encode(length_s: float, n: int) -> Callable[[], Samples]:
    """Moonshine's encoder over n pieces of one length, all in one call."""
    graph = session(Store().verify("moonshine-tiny") / "encoder_model.ort", 1)
    audio = np.stack(cuts(n, length_s))
    inputs = {"input_values": audio, "attention_mask": np.ones(audio.shape, np.int64)}
    return lambda: graph.run(None, inputs)[0]


def encoder(length_s: float) -> Works:
    """Moonshine's encoder; 16 pieces of four seconds are enough to see."""
    return {n: encode(length_s, n) for n in SIZES[:-1]}


def decoder() -> Works:
    """Moonshine's decoder for as many steps as three seconds have tokens."""
    graph = session(Store().verify("moonshine-tiny") / "decoder_model_merged.ort", 1)
    names = [tensor.name for tensor in graph.get_outputs()][1:]
    names = [name.replace("present", "past_key_values") for name in names]
    states = encode(CLIP_S, 1)()

    def work(n: int) -> None:
        inputs = {
            "encoder_hidden_states": np.repeat(states, n, axis=0),
            "encoder_attention_mask": np.ones((n, RATE * CLIP_S), np.int64),
            "input_ids": np.full((n, 1), BEGIN, np.int64),
        }
        cache = {name: np.zeros((n, HEADS, 0, WIDTH), np.float32) for name in names}
        for step in range(STEPS):
            first = {"use_cache_branch": np.array([step > 0])}
            _, *present = graph.run(None, inputs | cache | first)
            for name, values in zip(names, present, strict=True):
                if step == 0 or ".decoder." in name:
                    cache[name] = values

    return {n: lambda n=n: work(n) for n in SIZES}


def vad() -> Works:
    """Silero VAD: a frame of 32 ms of n streams, 50 times."""
    model = SileroVad(next(Store().verify("silero-vad").glob("*.onnx")))
    frame = speech()[RATE : RATE + FRAME]

    def work(n: int) -> Callable[[], object]:
        frames, memories = np.stack([frame] * n), [VadMemory() for _ in range(n)]
        return lambda: [model(frames, memories) for _ in range(50)]

    return {n: work(n) for n in SIZES}


def whisper() -> dict[str, Works]:
    """Whisper base in int8: the encoder's 30 seconds, and 24 greedy steps after it."""
    model = WhisperModel(
        str(Store().verify("whisper-base")), device="cpu", compute_type="int8",
        cpu_threads=1, local_files_only=True,
    )  # fmt: skip
    features = np.stack(
        [model.feature_extractor(cut)[:, :3000] for cut in cuts(max(FEW), 5)]
    )
    features = np.pad(features, ((0, 0), (0, 0), (0, 3000 - features.shape[2])))
    views = {n: ctranslate2.StorageView.from_array(features[:n].copy()) for n in FEW}
    encoded = {n: model.model.encode(view) for n, view in views.items()}
    prompt = [50258, 50259, 50359, 50363]  # start, English, transcribe, no times

    def decode(n: int) -> object:
        return model.model.generate(
            encoded[n], [prompt] * n, beam_size=1, max_length=2 * (24 + len(prompt)),
            suppress_tokens=[50257],
        )  # fmt: skip

    return {
        "encode": {n: lambda n=n: model.model.encode(views[n]) for n in FEW},
        "decode": {n: lambda n=n: decode(n) for n in FEW},
    }


def curve(works: Works, unit: float = 1, passes: int = 7) -> dict[str, Any]:
    """What a call and each of its items take in ms; `unit` calls are in a work."""
    calls = {n: took / unit for n, took in stopwatch.in_turn(works, passes).items()}
    each = {n: took / n for n, took in calls.items()}
    cost = fit(list(calls), list(calls.values()))
    off = [abs(cost.seconds(n) / took - 1) for n, took in calls.items()]
    return {
        "call_ms": {str(n): round(1000 * took, 3) for n, took in calls.items()},
        "item_ms": {str(n): round(1000 * took, 3) for n, took in each.items()},
        "gain": {str(n): round(each[1] / took, 2) for n, took in each.items()},
        "fit": {
            "call_ms": round(1000 * cost.call, 3),
            "item_ms": round(1000 * cost.item, 3),
            "worst_percent": round(100 * max(off), 1),
        },
    }


def machine() -> Machine:
    """This core's operations a second in float32, and bytes a second from memory."""
    square = np.random.default_rng(1).random((SIDE, SIDE), np.float32)
    many = np.ones(50_000_000, np.int32)  # 200 MB, more than the caches hold
    product = stopwatch.cpu_s(lambda: square @ square, 9)
    read = stopwatch.cpu_s(many.max, 9)
    return Machine(2 * SIDE**3 / product, many.nbytes / read)


def foreseen(core: Machine, work: Work, sizes: Sequence[int]) -> dict[str, Any]:
    """What the roofline says of a call, and from how many items arithmetic limits."""
    return {
        "call_ms": {str(n): round(1000 * seconds(core, work, n), 3) for n in sizes},
        "intensity_1": round(work.intensity(1), 1),
        "knee": round(knee(core, work), 2),
    }


def values() -> dict[str, Any]:
    """All curves, and the roofline of those parts whose shapes are known."""
    core = machine()
    step = Work(STEP_WEIGHTS, 2 * STEP_WEIGHTS)
    attention = 4 * WHISPER_STATES * 512
    state = 6 * (2 * WHISPER_LAYER + attention)
    encoding = Work(6 * WHISPER_LAYER, WHISPER_STATES * state)
    complete, seen = whole(), whisper()
    return {
        "clip_s": CLIP_S,
        "complete": {name: curve(works) for name, works in complete.items()},
        "parts": {
            "moonshine-encoder-1s": curve(encoder(1)),
            "moonshine-encoder-4s": curve(encoder(4)),
            "moonshine-decoder-step": curve(decoder(), STEPS),
            "whisper-encoder-30s": curve(seen["encode"], passes=3),
            "whisper-decoder": curve(seen["decode"]),
            "vad-frame": curve(vad(), 50),
        },
        "roofline": {
            "gflop_per_s": round(core.flops_per_s / 1e9, 1),
            "gbyte_per_s": round(core.bytes_per_s / 1e9, 1),
            "ridge": round(core.ridge, 1),
            "moonshine-decoder-step": foreseen(core, step, SIZES),
            "whisper-encoder-30s": foreseen(core, encoding, FEW),
        },
    }


if __name__ == "__main__":
    stopwatch.pin()
    write(Path(__file__).with_name("data.json"), values())
