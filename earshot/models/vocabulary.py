"""A tokenizer file made from the vocabulary inside a script bundle.

The browser's edition of Moonshine ships no tokenizer: its bundle carries the
32,000 pieces of Llama's as one base64 string. The model knows 768 more, which
stand for nothing that can be said.
"""

from __future__ import annotations

import base64
import re

PIECES = re.compile(rb"[\"'`](PHVuaz4K[A-Za-z0-9+/]+=*)[\"'`]")  # "<unk>\n…"
BYTE = re.compile(rb"<0x([0-9A-F]{2})>")
LINE_SEPARATOR = "\u2028".encode()
SPECIALS = 768


def tokenizer_from_bundle(bundle: bytes) -> bytes:
    """The bundle's vocabulary as `tokenizer.bin`: a length, then the bytes.

    Raises `ValueError` when the bundle holds no vocabulary.
    """
    found = PIECES.search(bundle)
    if found is None:
        raise ValueError("no vocabulary in the bundle")
    pieces = base64.b64decode(found[1]).split(b"\n")
    specials = [b"<<ST_%d>>" % number for number in range(SPECIALS)]
    return b"".join(map(_entry, [*map(_plain, pieces), *specials]))


def _plain(piece: bytes) -> bytes:
    """A piece as it is written: `<0x41>` stands for the byte itself.

    The line separator is left empty, as in the file that Moonshine publishes.
    """
    if piece == LINE_SEPARATOR:
        return b""
    byte = BYTE.fullmatch(piece)
    return bytes([int(byte[1], 16)]) if byte else piece


def _entry(piece: bytes) -> bytes:
    """A piece behind its length: 7 bits a byte, lowest first, high bit for more."""
    low, high = len(piece) % 128, len(piece) // 128
    return bytes([low + 128, high] if high else [low]) + piece
