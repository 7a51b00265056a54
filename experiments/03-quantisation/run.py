"""What do eight bits save, and what do they cost in words?

Whisper base on CTranslate2, the same file of float16 weights turned into
float32 or int8 when it is loaded, each in a process of its own on one
core; the five LibriVox clips are heard with one beam and with five. CPU time is
the least of two passes, memory what the process has alone. 70 words show that
nothing is broken, not which is better. Of Moonshine we have int8 alone: its
two editions stand beside each other for size and errors.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import stopwatch

# isort: split
from faster_whisper import WhisperModel
from record import write

from earshot.audio.formats import RATE, Samples
from earshot.bench.clips import clips
from earshot.models.store import Store
from earshot.text.errors import count, total

MODEL = "whisper-base"
TYPES = ("float32", "int8")
BEAMS = (1, 5)


def own_mb() -> float:
    """Memory that only this process has."""
    rollup = Path("/proc/self/smaps_rollup").read_text(encoding="utf-8")
    lines = [line.split() for line in rollup.splitlines()]
    return sum(int(line[1]) for line in lines if line[0].startswith("Private_")) / 1000


def transcribe(model: WhisperModel, audio: Samples, beams: int) -> str:
    """The words, as Earshot asks for them but for the times of words."""
    segments, _ = model.transcribe(
        audio,
        language="en",
        beam_size=beams,
        temperature=0.0,
        condition_on_previous_text=False,
    )
    return " ".join(segment.text for segment in segments)


def measure(compute_type: str) -> dict[str, Any]:
    """Load, memory, time and errors of one type; to be run in a fresh process."""
    stopwatch.pin()
    folder, before = Store().verify(MODEL), own_mb()
    heard: dict[int, list[str]] = {}

    def load() -> WhisperModel:
        return WhisperModel(
            str(folder),
            device="cpu",
            compute_type=compute_type,
            cpu_threads=1,
            local_files_only=True,
        )

    model = load()
    loaded_mb = own_mb() - before

    def hear(beams: int) -> None:
        heard[beams] = [transcribe(model, clip.audio, beams) for clip in clips()]

    seconds = sum(len(clip.audio) for clip in clips()) / RATE
    spent = stopwatch.in_turn({n: lambda n=n: hear(n) for n in BEAMS}, passes=2)
    return {
        "weights_mb": round(loaded_mb, 1),
        "working_mb": round(own_mb() - before, 1),
        "load_cpu_s": round(stopwatch.cpu_s(load, passes=2), 2),
        **{f"beams_{n}": figures(heard[n], spent[n] / seconds) for n in BEAMS},
    }


def figures(texts: list[str], cpu_s: float) -> dict[str, Any]:
    """Cost and word errors."""
    pairs = zip(clips(), texts, strict=True)
    errors = total(count(clip.words, text) for clip, text in pairs)
    return {
        "cpu_per_audio_s": round(cpu_s, 4),
        "word_errors": errors.total,
        "words": errors.words,
        "text": texts,
    }


def child(compute_type: str) -> Any:
    """`measure` in a process of its own."""
    command = [sys.executable, __file__, compute_type]
    done = subprocess.run(command, capture_output=True, check=True)
    return json.loads(done.stdout)


def values() -> dict[str, Any]:
    """Types beside each other; texts are compared, not kept."""
    found = {name: child(name) for name in TYPES}
    for row in found.values():
        for n in BEAMS:
            texts, wide = row[f"beams_{n}"].pop("text"), found["float32"]
            exact = wide.setdefault(f"texts_{n}", texts)
            changed = sum(a != b for a, b in zip(texts, exact, strict=True))
            row[f"beams_{n}"]["clips_changed"] = changed
    for n in BEAMS:
        del found["float32"][f"texts_{n}"]
    file = next(f for f in Store().models[MODEL].files if f.name == "model.bin")
    return {"file_mb": round(file.bytes / 1e6, 1), "types": found}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1])))
    else:
        write(Path(__file__).with_name("data.json"), values())
