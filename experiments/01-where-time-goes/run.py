"""Where do the milliseconds of a streamed word go?

Users read the five LibriVox clips aloud to Earshot as shipped, over and over,
with pauses of about a second that are drawn anew each time: one user, and eight
at once. For every word the time from its end to the event that made it stable is
taken apart: what waits for a packet and for a hearing, by what the event says of
its audio; what the server spent, by the event's own timing; and the rest, which
is transport and both event loops. The parts of a word come to its total exactly.
When a word ended is told by Whisper base's alignment. The server has core 0, the
client core 1.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from statistics import fmean, pvariance
from time import monotonic
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import stopwatch

# isort: split
import numpy as np
from record import write

from earshot.api.messages import Config, Final, Partial, ServerEvent
from earshot.audio.formats import RATE, Format, Samples
from earshot.bench.clips import clips
from earshot.bench.live import server
from earshot.bench.reading import silence
from earshot.client.meter import Meter, keys
from earshot.client.packets import packets
from earshot.client.player import converse
from earshot.client.stream import Client
from earshot.inference.engines import load
from earshot.inference.recogniser import Utterance
from earshot.models.store import Store
from earshot.slo.budget import Budget, percentile

ROUNDS, SEED = {1: 3, 8: 2}, 1
PAUSE_S = 0.8, 1.2
SPACING_S = 0.37
STAGES = {
    "packet": "client",
    "step": "policy",
    "agreement": "policy",
    "endpoint": "policy",
    "hear": "server",
    "queue": "server",
    "decode": "model",
    "transport": "network",
}
ONE_STEP_MS = 13 * 32
"""A step of 400 ms, in whole frames."""
TARGET_MS = Budget.load().target_ms


@dataclass(frozen=True)
class Word:
    """A word, and when in its stream it ended, in ms."""

    key: str
    end: float


@dataclass(frozen=True, eq=False)
class Script:
    """What a user says, float32[n] at 16 kHz, and the words in it."""

    audio: Samples
    words: tuple[Word, ...]


Aligned = Sequence[tuple[Samples, Sequence[Word]]]


def aligned() -> Aligned:
    """Each clip with its words, by Whisper base."""
    whisper = load("whisper-base", Store())
    found = []
    for clip in clips():
        (heard,) = whisper.transcribe([Utterance(clip.audio)])
        words = [Word(*keys(word.text), 1000 * word.end) for word in heard.words]
        found.append((clip.audio, words))
    return found


def script(said: Aligned, rounds: int, dice: random.Random) -> Script:
    """All clips so many times, each behind a pause of its own."""
    pieces: list[Samples] = []
    words: list[Word] = []
    for audio, spoken in list(said) * rounds:
        pieces.append(silence(dice.uniform(*PAUSE_S)))
        began = 1000 * sum(map(len, pieces)) / RATE
        words += [Word(word.key, began + word.end) for word in spoken]
        pieces.append(audio)
    return Script(np.concatenate([*pieces, silence(max(PAUSE_S))]), tuple(words))


@dataclass(frozen=True)
class Hearing:
    """A partial or final as it came: it heard audio up to `end`, in ms.

    `sent` and `came` are in ms of the stream's audio, as if that were a clock:
    when the packet that `end` is in was sent, and when the event arrived.
    """

    event: Partial | Final
    end: float
    sent: float
    came: float

    @property
    def final(self) -> bool:
        return isinstance(self.event, Final)

    @property
    def stable(self) -> list[str]:
        """The words that stay."""
        return keys(self.event.text if self.final else self.event.stable)


def parts(word: Word, hearings: Sequence[Hearing], at: int) -> dict[str, float]:
    """Where the ms of a word went, which is the segment's word number `at`.

    The stages follow one another, from the end of the word to the arrival of
    the event that made it stable.
    """
    made = next(h for h in hearings if len(h.stable) > at)
    reached = next(h for h in hearings if h is made or h.end >= word.end)
    waited = made.end - word.end
    step = 0.0 if reached.final else reached.end - word.end
    timing = made.event.timing
    return {
        "packet": made.sent - made.end,
        "step": step,
        "agreement": 0.0 if made.final else waited - step,
        "endpoint": waited - step if made.final else 0.0,
        "hear": timing.hear,
        "queue": timing.queue,
        "decode": timing.decode,
        "transport": made.came - made.sent - timing.total,
    }


class Listener:
    """Keeps what one user gets, by segment."""

    def __init__(self) -> None:
        self.began = monotonic()
        self.meter = Meter(self.began)
        self.segments: dict[int, list[Hearing]] = {}

    def show(self, event: ServerEvent) -> None:
        """An event has arrived."""
        if not isinstance(event, Partial | Final):
            return
        end = float(event.end_ms)
        if isinstance(event, Final):
            end = event.voice_ms + event.timing.endpoint
        sent, came = self._audio(self.meter.when(end)), self._audio(monotonic())
        hearing = Hearing(event, end, sent, came)
        self.segments.setdefault(event.segment, []).append(hearing)

    def _audio(self, moment: float) -> float:
        return 1000 * (moment - self.began)

    def rows(self, said: Script) -> Iterator[dict[str, float]]:
        """The parts of every word that was heard as it was said."""
        places = [
            (hearings, at)
            for hearings in self.segments.values()
            for at in range(len(hearings[-1].stable))
        ]
        heard = [hearings[-1].stable[at] for hearings, at in places]
        matcher = SequenceMatcher(None, [w.key for w in said.words], heard, False)
        for block in matcher.get_matching_blocks():
            for number in range(block.size):
                hearings, at = places[block.b + number]
                yield parts(said.words[block.a + number], hearings, at)


async def user(url: str, said: Script, wait: float) -> Listener:
    """One user's stream, at the pace of speech."""
    sent = packets(said.audio, Format())
    await asyncio.sleep(wait)
    async with Client(url, Config()) as client:
        listener = Listener()
        await converse(client, sent, listener.meter, listener.show)
    return listener


async def crowd(url: str, said: Sequence[Script]) -> list[Listener]:
    """All users at once."""
    users = (user(url, script, SPACING_S * at) for at, script in enumerate(said))
    return await asyncio.gather(*users)


def measure(said: Aligned, users: int) -> tuple[list[dict[str, float]], list[Hearing]]:
    """The parts of every word, and all hearings."""
    dice = random.Random(SEED)
    scripts = [script(said, ROUNDS[users], dice) for _ in range(users)]
    print(f"{users} users", file=sys.stderr)
    with server({}) as address:
        url = f"{address.replace('http', 'ws', 1)}/v1/stream"
        listeners = asyncio.run(crowd(url, scripts))
    rows = [
        row
        for listener, said in zip(listeners, scripts, strict=True)
        for row in listener.rows(said)
    ]
    hearings = [
        hearing
        for listener in listeners
        for segment in listener.segments.values()
        for hearing in segment
    ]
    return rows, hearings


def summary(rows: Sequence[dict[str, float]]) -> dict[str, Any]:
    """Each stage's ms and part of the mean, and what stages don't tell."""
    totals = [sum(row.values()) for row in rows]
    columns = {stage: [row[stage] for row in rows] for stage in STAGES}
    stages = {stage: spread(column) for stage, column in columns.items()}
    mean, in_time = fmean(totals), sum(total <= TARGET_MS for total in totals)
    alone = sum(pvariance(column) for column in columns.values())
    return {
        "words": len(rows),
        "total": spread(totals),
        "within_target_percent": round(100 * in_time / len(rows), 1),
        "added_p95": round(sum(stage["p95"] for stage in stages.values()), 1),
        "deviation_ms": round(pvariance(totals) ** 0.5, 1),
        "deviation_if_independent_ms": round(alone**0.5, 1),
        "stages": {
            stage: {**found, "share_percent": round(100 * found["mean"] / mean, 1)}
            for stage, found in stages.items()
        },
    }


def spread(ms: Sequence[float]) -> dict[str, float]:
    """Mean and percentiles, in ms."""
    ordered = sorted(ms)
    p50, p95 = percentile(ordered, 50), percentile(ordered, 95)
    return {"mean": round(fmean(ms), 1), "p50": round(p50, 1), "p95": round(p95, 1)}


def report(rows: Sequence[dict[str, float]]) -> dict[str, Any]:
    """All words that were not stable before their aligned end; and by who made them."""
    kept = [row for row in rows if min(row["agreement"], row["endpoint"]) >= 0]
    by_final = [row for row in kept if row["endpoint"]]
    at_once = [row for row in kept if row["step"] and row["agreement"] <= ONE_STEP_MS]
    at_once = [row for row in at_once if not row["endpoint"]]
    by_partial = len(kept) - len(by_final)
    return {
        "early_words": len(rows) - len(kept),
        "by_final_percent": round(100 * len(by_final) / len(kept), 1),
        "agreed_at_once_percent": round(100 * len(at_once) / by_partial, 1),
        **summary(kept),
    }


def cost(hearings: Sequence[Hearing]) -> dict[str, float]:
    """The recogniser's time: ms a call, and for each second of audio in it."""
    alone = [h.event for h in hearings if h.event.timing.batch == 1]
    alone = [event for event in alone if event.timing.decode]
    seconds = [(event.end_ms - event.start_ms) / 1000 for event in alone]
    slope, call = np.polyfit(seconds, [event.timing.decode for event in alone], 1)
    return {"call_ms": round(float(call), 1), "audio_second_ms": round(float(slope), 1)}


def values() -> dict[str, Any]:
    """One user and eight, by stage."""
    said = aligned()
    stopwatch.pin(1)
    found: dict[str, Any] = {"target_ms": TARGET_MS, "users": {}}
    for users in ROUNDS:
        rows, hearings = measure(said, users)
        found["users"][str(users)] = report(rows)
        if users == 1:
            found["recogniser"] = cost(hearings)
    return found


if __name__ == "__main__":
    write(Path(__file__).with_name("data.json"), values())
