"""WhisperLive: one model for all clients, decoded again as fast as it can.

https://github.com/collabora/WhisperLive. Audio is float32; segments come with
their place in time, the last one not yet completed. `END_OF_AUDIO` ends a
session at once, with what has not been decoded; so it isn't sent.
"""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

from earshot.audio.formats import Samples

PATH = "/"
START = """
from whisper_live.server import TranscriptionServer
TranscriptionServer().run(
    "127.0.0.1",
    port={port},
    backend="faster_whisper",
    faster_whisper_custom_model_path={weights!r},
    single_model=True,
    max_clients=16,
)
"""


def command(folder: Path, weights: Path, port: int) -> list[str]:
    """Its `run_server.py`, which is not in the package, in one call."""
    program = START.format(port=port, weights=str(weights))
    return [str(folder / "bin/python"), "-c", program]


class Dialogue:
    """One stream; see `measure.Dialogue`."""

    ending = None
    tells_end = False

    def __init__(self) -> None:
        self.ready = self.over = False
        self._segments: dict[float, str] = {}
        self.opening = json.dumps(
            {
                "uid": str(uuid4()),
                "language": "en",
                "task": "transcribe",
                "model": "ours",
                "use_vad": True,
            }
        )

    @property
    def text(self) -> str:
        """Segments in the order of their start."""
        return " ".join(self._segments[start] for start in sorted(self._segments))

    def audio(self, samples: Samples) -> bytes:
        """float32, as it is."""
        return samples.tobytes()

    def hear(self, message: str) -> None:
        """A list of the last ten segments replaces what it overlaps."""
        event = json.loads(message)
        self.ready |= event.get("message") == "SERVER_READY"
        segments = {float(s["start"]): s["text"] for s in event.get("segments", ())}
        if segments:
            first = min(segments)
            kept = {at: text for at, text in self._segments.items() if at < first}
            self._segments = kept | segments
