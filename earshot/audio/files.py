"""Audio files of any common kind, by the libraries inside PyAV."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.error import FFmpegError

from earshot.audio.errors import UnreadableFile
from earshot.audio.formats import RATE, Samples

LENIENT: dict[str, Any] = {"metadata_errors": "ignore"} if av.__version__ < "19" else {}
"""Tags that aren't UTF-8 are no fault of the audio; PyAV 18, the last one for
Python 3.11, must be told."""


# --8<-- [start:read]
def read_file(path: Path) -> Samples:
    """A whole file as float32[n] at 16 kHz, its channels mixed to one.

    WAV, FLAC, Ogg, MP3, MP4, WebM and whatever else the libraries know, in
    the rate and layout it has. Raises `UnreadableFile`, and `OSError` when
    there is no file to read.
    """
    with path.open("rb") as file:
        try:
            pieces = [np.empty(0, np.float32), *_pieces(file)]
        except (FFmpegError, ValueError) as error:
            raise UnreadableFile(f"{path.name}: no audio that can be read") from error
    return np.concatenate(pieces)


def _pieces(file: BinaryIO) -> Iterator[Samples]:
    """Decoded and resampled blocks float32[m], the last ones by none."""
    convert = AudioResampler(format="fltp", rate=RATE)
    with av.open(file, "r", **LENIENT) as container:
        if not container.streams.audio:
            raise ValueError("no audio stream")
        for frame in container.decode(audio=0):
            yield from map(_mixed, convert.resample(frame))
        yield from map(_mixed, convert.resample(None))


def _mixed(frame: AudioFrame) -> Samples:
    """The mean of the channels float32[m], which can't be louder than they are."""
    channels = np.asarray(frame.to_ndarray(), np.float32)
    mixed: Samples = channels.mean(axis=0)
    return mixed


# --8<-- [end:read]
