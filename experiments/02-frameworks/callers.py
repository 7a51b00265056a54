"""Callers who ask again as soon as they are answered, each on its own connection."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from protocols import Protocol

from earshot.slo.budget import percentile

PATIENCE_S = 30


@dataclass(frozen=True)
class Question:
    """The body of a request, and the text that answers it."""

    body: bytes
    text: str


class WrongAnswer(Exception):
    """A server said something else than the model does."""


class Caller:
    """One connection, kept alive, and how long each of its answers took in s."""

    def __init__(self, port: int, protocol: Protocol) -> None:
        self._http = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self._protocol = protocol
        self.took: list[float] = []

    def ask(self, question: Question) -> None:
        """Ask and compare; raises `WrongAnswer`, `OSError` or `HTTPException`."""
        began = time.perf_counter()
        head = {"Content-Type": "application/json"}
        self._http.request("POST", self._protocol.path, question.body, head)
        response = self._http.getresponse()
        said = response.read()
        if response.status != 200:
            raise HTTPException(f"{response.status}: {said[:300]!r}")
        self.took.append(time.perf_counter() - began)
        text = self._protocol.text(json.loads(said))
        if text != question.text:
            raise WrongAnswer(f"said “{text}” instead of “{question.text}”")

    def ask_until(self, end: float, questions: Sequence[Question], first: int) -> None:
        """Ask one after the other until `end`; the last is still answered."""
        number = first
        while time.perf_counter() < end:
            self.ask(questions[number % len(questions)])
            number += 1

    def close(self) -> None:
        self._http.close()


def load(
    port: int,
    protocol: Protocol,
    questions: Sequence[Question],
    count: int,
    seconds: float,
) -> dict[str, float]:
    """What `count` callers see in `seconds`: latencies in ms and answers a second.

    `client_busy` is the share of its core that this process used; near 1, it
    measured itself. Raises what `Caller.ask` does.
    """
    callers = [Caller(port, protocol) for _ in range(count)]
    began, spent = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(count) as threads:
        asking = [
            threads.submit(caller.ask_until, began + seconds, questions, number)
            for number, caller in enumerate(callers)
        ]
    wall, spent = time.perf_counter() - began, time.process_time() - spent
    for done, caller in zip(asking, callers, strict=True):
        done.result()
        caller.close()
    took = sorted(1000 * each for caller in callers for each in caller.took)
    return {
        "answers": len(took),
        "p50_ms": round(percentile(took, 50), 2),
        "p95_ms": round(percentile(took, 95), 2),
        "per_s": round(len(took) / wall, 2),
        "client_busy": round(spent / wall, 2),
    }
