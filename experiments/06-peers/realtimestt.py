"""RealtimeSTT's example server: sessions that share a lane to one model.

https://github.com/KoljaB/RealtimeSTT. Audio is 16-bit PCM behind a header in
JSON; interim text and finals come by segment. After `stop` it is idle at once,
and each recording that was begun still has its final.
"""

from __future__ import annotations

import json
from pathlib import Path

from earshot.audio.formats import RATE, Samples
from earshot.audio.pcm import encode

PATH = "/ws/transcribe"
OPTIONS = """
--host 127.0.0.1 --device cpu --compute-type int8 --language en
--use-main-model-for-realtime --max-sessions 16 --max-active-speakers 16
--log-level WARNING
"""


def command(folder: Path, weights: Path, port: int) -> list[str]:
    """The example server, with one lane for interim text and finals."""
    return [
        *(str(folder / "bin/python"), "-m", "example_fastapi_server.server"),
        *OPTIONS.split(),
        *("--port", str(port), "--model", str(weights)),
    ]


class Dialogue:
    """One stream; see `measure.Dialogue`."""

    opening = json.dumps({"type": "start"})
    ending = json.dumps({"type": "stop"})
    tells_end = True

    def __init__(self) -> None:
        self.ready = self.over = self._idle = False
        self._open = 0
        self._segments: dict[int, str] = {}

    @property
    def text(self) -> str:
        """Segments in the order of their numbers."""
        return " ".join(self._segments[number] for number in sorted(self._segments))

    def audio(self, samples: Samples) -> bytes:
        """The header's length in four bytes, the header, 16-bit PCM."""
        header = {
            "sampleRate": RATE,
            "channels": 1,
            "format": "pcm_s16le",
            "frames": len(samples),
        }
        packed = json.dumps(header).encode()
        return len(packed).to_bytes(4, "little") + packed + encode(samples)

    def hear(self, message: str) -> None:
        """A final replaces the interim text of its segment."""
        event = json.loads(message)
        self.ready |= event["type"] == "ready"
        self._idle |= event.get("state") == "idle"
        self._open += event.get("event") == "recording_started"
        if event["type"] in ("realtime", "final"):
            self._segments[event["segmentId"]] = event["text"]
            self._open -= event["type"] == "final"
        self.over = self._idle and not self._open
