"""Moonshine's tokenizer: pieces of text by number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

BEGIN, END = 1, 2  # the tokens before the first word and after the last
SPACE = "▁"
SPECIAL = b"<<"


class Tokenizer:
    """Turns token numbers into text; the model needs nothing the other way."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = [b"" if p.startswith(SPECIAL) else p for p in pieces]

    def __len__(self) -> int:
        return len(self._pieces)

    # --8<-- [start:read]
    @classmethod
    def read(cls, path: Path) -> Tokenizer:
        """Read `tokenizer.bin`: each piece is a length and as many bytes.

        The length has 7 bits a byte, the lowest first; a set high bit says
        that one more byte follows.
        """
        data, pieces, at = path.read_bytes(), [], 0
        while at < len(data):
            length, at = data[at], at + 1
            if length >= 128:
                length, at = length - 128 + 128 * data[at], at + 1
            pieces.append(data[at : at + length])
            at += length
        return cls(pieces)

    # --8<-- [end:read]

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of `tokens`; bytes that are no UTF-8 become U+FFFD."""
        data = b"".join(self._pieces[token] for token in tokens if token > END)
        return data.decode("utf-8", errors="replace").replace(SPACE, " ").strip()
