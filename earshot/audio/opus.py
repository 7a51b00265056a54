"""Opus: one packet a message, checked before it is decoded.

The decoder hides what it can: a packet cut short may still decode, to
something else than was said. The rules of RFC 6716, §3 find what can be found
from outside; only a packet with one frame can be cut without a trace.
"""

from __future__ import annotations

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.error import FFmpegError

from earshot.audio.errors import BadPacket
from earshot.audio.formats import OPUS_RATE, Samples
from earshot.audio.pcm import STEP

LONGEST_FRAME = 1_275
LONGEST_PACKET_MS = 120
# Frame lengths in ms by configuration number (RFC 6716, table 2).
FRAME_MS = (
    *(10, 20, 40, 60) * 3,
    *(10, 20) * 2,
    *(2.5, 5, 10, 20) * 4,
)


# --8<-- [start:framing]
def duration_ms(packet: bytes) -> float:
    """Milliseconds of audio in a packet that keeps the rules R1 to R7.

    Raises `BadPacket`. Source: RFC 6716, §3.1 and §3.4.
    """
    if not packet:
        raise BadPacket("an Opus packet has at least one byte")
    kind, body = packet[0] & 3, packet[1:]
    if kind == 0:
        sizes = [len(body)]
    elif kind == 1:
        sizes = _equal(body, 2)
    elif kind == 2:
        first, used = _size(body)
        sizes = [first, len(body) - used - first]
    else:
        sizes = _counted(body)
    if min(sizes) < 0 or max(sizes) > LONGEST_FRAME:
        raise BadPacket("an Opus frame is cut short or too long")
    total = FRAME_MS[packet[0] >> 3] * len(sizes)
    if total > LONGEST_PACKET_MS:
        raise BadPacket(f"{total:g} ms in an Opus packet; 120 is the most")
    return total


def _size(body: bytes) -> tuple[int, int]:
    """A frame's coded size and the bytes it took (§3.2.1)."""
    if not body or (body[0] > 251 and len(body) < 2):
        raise BadPacket("an Opus packet ends inside a frame's size")
    if body[0] < 252:
        return body[0], 1
    return body[0] + 4 * body[1], 2


def _equal(body: bytes, count: int) -> list[int]:
    """Sizes of `count` frames that share the body equally."""
    if len(body) % count:
        raise BadPacket(f"{len(body)} bytes don't make {count} equal Opus frames")
    return [len(body) // count] * count


# --8<-- [end:framing]
def _counted(body: bytes) -> list[int]:
    """Sizes in a packet that says how many frames it has (§3.2.5)."""
    if not body or not body[0] & 63:
        raise BadPacket("an Opus packet doesn't say how many frames it has")
    count, padded, variable = body[0] & 63, body[0] & 64, body[0] & 128
    rest = _unpadded(body[1:]) if padded else body[1:]
    if not variable:
        return _equal(rest, count)
    sizes = []
    for _ in range(count - 1):
        size, used = _size(rest)
        sizes.append(size)
        rest = rest[used:]
    return [*sizes, len(rest) - sum(sizes)]


def _unpadded(body: bytes) -> bytes:
    """The body without padding: its length in bytes of 255 and a last one."""
    full = len(body) - len(body.lstrip(b"\xff"))
    if full == len(body):
        raise BadPacket("an Opus packet ends inside its padding's length")
    rest, padding = body[full + 1 :], 254 * full + body[full]
    if padding > len(rest):
        raise BadPacket("an Opus packet's padding is longer than the packet")
    return rest[: len(rest) - padding]


# --8<-- [start:decoder]
class OpusDecoder:
    """One stream of packets; the decoder remembers what came before."""

    def __init__(self) -> None:
        self._context = AudioCodecContext.create("libopus", "r")
        self._context.sample_rate = OPUS_RATE
        self._context.layout = "mono"
        self._context.thread_count = 1

    def decode(self, message: bytes) -> Samples:
        """Samples float32[n] at 48 kHz of one packet; raises `BadPacket`."""
        duration_ms(message)
        try:
            frames = self._context.decode(av.Packet(message))
        except FFmpegError as error:
            raise BadPacket("an Opus packet that can't be decoded") from error
        pieces = [np.empty(0, np.float32)]
        pieces += [frame.to_ndarray()[0].astype(np.float32) for frame in frames]
        return np.concatenate(pieces) * STEP

    def flush(self) -> Samples:
        """No samples: a packet is decoded as soon as it is here."""
        return np.empty(0, np.float32)


# --8<-- [end:decoder]
