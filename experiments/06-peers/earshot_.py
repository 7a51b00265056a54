"""Earshot by its own protocol, measured like the others.

What is shown is the finals and, behind them, the stable and the unstable words
of the segment that is open.
"""

from __future__ import annotations

import json
from pathlib import Path

from earshot.audio.formats import Samples
from earshot.audio.pcm import encode

PATH = "/v1/stream"
START = """
from earshot.cli import main
main(["serve", "--port", "{port}", "--model", "{model}"])
"""


def command(folder: Path, weights: Path, port: int) -> list[str]:
    """This checkout's server in an environment that has what it runs on."""
    model = weights.name.rpartition("-")[0]
    return [str(folder / "bin/python"), "-c", START.format(port=port, model=model)]


class Dialogue:
    """One stream; see `measure.Dialogue`."""

    opening = json.dumps({"type": "config"})
    ending = json.dumps({"type": "close"})
    tells_end = True

    def __init__(self) -> None:
        self.ready = self.over = False
        self._segments: dict[int, str] = {}

    @property
    def text(self) -> str:
        """Segments in the order of their numbers."""
        return " ".join(self._segments[number] for number in sorted(self._segments))

    def audio(self, samples: Samples) -> bytes:
        """16-bit PCM."""
        return encode(samples)

    def hear(self, message: str) -> None:
        """A final replaces the partial of its segment."""
        event = json.loads(message)
        self.ready |= event["type"] == "ready"
        self.over |= event["type"] == "session.ended"
        if event["type"] == "partial":
            words = (event["stable"], event["unstable"])
            self._segments[event["segment"]] = " ".join(words)
        if event["type"] == "final":
            self._segments[event["segment"]] = event["text"]
