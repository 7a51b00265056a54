"""What the servers want to be asked in, and answer in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Protocol:
    """Where clips are sent, in what JSON, and where in the answer the text is."""

    path: str
    request: Callable[[str], Any]
    text: Callable[[Any], str]


PLAIN = Protocol(
    "/transcribe", lambda clip: {"audio": clip}, lambda answer: answer["text"]
)
LISTS = Protocol(
    "/transcribe", lambda clip: {"audio": [clip]}, lambda answer: answer[0]
)
OPEN = Protocol(
    "/v2/models/transcriber/infer",
    lambda clip: {
        "id": "1",
        "inputs": [
            {"name": "audio", "shape": [1, 1], "datatype": "BYTES", "data": [clip]}
        ],
    },
    lambda answer: answer["outputs"][0]["data"][0],
)
