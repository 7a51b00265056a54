"""WhisperLiveKit: LocalAgreement over a buffer for each client.

https://github.com/QuentinFuxa/WhisperLiveKit. Audio is 16-bit PCM; the whole
state comes with every change: lines that are agreed on, and a buffer.
"""

from __future__ import annotations

import json
from pathlib import Path

from earshot.audio.formats import Samples
from earshot.audio.pcm import encode
from earshot.bench.clips import clips

PATH = "/asr"
OPTIONS = """
--host 127.0.0.1 --pcm-input --language en --backend faster-whisper
--backend-policy localagreement --log-level WARNING
"""


def command(folder: Path, weights: Path, port: int) -> list[str]:
    """Its server; the first clip warms it up."""
    return [
        str(folder / "bin/whisperlivekit-server"),
        *OPTIONS.split(),
        *("--port", str(port)),
        *("--model_dir", str(weights)),
        *("--warmup-file", str(clips()[0].path)),
    ]


class Dialogue:
    """One stream; see `measure.Dialogue`."""

    opening = ""
    ending = b""
    tells_end = True

    def __init__(self) -> None:
        self.ready = self.over = False
        self.text = ""

    def audio(self, samples: Samples) -> bytes:
        """16-bit PCM."""
        return encode(samples)

    def hear(self, message: str) -> None:
        """Lines and buffer make the text; `ready_to_stop` is the end."""
        event = json.loads(message)
        self.ready |= event.get("type") == "config"
        self.over |= event.get("type") == "ready_to_stop"
        if "lines" in event:
            lines = [line.get("text") or "" for line in event["lines"]]
            self.text = " ".join([*lines, event.get("buffer_transcription") or ""])
