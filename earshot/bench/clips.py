"""Five spoken clips: LibriVox readings from Debian's pocketsphinx-testdata.

Chapter 1 of "Sense and Sensibility", 16 kHz, 70 words with the one slip of the
package's transcript mended ("a more a amiable").
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from earshot.audio.files import read_file
from earshot.audio.formats import Samples

FOLDER = Path(
    os.environ.get("EARSHOT_CLIPS", "/usr/share/pocketsphinx/test/data/librivox")
)
LINE = re.compile(r"<s> (?P<words>.+) </s> \((?P<name>.+)\)")


@dataclass(frozen=True, eq=False)
class Clip:
    """Audio float32[n] at 16 kHz and the words in it."""

    name: str
    path: Path
    audio: Samples
    words: str


@cache
def clips() -> tuple[Clip, ...]:
    """The five clips in the order of the reading."""
    text = (FOLDER / "transcription").read_text(encoding="utf-8")
    mended = text.replace("a more a amiable", "a more amiable")
    found = []
    for line in LINE.finditer(mended):
        path = FOLDER / f"{line['name']}.wav"
        found.append(Clip(line["name"], path, read_file(path), line["words"]))
    return tuple(found)
