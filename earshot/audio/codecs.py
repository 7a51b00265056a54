"""A decoder for each format: bytes in, samples out, state per stream."""

from __future__ import annotations

from typing import Protocol

from earshot.audio.flac import FlacDecoder
from earshot.audio.formats import Format, Samples
from earshot.audio.mulaw import MulawDecoder
from earshot.audio.opus import OpusDecoder
from earshot.audio.pcm import PcmDecoder


# --8<-- [start:decoder]
class Decoder(Protocol):
    """Decodes one stream; raises nothing but `AudioError` on any bytes."""

    def decode(self, message: bytes) -> Samples:
        """Samples float32[n] that a message completes, at `decoded_rate`."""

    def flush(self) -> Samples:
        """Samples float32[n] that were held back for what might follow."""


def decoder(form: Format) -> Decoder:
    """A decoder at the start of a stream."""
    match form.codec:
        case "mulaw":
            return MulawDecoder()
        case "opus":
            return OpusDecoder()
        case "flac":
            return FlacDecoder(form.rate)
    return PcmDecoder()


# --8<-- [end:decoder]
