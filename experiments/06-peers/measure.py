"""Speech to a streaming server, paced like a microphone's, and what comes back.

All servers are measured by this module. An adapter translates its server's
protocol to one thing: the text that someone who watches it would see now.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from time import monotonic
from typing import Any, Protocol

import numpy as np
from server import Server, Usage
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from earshot.audio.formats import RATE, Samples
from earshot.text.errors import count, total
from earshot.text.normalise import normalise

CHUNK_S = 0.1
LEAD_S, TAIL_S = 0.3, 1.5
APART_S, REST_S = 0.37, 1.0
QUIET_S, CROWDED_QUIET_S = 5.0, 8.0
PATIENCE_S = 30.0
GLANCE_S = 0.02
SAMPLE_S = 0.2
LOUD = 0.1
HOP = RATE // 100


class Refused(Exception):
    """The server wouldn't take a stream; says what it said."""


class Dialogue(Protocol):
    """One stream, as its server wants to be spoken to.

    `opening` and `ending` are sent before and after the audio, if they are
    something. `ready` becomes true when audio may come, `over` when nothing
    will come any more; `tells_end` says whether the server lets one know that.
    `text` is what is shown now.
    """

    opening: str
    ending: str | bytes | None
    tells_end: bool
    ready: bool
    over: bool
    text: str

    def audio(self, samples: Samples) -> bytes:
        """A message of float32[n] at 16 kHz."""

    def hear(self, message: str) -> None:
        """Take a message from the server."""


@dataclass(frozen=True, eq=False)
class Speech:
    """Audio float32[n] between silences; words from `begin` to `end`, in seconds."""

    name: str
    audio: Samples
    words: str
    begin: float
    end: float

    @property
    def seconds(self) -> float:
        """How long the stream is, silences included."""
        return len(self.audio) / RATE


def speech(name: str, audio: Samples, words: str) -> Speech:
    """Put silence around a clip; words are where 10 ms of it aren't faint.

    Not faint is a tenth of the loudness that one piece in twenty exceeds.
    """
    hops = audio[: len(audio) // HOP * HOP].reshape(-1, HOP)
    loudness = np.sqrt((hops**2).mean(axis=1))
    loud = np.flatnonzero(loudness > LOUD * np.percentile(loudness, 95))
    begin, end = (LEAD_S + int(n) * HOP / RATE for n in (loud[0], loud[-1] + 1))
    padded = np.pad(audio, (round(LEAD_S * RATE), round(TAIL_S * RATE)))
    return Speech(name, padded, words, begin, end)


@dataclass
class Heard:
    """What came back: words shown from a time on, in seconds of the stream.

    Audio was `sent` so far, and was `late` by so much at worst.
    """

    start: float = 0.0
    updates: list[tuple[float, list[str]]] = field(default_factory=list)
    text: str = ""
    bytes: int = 0
    sent: float = 0.0
    late: float = 0.0
    last_message: str = ""

    @property
    def changed(self) -> float:
        """When the words changed last, or 0."""
        return self.updates[-1][0] if self.updates else 0.0

    def now(self) -> float:
        """Seconds since the stream's first sample."""
        return monotonic() - self.start


Session = tuple[ClientConnection, Heard]


@asynccontextmanager
async def session(url: str, dialogue: Dialogue) -> AsyncIterator[Session]:
    """A stream whose server is ready for audio; raises `Refused` if it won't be."""
    heard = Heard(monotonic())
    try:
        async with connect(
            url, max_size=None, ping_interval=None, close_timeout=1
        ) as socket:
            listening = asyncio.create_task(listen(socket, dialogue, heard))
            await open_up(socket, dialogue, heard)
            yield socket, heard
            if listening.done():
                listening.result()
            listening.cancel()
    except (OSError, WebSocketException) as error:
        raise Refused(str(error) or type(error).__name__) from error


async def knock(url: str, dialogue: Dialogue) -> None:
    """See whether a stream is taken, and hang up."""
    async with session(url, dialogue):
        pass


async def stream(url: str, dialogue: Dialogue, said: Speech, quiet: float) -> Heard:
    """One stream from its opening to its last word.

    It is over when the server says so or, if it never does, when `quiet`
    seconds have brought nothing new. Raises `Refused`.
    """
    async with session(url, dialogue) as (socket, heard):
        await speak(socket, dialogue, said, heard)
        await settle(dialogue, heard, quiet)
    heard.text = dialogue.text
    return heard


async def listen(socket: ClientConnection, dialogue: Dialogue, heard: Heard) -> None:
    """Note when the words that are shown change."""
    with suppress(ConnectionClosed):
        async for message in socket:
            text = message if isinstance(message, str) else message.decode()
            heard.bytes += len(text.encode())
            heard.last_message = text[:200]
            dialogue.hear(text)
            words = normalise(dialogue.text)
            if words != (heard.updates[-1][1] if heard.updates else []):
                heard.updates.append((heard.now(), words))
    dialogue.over = True


async def open_up(socket: ClientConnection, dialogue: Dialogue, heard: Heard) -> None:
    """Say what comes first, and wait until audio may come."""
    if dialogue.opening:
        await socket.send(dialogue.opening)
    while not dialogue.ready:
        if dialogue.over or heard.now() > PATIENCE_S:
            raise Refused(heard.last_message or "no answer")
        await asyncio.sleep(GLANCE_S)


async def speak(
    socket: ClientConnection, dialogue: Dialogue, said: Speech, heard: Heard
) -> None:
    """Send each chunk when a microphone would have it; a lost connection ends it."""
    step = round(CHUNK_S * RATE)
    heard.start = monotonic()
    with suppress(ConnectionClosed):
        for at in range(0, len(said.audio), step):
            chunk = said.audio[at : at + step]
            due = (at + len(chunk)) / RATE
            await asyncio.sleep(due - heard.now())
            await socket.send(dialogue.audio(chunk))
            heard.sent, heard.late = due, max(heard.late, heard.now() - due)
        if dialogue.ending is not None:
            await socket.send(dialogue.ending)


async def settle(dialogue: Dialogue, heard: Heard, quiet: float) -> None:
    """Wait for the last words."""
    asked = heard.now()
    while not dialogue.over and heard.now() - asked < PATIENCE_S:
        still = heard.now() - max(heard.changed, asked)
        if still > quiet and not dialogue.tells_end:
            return
        await asyncio.sleep(GLANCE_S)


@dataclass(frozen=True)
class Run:
    """Streams that shared a server: what they heard, or why they were refused.

    `cpu` and `wall` are the seconds from the first stream's opening to the last
    change of words or the last audio, whichever came later; `rss` is the most.
    """

    said: Speech
    heard: list[Heard]
    refused: list[str]
    cpu: float
    wall: float
    rss: int


async def run(
    server: Server, url: str, make: Callable[[], Dialogue], said: Speech, streams: int
) -> Run:
    """So many streams of the same speech, starting one after another."""
    await asyncio.sleep(REST_S)
    samples: list[tuple[float, Usage]] = []
    watching = asyncio.create_task(watch(server, samples))
    quiet = QUIET_S if streams == 1 else CROWDED_QUIET_S

    async def later(number: int) -> Heard:
        await asyncio.sleep(number * APART_S)
        return await stream(url, make(), said, quiet)

    tasks = (later(number) for number in range(streams))
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    watching.cancel()
    samples.append((monotonic(), server.usage()))
    if others := [o for o in outcomes if not isinstance(o, (Heard, Refused))]:
        raise others[0]
    heard = [outcome for outcome in outcomes if isinstance(outcome, Heard)]
    end = max((h.start + max(h.changed, h.sent) for h in heard), default=samples[0][0])
    times, usages = zip(*samples, strict=True)
    cpu = np.interp([times[0], end], times, [usage.cpu for usage in usages])
    return Run(
        said,
        heard,
        refused=[str(o) for o in outcomes if isinstance(o, Refused)],
        cpu=float(cpu[1] - cpu[0]),
        wall=end - times[0],
        rss=max(usage.rss for usage in usages),
    )


async def watch(server: Server, samples: list[tuple[float, Usage]]) -> None:
    """Note what the server uses, several times a second."""
    while True:
        samples.append((monotonic(), server.usage()))
        await asyncio.sleep(SAMPLE_S)


def figures(runs: Sequence[Run]) -> dict[str, Any]:
    """What the streams of all runs come to; times in seconds, rates per second.

    `first_s` counts from the first sound of speech to the first word shown,
    `last_s` from the last sound to the last change of words. A rewrite is an
    update that takes back words that were shown; `erased` counts those words.
    `client_late_s` is how late this client sent audio at worst: where that isn't
    small, something else used its processor and nothing here holds.
    """
    pairs = [(run.said, heard) for run in runs for heard in run.heard]
    refusals = [reason for run in runs for reason in run.refused]
    found: dict[str, Any] = {
        "streams": len(pairs) + len(refusals),
        "refused": len(refusals),
    }
    if refusals:
        found["reason"] = refusals[0]
    if not pairs:
        return found
    errors = total(count(said.words, heard.text) for said, heard in pairs)
    seconds = sum(said.seconds for said, _ in pairs)
    erased = [n for _, heard in pairs for n in taken_back(heard)]
    spoken = [(said, heard) for said, heard in pairs if heard.updates]
    return found | {
        "cut_off": sum(heard.sent < said.seconds for said, heard in pairs),
        "words": errors.words,
        "errors": errors.total,
        "lost_words": errors.deletions,
        "wer_percent": round(100 * errors.rate, 1),
        "first_s": spread([h.updates[0][0] - said.begin for said, h in spoken]),
        "last_s": spread([h.changed - said.end for said, h in spoken]),
        "updates_per_s": round(sum(len(h.updates) for _, h in pairs) / seconds, 2),
        "rewrites": len(erased),
        "erased": sum(erased),
        "cpu_per_stream_s": round(sum(run.cpu for run in runs) / seconds, 3),
        "busy": round(sum(run.cpu for run in runs) / sum(run.wall for run in runs), 2),
        "rss_mb": round(max(run.rss for run in runs) / 1e6),
        "bytes_per_s": round(sum(heard.bytes for _, heard in pairs) / seconds),
        "client_late_s": round(max(heard.late for _, heard in pairs), 3),
    }


def taken_back(heard: Heard) -> list[int]:
    """For each update that rewrote words: how many it took back."""
    shown = [words for _, words in heard.updates]
    erased = []
    for before, after in pairwise(shown):
        same = 0
        while same < min(len(before), len(after)) and before[same] == after[same]:
            same += 1
        erased.append(len(before) - same)
    return [number for number in erased if number]


def spread(values: list[float]) -> dict[str, float] | None:
    """Median and worst, or nothing where no stream got words."""
    if not values:
        return None
    return {
        "median": round(statistics.median(values), 2),
        "worst": round(max(values), 2),
    }
