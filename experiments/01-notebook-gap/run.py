"""What lies between a notebook and a service, and what does each piece cost?

`notebook.py` recognises one LibriVox clip and prints it. Each thing that the
service does besides is run alone on the five clips, on one core: CPU ms for a
second of audio, the least of five passes, and microseconds for what is done once
an event. Hearing a segment again and again is run with Earshot's own stream and
scheduler in virtual time, once with and once without partials. Lines are those
of code: no blanks, comments or docstrings.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import stopwatch

# isort: split
import numpy as np
from record import write

from earshot.api.messages import Partial, Timing, encode, parse_event
from earshot.audio.chunker import Chunker, Frame
from earshot.audio.files import read_file
from earshot.audio.formats import RATE, Format
from earshot.audio.intake import Intake
from earshot.audio.segmenter import Segmenter
from earshot.audio.vad import SileroVad, VadMemory
from earshot.bench.clips import clips
from earshot.bench.reading import reading
from earshot.bench.simulated import Costed, heard, recogniser
from earshot.client.packets import packets
from earshot.inference.batcher import Policy
from earshot.inference.recogniser import Recogniser, Utterance
from earshot.inference.scheduler import Job, Kind, Scheduler
from earshot.inference.simulator import Clock, Feed, simulate
from earshot.inference.stream import Heard, Stream
from earshot.models.store import Store
from earshot.slo.observer import Observer

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
STARTS, SECONDS, CALLS = 5, 30.0, 2000
FORMATS = {
    "pcm-16-khz": Format("pcm16", RATE),
    "pcm-48-khz": Format("pcm16", 48_000),
    "mulaw-8-khz": Format("mulaw", 8_000),
    "opus-48-khz": Format("opus", 48_000),
}
PARTIAL = Partial(
    segment=1,
    start_ms=1000,
    stable="and mister john dashwood had then leisure to consider",
    stable_ms=4200,
    unstable="how much there might be",
    end_ms=5300,
    timing=Timing(hear=1.2, queue=3.4, decode=110.5, total=115.1),
)


def notebook() -> dict[str, Any]:
    """The notebook's lines, its seconds to words in a new process, and its words."""
    script = HERE / "notebook.py"
    clip = clips()[4]
    took = []
    for _ in range(STARTS):
        began = time.perf_counter()
        subprocess.run([sys.executable, script, clip.path], check=True, stdout=-1)
        took.append(time.perf_counter() - began)
    return {
        "clip_s": round(len(clip.audio) / RATE, 2),
        "start_to_words_ms": round(1000 * median(took)),
        "lines": lines([script]),
    }


def per_audio_s(work: Callable[[], object], seconds: float) -> float:
    """CPU ms of `work` for a second of the audio that it goes through."""
    return round(1000 * stopwatch.cpu_s(work) / seconds, 3)


def intake(form: Format, seconds: float) -> float:
    """Decoding, resampling and cutting into frames, from packets of 20 ms."""
    sent = packets(reading(seconds), form)

    def work() -> None:
        front = Intake(form)
        for packet in sent:
            front.push(packet.data)

    return per_audio_s(work, sum(packet.ms for packet in sent) / 1000)


def voice(frames: list[Frame]) -> float:
    """The VAD, one stream alone: a frame a call."""
    vad = SileroVad(next(Store().verify("silero-vad").glob("*.onnx")))

    def work() -> None:
        memory = VadMemory()
        for frame in frames:
            vad(frame.samples[np.newaxis], [memory])

    return per_audio_s(work, SECONDS)


def segments(frames: list[Frame]) -> float:
    """Segments from frames whose probabilities are known."""
    known = heard(SECONDS).probabilities

    def work() -> None:
        segmenter = Segmenter()
        for frame, probability in zip(frames, known, strict=True):
            segmenter.push(frame, probability)

    return per_audio_s(work, SECONDS)


def one_pass(engine: Recogniser) -> float:
    """What the notebook does, without its start: every clip heard once."""
    utterances = [Utterance(clip.audio) for clip in clips()]
    seconds = sum(utterance.seconds for utterance in utterances)
    return per_audio_s(
        lambda: [engine.transcribe([each]) for each in utterances], seconds
    )


def again_and_again(engine: Recogniser, partials: bool) -> dict[str, float]:
    """CPU ms a second, and how often each second of audio is heard."""
    said, clock, scheduler = heard(SECONDS), Clock(), Scheduler(Policy())
    costed, lengths = Costed(engine), []

    def serve(jobs: Any) -> Any:
        lengths.extend(job.seconds for job in jobs)
        return costed(jobs)

    stream = Stream("1", Format(), scheduler, lambda _: None, partials=partials)
    feed = Feed(stream, said.messages, said.probabilities, hear=0.0)
    run = simulate([feed], scheduler, serve, clock)
    return {
        "cpu_ms_per_audio_s": round(1000 * run.busy / SECONDS, 1),
        "audio_heard_s": round(sum(lengths), 1),
        "times_heard": round(sum(lengths) * RATE / len(reading(SECONDS)), 2),
        "calls": len(run.batches),
    }


def each_us(work: Callable[[], object]) -> float:
    """CPU µs of one call."""

    def many() -> None:
        for _ in range(CALLS):
            work()

    return round(1e6 * stopwatch.cpu_s(many) / CALLS, 1)


def events() -> dict[str, float]:
    """CPU µs for an event of the usual size: as text, from text, and observed."""
    text, observer = encode(PARTIAL), Observer()
    job = Job("1", 1, Kind.PARTIAL, np.zeros(5 * RATE, np.float32), 0, 0.0, 0.0, 0.0)
    return {
        "bytes": len(text),
        "encode_us": each_us(lambda: encode(PARTIAL)),
        "parse_us": each_us(lambda: parse_event(text)),
        "observe_us": each_us(
            lambda: (
                observer.resolved(job, Heard(0.1, 0.2, 1)),
                observer.sent("1", PARTIAL),
            )
        ),
        "scrape_us": each_us(observer.metrics.text),
    }


# --8<-- [start:lines]
def lines(files: Iterable[Path]) -> int:
    """Lines that hold code: where a statement or a part of one stands."""
    return sum(len(code(path.read_text(encoding="utf-8"))) for path in files)


def code(text: str) -> set[int]:
    """Numbers of the lines of code, without comments and docstrings."""
    held: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.stmt | ast.expr):
            held.update({node.lineno, node.end_lineno or node.lineno})
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            held -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return held


# --8<-- [end:lines]
def rooms() -> dict[str, int]:
    """Lines of code of each room of the service, and of all of it."""
    service = ROOT / "earshot"
    names = ("audio", "inference", "transport", "api", "models", "slo", "client")
    found = {name: lines(sorted((service / name).glob("*.py"))) for name in names}
    found["service"] = lines(sorted(service.glob("*.py")))
    return {**found, "all": sum(found.values())}


def values() -> dict[str, Any]:
    """Every addition, alone."""
    chunker, engine = Chunker(), recogniser()
    frames = [*chunker.push(reading(SECONDS)), *chunker.flush()]
    first = notebook()
    alone = one_pass(engine)
    finals = again_and_again(engine, partials=False)
    partials = again_and_again(engine, partials=True)
    return {
        "notebook": first,
        "one_pass_ms_per_audio_s": alone,
        "intake_ms_per_audio_s": {k: intake(f, SECONDS) for k, f in FORMATS.items()},
        "vad_ms_per_audio_s": voice(frames),
        "segments_ms_per_audio_s": segments(frames),
        "finals_only": finals,
        "with_partials": partials,
        "partials_times_one_pass": round(partials["cpu_ms_per_audio_s"] / alone, 1),
        "events": events(),
        "digests_ms": round(
            1000 * stopwatch.cpu_s(lambda: Store().verify("moonshine-tiny")), 1
        ),
        "file_ms": round(1000 * stopwatch.cpu_s(lambda: read_file(clips()[4].path)), 2),
        "lines": rooms(),
    }


if __name__ == "__main__":
    stopwatch.pin()
    write(HERE / "data.json", values())
