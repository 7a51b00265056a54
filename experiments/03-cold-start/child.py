"""A process of the experiment: loads weights in some way, or forks when it has.

`load WAY` prints how long the graphs took to load and a clip to be heard, and
the memory; `fork N` loads and warms up, then forks N times and prints what each
child needed for the clip.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import onnxruntime as ort

from earshot.audio.files import read_file
from earshot.bench.clips import FOLDER
from earshot.inference import moonshine
from earshot.inference.recogniser import Utterance
from earshot.models.coldstart import now
from earshot.models.store import Store

CLIP = FOLDER / "sense_and_sensibility_01_austen_64kb-0930.wav"


def ms(seconds: float) -> float:
    return round(1000 * seconds, 2)


def own_mb() -> float:
    """Memory that only this process has."""
    rollup = Path("/proc/self/smaps_rollup").read_text(encoding="utf-8")
    lines = [line.split() for line in rollup.splitlines()]
    kilobytes = [int(line[1]) for line in lines if line[0].startswith("Private_")]
    return round(sum(kilobytes) / 1000, 1)


def session(way: str, path: Path) -> ort.InferenceSession:
    """A graph as Earshot's `session` makes it, but for one thing."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    source: Any = path.read_bytes() if way == "bytes" else path
    if way == "not-prepacked":
        options.add_session_config_entry("session.disable_prepacking", "1")
    return ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def load(way: str) -> dict[str, float]:
    """Load, hear twice, and weigh."""
    speech, folder = [Utterance(read_file(CLIP))], Store().verify("moonshine-tiny")
    moonshine.session = lambda path, threads: session(way, path)
    before, began = own_mb(), time.perf_counter()
    recogniser = moonshine.Moonshine(folder)
    loaded = time.perf_counter()
    recogniser.transcribe(speech)
    heard = time.perf_counter()
    recogniser.transcribe(speech)
    again = time.perf_counter()
    return {
        "load_ms": ms(loaded - began),
        "first_ms": ms(heard - loaded),
        "again_ms": ms(again - heard),
        "memory_mb": round(own_mb() - before, 1),
    }


def fork(times: int) -> list[dict[str, float]]:
    """Load once; then children that only hear."""
    speech, folder = [Utterance(read_file(CLIP))], Store().verify("moonshine-tiny")
    recogniser = moonshine.Moonshine(folder)
    recogniser.warm_up()
    expected = recogniser.transcribe(speech)[0].text
    return [_child(recogniser, speech, expected) for _ in range(times)]


def _child(
    recogniser: moonshine.Moonshine, speech: list[Utterance], expected: str
) -> dict[str, float]:
    reading, writing = os.pipe()
    began = now()
    if os.fork() == 0:
        forked = now()
        text = recogniser.transcribe(speech)[0].text
        found = {
            "fork_ms": ms(forked - began),
            "first_words_ms": ms(now() - forked),
            "own_mb": own_mb(),
            "same_words": float(text == expected),
        }
        os.write(writing, json.dumps(found).encode())
        os._exit(0)
    os.close(writing)
    os.wait()
    with open(reading, "rb") as pipe:
        return json.load(pipe)


if __name__ == "__main__":
    what, given = sys.argv[1:]
    print(json.dumps(load(given) if what == "load" else fork(int(given))))
