"""A recogniser by itself: whole clips, one after another."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median

from earshot.audio.formats import RATE
from earshot.bench.clips import clips
from earshot.inference import files
from earshot.inference.engines import load
from earshot.models.store import Store
from earshot.text.errors import count, total


@dataclass(frozen=True)
class EngineFigures:
    """Medians of several rounds; CPU and wall seconds are for a second of audio."""

    model: str
    audio_s: float
    load_cpu_s: float
    cpu_per_audio_s: float
    wall_per_audio_s: float
    word_errors: int
    words: int
    differences: tuple[str, ...]


# --8<-- [start:measure]
def measure(model: str, rounds: int) -> EngineFigures:
    """Transcribe the clips `rounds` times on one thread."""
    began = time.process_time()
    recogniser = load(model, Store())
    recogniser.warm_up()
    loaded = time.process_time() - began
    cpu, wall, heard = [], [], []
    for _ in range(rounds):
        cpu_at, wall_at = time.process_time(), time.perf_counter()
        heard = [files.transcribe(clip.audio, recogniser) for clip in clips()]
        cpu.append(time.process_time() - cpu_at)
        wall.append(time.perf_counter() - wall_at)
    pairs = zip(clips(), heard, strict=True)
    errors = total(count(clip.words, words.text) for clip, words in pairs)
    seconds = sum(len(clip.audio) for clip in clips()) / RATE
    return EngineFigures(
        model=model,
        audio_s=round(seconds, 2),
        load_cpu_s=round(loaded, 3),
        cpu_per_audio_s=round(median(cpu) / seconds, 4),
        wall_per_audio_s=round(median(wall) / seconds, 4),
        word_errors=errors.total,
        words=errors.words,
        differences=tuple(f"{a or '–'} → {b or '–'}" for a, b in errors.differences),
    )


# --8<-- [end:measure]
