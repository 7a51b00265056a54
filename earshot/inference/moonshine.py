"""Moonshine tiny on plain ONNX Runtime.

Two graphs: an encoder that turns samples into states, and a decoder that turns
states and the last token into the next. The decoder takes a mask over samples,
so utterances of unequal length share a batch; the browser's edition takes none.
The model: Jeffries et al., "Moonshine", arXiv:2410.15608.

Utterances are encoded one by one and decoded together. The decoder's many small
steps gain from company. The encoder is busy with one utterance alone, and in a batch
it would work on the padding, too. Worse, its normalisation runs over the padding
and its activations share one 8-bit scale, so that a caller's words would depend
more on who else was speaking. The decoder's activations share a scale, too, and
words at the edge of a clip do change with the company.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from earshot.audio.formats import RATE
from earshot.inference.recogniser import Cut, Transcript, Utterance
from earshot.inference.tokenizer import BEGIN, END, Tokenizer

HEADS, WIDTH = 8, 36  # of the decoder's attention
TOKENS_PER_SECOND = 6.5  # more is a loop, not speech: Moonshine's own limit
LEAST_TOKENS = 6
SHORTEST = RATE // 8  # samples; the encoder's filters need about as many
LONGEST_S = 20.0  # the model heard up to 30 s when it learned
WARM_UP_S = 4

Tensor = npt.NDArray[Any]


def session(path: Path, threads: int) -> ort.InferenceSession:
    """A graph on the CPU, on `threads` threads that don't spin while they wait."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


@dataclass
class Row:
    """One utterance while it is decoded."""

    limit: int
    deadline: float
    tokens: list[int]
    done: bool = False
    cut: Cut = ""

    @classmethod
    def of(cls, utterance: Utterance) -> Row:
        """Nothing decoded yet; nothing to decode where no word could be heard."""
        limit = max(LEAST_TOKENS, int(utterance.seconds * TOKENS_PER_SECOND))
        return cls(limit, utterance.deadline, [], len(utterance.audio) < SHORTEST)

    def take(self, token: int, now: float) -> None:
        """Add a token; see whether it was the last."""
        if self.done:
            return
        if token == END:
            self.done = True
            return
        self.tokens.append(token)
        if len(self.tokens) >= self.limit:
            self.done, self.cut = True, "length"
        elif now > self.deadline:
            self.done, self.cut = True, "deadline"


class Moonshine:
    """The recogniser for streams: small, quick, and able to share a batch."""

    def __init__(
        self,
        folder: Path,
        threads: int = 1,
        clock: Callable[[], float] = time.monotonic,
        name: str = "moonshine",
    ) -> None:
        self.name = name
        self.longest = LONGEST_S
        self._clock = clock
        self._encoder = session(next(folder.glob("encoder_model.*")), threads)
        self._decoder = session(next(folder.glob("decoder_model_merged.*")), threads)
        self._tokenizer = Tokenizer.read(folder / "tokenizer.bin")
        given = [tensor.name for tensor in self._decoder.get_outputs()]
        self._cache = [name.replace("present", "past_key_values") for name in given[1:]]
        self.masked = len(self._encoder.get_inputs()) > 1  # can lengths differ?

    def warm_up(self) -> None:
        """Run once, so that memory is there and kernels are chosen."""
        silence = np.zeros(WARM_UP_S * RATE, np.float32)
        self.transcribe([Utterance(silence)])

    # --8<-- [start:transcribe]
    def transcribe(self, batch: Sequence[Utterance]) -> list[Transcript]:
        """Encode one by one, decode together where the model allows it."""
        lengths = {len(utterance.audio) for utterance in batch}
        if len(lengths) > 1 and not self.masked:
            return [self._together([utterance])[0] for utterance in batch]
        return self._together(batch) if batch else []

    def _together(self, batch: Sequence[Utterance]) -> list[Transcript]:
        rows = [Row.of(utterance) for utterance in batch]
        inputs = {"encoder_hidden_states": pad([self._encode(u) for u in batch])}
        if self.masked:
            mask = [np.ones(max(len(u.audio), SHORTEST), np.int64) for u in batch]
            inputs["encoder_attention_mask"] = pad(mask)
        self._decode(rows, inputs)
        return [Transcript(self._tokenizer.decode(r.tokens), cut=r.cut) for r in rows]

    def _encode(self, utterance: Utterance) -> Tensor:
        """States float32[t, 288] of one utterance: about 42 for a second."""
        audio = np.zeros((1, max(len(utterance.audio), SHORTEST)), np.float32)
        audio[0, : len(utterance.audio)] = utterance.audio
        inputs: dict[str, Tensor] = {"input_values": audio}
        if self.masked:
            inputs["attention_mask"] = np.ones(audio.shape, np.int64)
        (states,) = self._encoder.run(None, inputs)
        return np.asarray(states[0])

    # --8<-- [end:transcribe]
    # --8<-- [start:decode]
    def _decode(self, rows: Sequence[Row], states: dict[str, Tensor]) -> None:
        """Greedy decoding: the likeliest token, again and again, for all rows.

        The first run fills the cache with the keys and values of the states,
        which stay, and of the tokens so far, which grow by one a step.
        """
        shape = (len(rows), HEADS, 0, WIDTH)
        cache = {name: np.zeros(shape, np.float32) for name in self._cache}
        tokens = np.full((len(rows), 1), BEGIN, np.int64)
        first = True
        while not all(row.done for row in rows):
            step = {"input_ids": tokens, "use_cache_branch": np.array([not first])}
            logits, *present = self._decoder.run(None, {**states, **cache, **step})
            for name, values in zip(self._cache, present, strict=True):
                if first or ".decoder." in name:
                    cache[name] = values
            tokens = logits[:, -1:].argmax(axis=-1)
            now = self._clock()
            for row, token in zip(rows, tokens[:, 0].tolist(), strict=True):
                row.take(token, now)
            first = False

    # --8<-- [end:decode]


# --8<-- [start:pad]
def pad(rows: Sequence[Tensor]) -> Tensor:
    """Arrays of unequal length, [n] or [n, d], as one: zeros fill the ends."""
    longest = max(len(row) for row in rows)
    padded = np.zeros((len(rows), longest, *rows[0].shape[1:]), rows[0].dtype)
    for target, row in zip(padded, rows, strict=True):
        target[: len(row)] = row
    return padded


# --8<-- [end:pad]
