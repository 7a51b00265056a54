"""Whisper base on CTranslate2: the recogniser for files.

It looks at 30 seconds at a time whatever is in them, which is too slow for a
word every few hundred milliseconds, and knows when each word was said.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel

from earshot.audio.formats import RATE
from earshot.inference.recogniser import Cut, Transcript, Utterance, Word

MOST_TOKENS = 224  # in its 30 seconds; half of what it has room for
BEAMS = 5  # hypotheses kept, as in OpenAI's own command


class Whisper:
    """Whisper with weights in int8, one utterance after another."""

    def __init__(
        self,
        folder: Path,
        threads: int = 1,
        clock: Callable[[], float] = time.monotonic,
        name: str = "whisper",
    ) -> None:
        self.name = name
        self.longest = math.inf  # it cuts by itself
        self._clock = clock
        self._model = WhisperModel(
            str(folder),
            device="cpu",
            compute_type="int8",
            cpu_threads=threads,
            local_files_only=True,
        )

    def warm_up(self) -> None:
        """Run once over a second of silence, for a few tokens."""
        silence = np.zeros(RATE, np.float32)
        segments, _ = self._model.transcribe(
            silence, language="en", temperature=0.0, max_new_tokens=4
        )
        list(segments)

    def transcribe(self, batch: Sequence[Utterance]) -> list[Transcript]:
        """Transcribe one by one: a batch makes Whisper on a CPU no faster."""
        return [self._one(utterance) for utterance in batch]

    # --8<-- [start:one]
    def _one(self, utterance: Utterance) -> Transcript:
        """Segments come as they are decoded; between two, the deadline counts."""
        segments, _ = self._model.transcribe(
            utterance.audio,
            language="en",
            beam_size=BEAMS,
            temperature=0.0,  # no second tries with chance in them
            vad_filter=True,  # in silence, it would invent words
            max_new_tokens=MOST_TOKENS,
            word_timestamps=True,
            condition_on_previous_text=False,
        )
        text, words = "", []
        cut: Cut = ""
        for segment in segments:
            text += segment.text
            for word in segment.words:
                words.append(Word(word.word.strip(), word.start, word.end))
            if self._clock() > utterance.deadline:
                cut = "deadline"
                break
        return Transcript(text.strip(), tuple(words), cut)

    # --8<-- [end:one]
