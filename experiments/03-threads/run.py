"""Two cores: one recogniser on both, or one on each?

Moonshine tiny hears the five LibriVox clips, one after another, in processes
that begin at the same moment. ONNX Runtime's threads may spin while they wait
for work, as by default, or sleep, as Earshot has it. A process is pinned to a
core of its own, or left to the kernel. Medians of five rounds; CPU time is that
of all processes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import stopwatch

# isort: split
import onnxruntime as ort
from record import write

from earshot.audio.formats import RATE
from earshot.bench.clips import clips
from earshot.inference import moonshine
from earshot.inference.recogniser import Utterance
from earshot.models.store import Store

ROUNDS = 5
SETTLE_S = 3.0  # for all processes to have loaded and warmed up


@dataclass(frozen=True)
class Way:
    """So many processes with so many threads each."""

    processes: int
    threads: int
    spin: bool = False
    pinned: bool = False


WAYS = {
    "one-process-one-thread": Way(1, 1),
    "one-process-two-threads": Way(1, 2),
    "one-process-two-threads-spinning": Way(1, 2, spin=True),
    "two-processes-one-thread": Way(2, 1),
    "two-processes-one-thread-pinned": Way(2, 1, pinned=True),
    "two-processes-two-threads": Way(2, 2),
    "two-processes-two-threads-spinning": Way(2, 2, spin=True),
}


def session(path: Path, threads: int, spin: bool) -> ort.InferenceSession:
    """A graph as Earshot's `session` makes it, but it may spin."""
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry(
        "session.intra_op.allow_spinning", "1" if spin else "0"
    )
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def work(threads: int, spin: bool, core: int | None, begin: float) -> dict[str, float]:
    """One process: the clips over and over from `begin` on; medians of a clip."""
    if core is not None:
        stopwatch.pin(core)
    moonshine.session = lambda path, threads: session(path, threads, spin)
    recogniser = moonshine.Moonshine(Store().verify("moonshine-tiny"), threads)
    speech = [Utterance(clip.audio) for clip in clips()]
    recogniser.transcribe(speech[:1])
    time.sleep(max(0.0, begin - time.monotonic()))
    started, cpu = time.monotonic(), time.process_time()
    if started > begin + 0.5:
        raise SystemExit("not warm when the others began")
    passes = []
    for _ in range(ROUNDS):
        at = time.monotonic()
        for one in speech:
            recogniser.transcribe([one])
        passes.append(time.monotonic() - at)
    return {
        "pass_s": median(passes),
        "wall_s": time.monotonic() - started,
        "cpu_s": time.process_time() - cpu,
    }


def measure(way: Way) -> dict[str, float]:
    """What a second of audio costs and takes, and how much is heard a second."""
    begin = time.monotonic() + SETTLE_S
    running = []
    for number in range(way.processes):
        core = number if way.pinned else None
        given = json.dumps([way.threads, way.spin, core, begin])
        command = [sys.executable, __file__, given]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE))
    rows = [json.loads(process.communicate()[0]) for process in running]
    audio_s = sum(len(clip.audio) for clip in clips()) / RATE
    all_s = ROUNDS * audio_s * way.processes
    return {
        "wall_ms_per_audio_s": ms(median(row["pass_s"] for row in rows) / audio_s),
        "cpu_ms_per_audio_s": ms(sum(row["cpu_s"] for row in rows) / all_s),
        "audio_s_per_s": round(all_s / max(row["wall_s"] for row in rows), 1),
    }


def ms(seconds: float) -> float:
    return round(1000 * seconds, 1)


def values() -> dict[str, Any]:
    """Every way."""
    return {name: measure(way) for name, way in WAYS.items()}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(work(*json.loads(sys.argv[1]))))
    else:
        write(Path(__file__).with_name("data.json"), values())
