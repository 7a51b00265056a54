"""What can be wrong with audio that someone sends.

Each error has a `code` that is part of the wire schema and a message that is
meant for the person who wrote the client.
"""

from __future__ import annotations

from typing import Literal

AudioCode = Literal[
    "bad_audio",
    "unknown_codec",
    "rate_not_allowed",
    "channels_not_allowed",
    "odd_byte_count",
    "bad_packet",
    "bad_stream",
    "too_much_audio",
]


# --8<-- [start:errors]
class AudioError(ValueError):
    """Audio, or a description of audio, that Earshot can't take."""

    code: AudioCode = "bad_audio"


class UnknownCodec(AudioError):
    """A codec that Earshot doesn't speak."""

    code = "unknown_codec"


class RateNotAllowed(AudioError):
    """A sample rate that the codec, or Earshot, doesn't have."""

    code = "rate_not_allowed"


class ChannelsNotAllowed(AudioError):
    """More than one channel: who speaks on which is for the client to say."""

    code = "channels_not_allowed"


class OddByteCount(AudioError):
    """Half a 16-bit sample: every later sample would be noise."""

    code = "odd_byte_count"


class BadPacket(AudioError):
    """A packet that breaks its codec's rules; the next one may be good."""

    code = "bad_packet"


class BadStream(AudioError):
    """A stream that is not what it says it is; nothing after it can be read."""

    code = "bad_stream"


class TooMuchAudio(AudioError):
    """A short message that unpacks to more audio than one message may hold."""

    code = "too_much_audio"


class UnreadableFile(AudioError):
    """A file with no audio in it that can be decoded."""


# --8<-- [end:errors]
