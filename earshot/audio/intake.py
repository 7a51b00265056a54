"""The front of a stream: bytes of any allowed format to frames at 16 kHz."""

from __future__ import annotations

import numpy as np

from earshot.audio.chunker import Chunker, Frame
from earshot.audio.codecs import decoder
from earshot.audio.formats import Format
from earshot.audio.resample import Resampler


# --8<-- [start:intake]
class Intake:
    """Decoder, resampler and chunker of one stream.

    `delay` is how many samples at 16 kHz the resampler lags; frames and
    offsets are not shifted by it.
    """

    def __init__(self, form: Format, start: int = 0) -> None:
        self._decoder = decoder(form)
        self._resampler = Resampler(form.decoded_rate)
        self._chunker = Chunker(start)
        self.delay = self._resampler.delay

    def push(self, message: bytes) -> list[Frame]:
        """Frames that a message completes; raises `AudioError`."""
        samples = self._decoder.decode(message)
        return self._chunker.push(self._resampler.push(samples))

    def flush(self) -> list[Frame]:
        """All that was held back, so that every sample sent is in a frame."""
        samples = self._resampler.push(self._decoder.flush())
        rest = np.concatenate([samples, self._resampler.flush()])
        return self._chunker.push(rest) + self._chunker.flush()


# --8<-- [end:intake]
