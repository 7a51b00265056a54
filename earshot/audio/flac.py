"""FLAC as it arrives: headers, then frames, in pieces of any size (RFC 9639).

A frame doesn't say how long it is. It ends where the next one begins, and that
is certain only when the header's CRC-8 and the frame's CRC-16 both hold. So a
stream lags by one frame, which is the encoder's choice: 4096 samples are
256 ms at 16 kHz. Earshot takes the streamable subset (§7), whose frames have
4608 samples at most.
"""

from __future__ import annotations

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.error import FFmpegError

from earshot.audio.errors import BadStream, TooMuchAudio
from earshot.audio.formats import Samples

MARK = b"fLaC"
SYNC = 0xFF
LONGEST_METADATA = 1 << 16
MOST_BLOCKS = 64
LONGEST_FRAME = 1 << 15
LARGEST_BLOCK = 4608
LONGEST_HEADER = 16
LONGEST_MESSAGE_S = 30


def crc_table(polynomial: int, width: int) -> tuple[int, ...]:
    """The CRC of each byte: 256 numbers of `width` bits, most significant first."""
    table = []
    for byte in range(256):
        value = byte << width - 8
        for _ in range(8):
            carry = value >> width - 1
            value = (value << 1 ^ carry * polynomial) & (1 << width) - 1
        table.append(value)
    return tuple(table)


CRC8 = crc_table(0x07, 8)
CRC16 = crc_table(0x8005, 16)


def crc8(data: bytes | bytearray) -> int:
    """CRC-8 of a frame's header; 0 when the header's own CRC is included."""
    value = 0
    for byte in data:
        value = CRC8[value ^ byte]
    return value


def crc16(data: bytes | bytearray, value: int = 0) -> int:
    """CRC-16 of a frame, `value` being that of what came before `data`.

    It is 0 when the frame's own CRC is included.
    """
    for byte in data:
        value = (value << 8 & 0xFFFF) ^ CRC16[value >> 8 ^ byte]
    return value


# --8<-- [start:frames]
def header_bytes(start: bytes | bytearray) -> int:
    """Length of the header of a mono frame, or 0 if none begins here (§9.1)."""
    if len(start) < 5 or start[0] != SYNC or start[1] & 0xFE != 0xF8:
        return 0
    block, rate, layout = start[2] >> 4, start[2] & 15, start[3]
    if block == 0 or rate == 15 or layout & 0xF1:
        return 0
    number = 8 - (start[4] ^ 0xFF).bit_length() or 1
    length = 5 + number + {6: 1, 7: 2}.get(block, 0)
    length += {12: 1, 13: 2, 14: 2}.get(rate, 0)
    return length if len(start) >= length and not crc8(start[:length]) else 0


class FrameSplitter:
    """Cuts a stream of bytes where one frame ends and the next begins."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._restart()

    def push(self, piece: bytes) -> list[bytes]:
        """Frames that this piece completes; raises `BadStream`."""
        self._held += piece
        frames = self._cut(LONGEST_HEADER)
        if len(self._held) > LONGEST_FRAME:
            raise BadStream(f"no end of a FLAC frame in {LONGEST_FRAME} bytes")
        return frames

    def flush(self) -> list[bytes]:
        """The last frame, if all of it is here; half a frame is kept."""
        frames = self._cut(1)
        last = bytes(self._held)
        if header_bytes(last[:LONGEST_HEADER]) and not crc16(last):
            frames.append(last)
            self._held.clear()
        self._restart()
        return frames

    def _restart(self) -> None:
        """Search from the frame's second byte, its CRC taken from the first."""
        self._searched, self._checked, self._crc = 1, 0, 0

    def _cut(self, patience: int) -> list[bytes]:
        frames = []
        while end := self._next_end(patience):
            frames.append(bytes(self._held[:end]))
            del self._held[:end]
            self._restart()
        return frames

    def _next_end(self, patience: int) -> int:
        """Where the held frame ends, or 0; what was searched stays searched.

        What follows a frame is judged when `patience` bytes of it are here.
        """
        held = self._held
        if len(held) >= LONGEST_HEADER and not header_bytes(held[:LONGEST_HEADER]):
            raise BadStream("no FLAC frame where one should begin")
        while (at := held.find(SYNC, self._searched)) >= 0:
            if len(held) < at + patience:
                break
            self._searched = at + 1
            if header_bytes(held[at : at + LONGEST_HEADER]) and self._whole(at):
                return at
        self._searched = at if at >= 0 else len(held)
        return 0

    def _whole(self, at: int) -> bool:
        """Whether the CRC says that a frame ends here; each byte is read once."""
        self._crc = crc16(self._held[self._checked : at], self._crc)
        self._checked = at
        return self._crc == 0


# --8<-- [end:frames]
def stream_info(metadata: bytes, rate: int) -> bytes:
    """The 34 bytes that a decoder needs to start (§8.2); raises `BadStream`."""
    info = metadata[8:42]
    if metadata[4] & 127 or int.from_bytes(metadata[5:8]) != len(info):
        raise BadStream("FLAC's first metadata block is not STREAMINFO")
    packed = int.from_bytes(info[10:14])
    found, channels = packed >> 12, (packed >> 9 & 7) + 1
    if (found, channels) != (rate, 1):
        raise BadStream(f"FLAC of {channels} × {found} Hz; 1 × {rate} was announced")
    if int.from_bytes(info[2:4]) > LARGEST_BLOCK:
        raise BadStream(f"FLAC frames of more than {LARGEST_BLOCK} samples")
    return info


def metadata_bytes(start: bytes) -> int:
    """Length of the mark and all metadata blocks, or 0 if more is needed (§8).

    Raises `BadStream` for something else than FLAC or endless metadata: it is
    read again from its start whenever more has come.
    """
    if not start.startswith(MARK[: len(start)]):
        raise BadStream("no FLAC stream: it begins with 'fLaC'")
    at, last, blocks = len(MARK), 0, 0
    while not last and len(start) >= at + 4:
        last, blocks = start[at] >> 7, blocks + 1
        at += 4 + int.from_bytes(start[at + 1 : at + 4])
        if at > LONGEST_METADATA or blocks > MOST_BLOCKS:
            most = f"{MOST_BLOCKS} blocks or {LONGEST_METADATA} bytes"
            raise BadStream(f"more FLAC metadata than {most}")
    return at if last and len(start) >= at else 0


class FlacDecoder:
    """One FLAC stream; `rate` is what the client announced."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._metadata = b""
        self._frames = FrameSplitter()
        self._context: AudioCodecContext | None = None

    def decode(self, message: bytes) -> Samples:
        """Samples float32[n] of the frames completed by any piece of the stream.

        Raises `BadStream`, or `TooMuchAudio` beyond 30 s in one message.
        """
        if self._context is None:
            message = self._begin(message)
        return self._samples(self._frames.push(message))

    def flush(self) -> Samples:
        """Samples float32[n] of the last frame, if all of it is here."""
        return self._samples(self._frames.flush())

    def _begin(self, message: bytes) -> bytes:
        """Take the metadata; what comes behind it."""
        self._metadata += message
        length = metadata_bytes(self._metadata)
        if not length:
            return b""
        context = AudioCodecContext.create("flac", "r")
        context.extradata = stream_info(self._metadata, self._rate)
        context.thread_count = 1
        self._context = context
        rest, self._metadata = self._metadata[length:], b""
        return rest

    def _samples(self, frames: list[bytes]) -> Samples:
        pieces = [np.empty(0, np.float32)]
        total = 0
        for frame in frames:
            pieces.append(self._decoded(frame))
            total += len(pieces[-1])
            if total > LONGEST_MESSAGE_S * self._rate:
                raise TooMuchAudio(f"over {LONGEST_MESSAGE_S} s of FLAC in a message")
        return np.concatenate(pieces)

    def _decoded(self, frame: bytes) -> Samples:
        assert self._context is not None
        try:
            (decoded,) = self._context.decode(av.Packet(frame))
        except (FFmpegError, ValueError) as error:
            raise BadStream("a FLAC frame that can't be decoded") from error
        if decoded.sample_rate != self._rate:
            raise BadStream(f"FLAC changes to {decoded.sample_rate} Hz on the way")
        samples = decoded.to_ndarray().reshape(-1)
        step = np.float32(2.0 ** (1 - decoded.format.bits))
        return samples.astype(np.float32) * step
