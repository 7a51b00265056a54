"""What does a batch of unequal clips waste, and who pays?

48 clips whose lengths spread as utterances might (half below 3 s, 95% below
10 s: assumed), cut from the LibriVox clips, in batches of at most eight for
Moonshine tiny: as they come, sorted, and in buckets of lengths that differ by
at most a quarter. Each arrangement runs two ways: encoded one by one and
decoded together, as Earshot does, and padded to the longest before encoding.
CPU time on one core is the least of two passes. Words that a batch changes
are counted against the same clip alone.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import stopwatch

# isort: split
import numpy as np
from record import write

from earshot.audio.formats import RATE, Samples
from earshot.bench.clips import clips
from earshot.inference.batching import buckets, padding
from earshot.inference.moonshine import Moonshine, Row, pad
from earshot.inference.recogniser import Transcript, Utterance
from earshot.models.store import Store
from earshot.slo.budget import lognormal

COUNT, LIMIT, SPREAD, SEED = 48, 8, 0.25, 5
MEDIAN_S, P95_S = 3, 10
SHORTEST_S, LONGEST_S = 0.6, 20

Batches = list[list[Samples]]


class Padded(Moonshine):
    """Moonshine that pads a batch before it encodes it, in one call."""

    def _together(self, batch: Sequence[Utterance]) -> list[Transcript]:
        rows = [Row.of(utterance) for utterance in batch]
        audio = pad([utterance.audio for utterance in batch])
        mask = pad([np.ones(len(utterance.audio), np.int64) for utterance in batch])
        inputs = {"input_values": audio, "attention_mask": mask}
        (states,) = self._encoder.run(None, inputs)
        self._decode(
            rows, {"encoder_hidden_states": states, "encoder_attention_mask": mask}
        )
        return [Transcript(self._tokenizer.decode(r.tokens), cut=r.cut) for r in rows]


def utterances() -> list[Samples]:
    """Clips in the order in which they come."""
    said = np.concatenate([clip.audio for clip in clips()])
    dice = random.Random(SEED)
    shares = [(number + 0.5) / COUNT for number in range(COUNT)]
    dice.shuffle(shares)
    found = []
    for share in shares:
        seconds = min(max(lognormal(share, MEDIAN_S, P95_S), SHORTEST_S), LONGEST_S)
        start = dice.randrange(len(said) - round(seconds * RATE))
        found.append(said[start : start + round(seconds * RATE)])
    return found


def batches(pieces: Sequence[Samples]) -> Batches:
    """Neighbours together, as many as the limit allows."""
    return [list(pieces[at : at + LIMIT]) for at in range(0, len(pieces), LIMIT)]


def arrangements(pieces: list[Samples]) -> dict[str, Batches]:
    """Ways to put all pieces into batches."""
    ordered = sorted(pieces, key=len)
    bucketed, at = [], 0
    for bucket in buckets([len(piece) for piece in pieces], SPREAD):
        bucketed += batches(ordered[at : at + len(bucket)])
        at += len(bucket)
    return {
        "alone": [[piece] for piece in pieces],
        "as they come": batches(pieces),
        "in buckets": bucketed,
        "sorted": batches(ordered),
    }


def words(recogniser: Moonshine, arranged: Batches) -> dict[bytes, str]:
    """What is heard in each piece, by its samples."""
    found = {}
    for batch in arranged:
        heard = recogniser.transcribe([Utterance(piece) for piece in batch])
        for piece, transcript in zip(batch, heard, strict=True):
            found[piece.tobytes()] = transcript.text
    return found


def measure(recogniser: Moonshine, arranged: dict[str, Batches]) -> dict[str, Any]:
    """CPU ms for a second of audio, and clips whose words the batch changed."""
    seconds = sum(len(piece) for (piece,) in arranged["alone"]) / RATE
    heard: dict[str, dict[bytes, str]] = {}

    def hear(name: str) -> Callable[[], object]:
        return lambda: heard.update({name: words(recogniser, arranged[name])})

    spent = stopwatch.in_turn({name: hear(name) for name in arranged}, passes=2)
    alone = heard["alone"]
    return {
        name: {
            "cpu_ms_per_audio_s": round(1000 * spent[name] / seconds, 2),
            "changed": sum(text != alone[key] for key, text in texts.items()),
        }
        for name, texts in heard.items()
    }


def wasted(arranged: Batches) -> dict[str, float]:
    """Batches, their mean size, and the part of all padded audio that is padding."""
    lengths = [[len(piece) / RATE for piece in batch] for batch in arranged]
    padded = [len(batch) * max(batch) for batch in lengths]
    waste = sum(padding(b) * p for b, p in zip(lengths, padded, strict=True))
    return {
        "batches": len(arranged),
        "mean_batch": round(fmean(map(len, arranged)), 2),
        "padding_percent": round(100 * waste / sum(padded), 1),
    }


def values() -> dict[str, Any]:
    """Waste, cost and changed words, by arrangement and way."""
    pieces, folder = utterances(), Store().verify("moonshine-tiny")
    arranged = arrangements(pieces)
    apart, together = (measure(made(folder), arranged) for made in (Moonshine, Padded))
    return {
        "clips": COUNT,
        "audio_s": round(sum(map(len, pieces)) / RATE, 2),
        "arrangements": {
            name.replace(" ", "-"): {
                **wasted(made),
                "encoded_apart": apart[name],
                "padded": together[name],
            }
            for name, made in arranged.items()
        },
    }


if __name__ == "__main__":
    stopwatch.pin()
    write(Path(__file__).with_name("data.json"), values())
