"""The same utterances in three ways: as a batch, as requests, and as streams.

Five LibriVox clips, cut a tenth of a second behind the voice, Moonshine tiny.
*Batch*: when all five are recorded, one job hears them, one after another or in
one call. *Request*: a user says a clip, lets a button go, and a new connection
uploads it whole, without partials; words come when it was heard. *Stream*: each
packet is sent when it was spoken, partials come meanwhile, and a flush takes the
button's place. The server has core 0 and one thread a model, the users core 1;
it is the service as shipped, ladder included. Users take clips in turn, with a
second between them, and begin at different times. First words count from the
start of the voice, all words from its end.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from statistics import fmean
from time import monotonic
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import stopwatch

# isort: split
from record import write

from earshot.api.messages import Config, Final, Flushed, Partial
from earshot.audio.formats import RATE, Format, Samples
from earshot.bench.clips import clips
from earshot.bench.live import server
from earshot.bench.simulated import recogniser as warm
from earshot.client.errors import Refused
from earshot.client.packets import Packet, packets
from earshot.client.stream import Client
from earshot.client.watch import fetch
from earshot.inference import files
from earshot.inference.recogniser import Recogniser, Utterance
from earshot.scaling.cost import capacity
from earshot.slo.budget import Budget, percentile
from earshot.text.errors import WordErrors, count, total

RELEASE_S = 0.1
"""Seconds from the end of the voice to the release of the button: assumed."""
REST_S = 1.0
TURN_S = 6.0
"""Seconds in which all users begin: about one clip and its rest."""
SECONDS = 18.0
USERS = {"request": (1, 16, 24, 32, 40), "stream": (1, 4, 8, 12, 16)}
TARGET_S = Budget.load().target_ms / 1000
FIRST_WORD_S = 1.0
"""Seconds that a first word may take to count as live: assumed."""
QUIET = 0.02


@dataclass(frozen=True, eq=False)
class Said:
    """What a user says, float32[n] at 16 kHz: the voice is between two moments."""

    words: str
    audio: Samples
    begins: float
    ends: float
    sent: tuple[Packet, ...]


@cache
def said() -> tuple[Said, ...]:
    """The clips, from their first sample to the release of the button."""
    found = []
    for clip in clips():
        loud = abs(clip.audio) > QUIET
        begins, ends = loud.argmax(), len(loud) - loud[::-1].argmax()
        audio = clip.audio[: ends + round(RELEASE_S * RATE)]
        sent = tuple(packets(audio, Format()))
        found.append(Said(clip.words, audio, begins / RATE, ends / RATE, sent))
    return tuple(found)


@dataclass(frozen=True)
class Answer:
    """When the first word of an utterance came, how many partials, and all words."""

    first: float
    partials: int
    text: str


@dataclass
class Seen:
    """What users saw, in seconds, and what was heard of what they said."""

    first: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)
    errors: list[WordErrors] = field(default_factory=list)
    audio_s: float = 0.0
    partials: int = 0
    refused: int = 0

    def add(self, said: Said, began: float, heard: Answer) -> None:
        """All words of an utterance that began to be spoken at `began` are here."""
        self.first.append(heard.first - began - said.begins)
        self.last.append(monotonic() - began - said.ends)
        self.errors.append(count(said.words, heard.text))
        self.partials += heard.partials
        self.audio_s += len(said.audio) / RATE


# --8<-- [start:request]
async def request(url: str, talk: AsyncIterator[Said], seen: Seen) -> None:
    """Speak, then ask: nothing leaves before the button is let go."""
    async for said in talk:
        began = monotonic()
        await asyncio.sleep(len(said.audio) / RATE)
        try:
            async with Client(url, Config(partials=False)) as client:
                for packet in said.sent:
                    await client.send(packet)
                await client.flush()
                seen.add(said, began, await answer(client))
        except Refused:
            seen.refused += 1


# --8<-- [end:request]
# --8<-- [start:stream]
async def stream(url: str, talk: AsyncIterator[Said], seen: Seen) -> None:
    """Send what is spoken as it is spoken, over one connection."""
    async with Client(url, Config()) as client:
        async for said in talk:
            began = monotonic()
            answered = asyncio.create_task(answer(client))
            spoken = began
            for packet in said.sent:
                spoken += packet.ms / 1000
                await asyncio.sleep(spoken - monotonic())
                await client.send(packet)
            await client.flush()
            seen.add(said, began, await answered)


# --8<-- [end:stream]
async def answer(client: Client) -> Answer:
    """All that comes up to the answer of a flush."""
    first, partials, texts = 0.0, 0, []
    async for event in client:
        if isinstance(event, Partial | Final):
            first = first or monotonic()
        if isinstance(event, Partial):
            partials += 1
        if isinstance(event, Final):
            texts.append(event.text)
        if isinstance(event, Flushed):
            break
    return Answer(first or monotonic(), partials, " ".join(texts))


WAYS: dict[str, Callable[..., Any]] = {"request": request, "stream": stream}


async def script(user: int, wait: float, until: float) -> AsyncIterator[Said]:
    """What a user says: clip after clip, with a rest between them."""
    await asyncio.sleep(wait)
    turn = user
    while monotonic() < until:
        yield said()[turn % len(said())]
        turn += 1
        await asyncio.sleep(REST_S)


async def crowd(way: str, users: int, address: str) -> dict[str, Any]:
    """What so many users saw, and what it cost."""
    url, seen = f"{address.replace('http', 'ws', 1)}/v1/stream", Seen()
    await WAYS[way](url, script(0, 0, monotonic() + 1), Seen())
    before = fetch(url)
    until = monotonic() + SECONDS
    scripts = (script(user, user * TURN_S / users, until) for user in range(users))
    await asyncio.gather(*(WAYS[way](url, each, seen) for each in scripts))
    after = fetch(url)
    assert before
    assert after
    spent = after.cpu_s - before.cpu_s
    return {
        "utterances": len(seen.last),
        "refused": seen.refused,
        "partials_per_audio_s": round(seen.partials / seen.audio_s, 2),
        "first_word_s": spread(seen.first),
        "all_words_s": spread(seen.last),
        "cpu_per_audio_s": round(spent / seen.audio_s, 4),
        "cores": round(spent / (after.at - before.at), 3),
        "word_errors": total(seen.errors).total,
        "words": total(seen.errors).words,
    }


def spread(seconds: list[float]) -> dict[str, float]:
    """Mean and percentiles, in seconds."""
    ordered = sorted(seconds)
    p50, p95 = (percentile(ordered, percent) for percent in (50, 95))
    found = {"mean": fmean(ordered), "p50": p50, "p95": p95, "most": ordered[-1]}
    return {name: round(value, 3) for name, value in found.items()}


def live(way: str) -> dict[str, Any]:
    """Every crowd with a server of its own."""
    rows = {}
    for users in USERS[way]:
        print(f"{way}: {users} users", file=sys.stderr)
        with server({}) as address:
            rows[str(users)] = asyncio.run(crowd(way, users, address))
    return rows


def job(recogniser: Recogniser, together: bool) -> list[str]:
    """The words of all utterances: in one call, or one after another."""
    if together:
        heard = recogniser.transcribe([Utterance(each.audio) for each in said()])
        return [transcript.text for transcript in heard]
    return [files.transcribe(each.audio, recogniser).text for each in said()]


def batch() -> dict[str, Any]:
    """What a job costs that hears a whole recording, once all of it is there."""
    recogniser, recorded = warm(), sum(len(each.audio) for each in said()) / RATE
    found = {}
    for name, together in {"one-by-one": False, "together": True}.items():
        began, cpu = time.perf_counter(), time.process_time()
        texts = job(recogniser, together)
        wall = time.perf_counter() - began
        cpu = time.process_time() - cpu
        errors = total(count(a.words, b) for a, b in zip(said(), texts, strict=True))
        found[name] = {
            "job_s": round(wall, 3),
            "cpu_per_audio_s": round(cpu / recorded, 4),
            "first_word_s": waits(recorded + wall)["first_word_s"],
            "all_words_s": waits(recorded + wall)["all_words_s"],
            "word_errors": errors.total,
            "words": errors.words,
        }
    return found


def waits(done: float) -> dict[str, dict[str, float]]:
    """What the speakers of a recording wait when its words come at `done`."""
    first, last, began = [], [], 0.0
    for each in said():
        first.append(done - began - each.begins)
        last.append(done - began - each.ends)
        began += len(each.audio) / RATE
    return {"first_word_s": spread(first), "all_words_s": spread(last)}


def carried(rows: dict[str, Any], first_word_s: float) -> int:
    """The largest crowd of which, as of all smaller ones, 95% had words in time."""
    limits = {"all_words_s": TARGET_S, "first_word_s": first_word_s}
    return min(
        capacity({int(users): row[kind]["p95"] for users, row in rows.items()}, limit)
        for kind, limit in limits.items()
    )


def values() -> dict[str, Any]:
    """All three ways, and how many users one core carries in each."""
    stopwatch.pin(0)
    jobs = batch()
    stopwatch.pin(1)
    ways = {way: live(way) for way in WAYS}
    recorded = sum(len(each.audio) for each in said()) / RATE
    talking = recorded / (recorded + REST_S * len(said()))
    return {
        "utterances": len(said()),
        "recorded_s": round(recorded, 2),
        "talking_percent": round(100 * talking, 1),
        "rest_s": REST_S,
        "batch": jobs,
        **ways,
        "limits_s": {"all_words": TARGET_S, "first_word": FIRST_WORD_S},
        "users_a_core": {
            "batch": int(1 / jobs["one-by-one"]["cpu_per_audio_s"] / talking),
            "request": carried(ways["request"], float("inf")),
            "stream": carried(ways["stream"], FIRST_WORD_S),
        },
    }


if __name__ == "__main__":
    write(Path(__file__).with_name("data.json"), values())
