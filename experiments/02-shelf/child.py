"""A process of the experiment, on one core: weighs a model, or times a miss.

`weigh ID`, `churn ID`, `churn-trim ID` and `twin ID` print megabytes of resident
memory beyond what the process had with the engine's libraries imported; `miss ID`
milliseconds of every stage of a miss, several times.
"""

from __future__ import annotations

import ctypes
import gc
import json
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import stopwatch

# isort: split
import numpy as np

from earshot.audio.chunker import FRAME
from earshot.audio.formats import RATE
from earshot.audio.vad import SileroVad, VadMemory
from earshot.bench.clips import clips
from earshot.inference.engines import load
from earshot.inference.recogniser import Utterance
from earshot.models.store import Store

CLIP_S, APART_S, PIECES = 3, 0.65, 32
CHURN, TIMES = 4, 5
STATUS, FORGET_PEAK = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def pieces() -> list[Utterance]:
    """Pieces of speech that are equally long and not the same."""
    said = np.concatenate([clip.audio for clip in clips()])
    starts = [round(number * APART_S * RATE) for number in range(PIECES)]
    return [Utterance(said[start : start + CLIP_S * RATE]) for start in starts]


class Voice:
    """The VAD, with the interface of a recogniser: it hears frame by frame."""

    def __init__(self) -> None:
        self._vad = SileroVad(Store().verify("silero-vad") / "silero_vad.onnx")

    def warm_up(self) -> None:
        """It needs none."""

    def transcribe(self, batch: Sequence[Utterance]) -> None:
        memories = [VadMemory() for _ in batch]
        for start in range(0, CLIP_S * RATE - FRAME, FRAME):
            frames = [utterance.audio[start : start + FRAME] for utterance in batch]
            self._vad(np.stack(frames), memories)


def make(id: str) -> Any:
    return Voice() if id == "silero-vad" else load(id, Store())


def bring_libraries(id: str) -> None:
    """Import what a model needs, and read its files into the page cache."""
    if id == "whisper-base":
        import earshot.inference.whisper
    if id == "moonshine-tiny":
        import earshot.inference.moonshine  # noqa: F401
    Store().verify(id)


class Scale:
    """Resident memory beyond what there was with libraries and speech at hand."""

    def __init__(self, id: str) -> None:
        bring_libraries(id)
        self._speech = pieces()[:2]
        gc.collect()
        FORGET_PEAK.write_text("5")
        self._before = resident_mb("VmRSS")

    def __call__(self, kind: str = "VmRSS") -> float:
        return round(resident_mb(kind) - self._before, 1)

    def use(self, model: Any) -> None:
        """Warm up, and hear two clips."""
        model.warm_up()
        for utterance in self._speech:
            model.transcribe([utterance])


def weigh(id: str) -> dict[str, float]:
    """MB of a model when it is loaded, at most until then, and after use."""
    scale = Scale(id)
    model = make(id)
    found = {"loaded_mb": scale(), "peak_mb": scale("VmHWM")}
    scale.use(model)
    return found | {"used_mb": scale()}


def twin(id: str) -> float:
    """MB that a second copy adds, whose libraries are at work already."""
    scale = Scale(id)
    models = [make(id)]
    scale.use(models[0])
    one = scale()
    models.append(make(id))
    scale.use(models[1])
    return round(scale() - one, 1)


def churn(id: str, trim: bool = False) -> dict[str, list[float]]:
    """MB in use, and after it was let go, of a model that is loaded again and again.

    Each lives in a thread of its own, as in a lane. `trim` asks the C library to
    give free memory back, after every load and when the model is gone.
    """
    scale = Scale(id)
    found: dict[str, list[float]] = {"used_mb": [], "gone_mb": []}

    def live() -> None:
        model = make(id)
        scale.use(model)
        note("used_mb")

    def note(what: str) -> None:
        if trim:
            ctypes.CDLL(None).malloc_trim(0)
        found[what].append(scale())

    for _ in range(CHURN):
        thread = threading.Thread(target=live)
        thread.start()
        thread.join()
        gc.collect()
        note("gone_mb")
    return found


def resident_mb(kind: str) -> float:
    """Resident memory of this process: VmRSS now, VmHWM at most so far."""
    lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    return int(lines[kind].split()[0]) * 1024 / 1e6


def miss(id: str) -> list[dict[str, float]]:
    """Milliseconds of every stage, time after time; the first time isn't counted."""
    bring_libraries(id)
    speech = pieces()
    return [_miss(id, speech) for _ in range(TIMES + 1)][1:]


def _miss(id: str, speech: Sequence[Utterance]) -> dict[str, float]:
    digests = ms(lambda: Store().verify(id))
    found: list[Any] = []
    loaded = ms(lambda: found.append(make(id)))  # looks at the digests, too
    (model,) = found
    warm_up = ms(model.warm_up)
    first, *later = [ms(lambda one=one: model.transcribe([one])) for one in speech[:3]]
    return {
        "digests_ms": digests,
        "weights_ms": loaded - digests,
        "warm_up_ms": warm_up,
        "first_ms": first,
        "hit_ms": sum(later) / len(later),
    }


def ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


TASKS: dict[str, Callable[[str], Any]] = {
    "weigh": weigh,
    "twin": twin,
    "churn": churn,
    "churn-trim": lambda id: churn(id, trim=True),
    "miss": miss,
}

if __name__ == "__main__":
    stopwatch.pin()
    task, given = sys.argv[1:]
    print(json.dumps(TASKS[task](given)))
