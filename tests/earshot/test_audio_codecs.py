"""Each decoder gives what was encoded, and refuses what was not."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sounds import cut, flac, noise, opus, piece_lengths, tone

from earshot.audio import mulaw, pcm
from earshot.audio.codecs import decoder
from earshot.audio.errors import (
    AudioError,
    BadPacket,
    BadStream,
    OddByteCount,
    TooMuchAudio,
)
from earshot.audio.flac import (
    LONGEST_FRAME,
    LONGEST_HEADER,
    LONGEST_METADATA,
    FlacDecoder,
    FrameSplitter,
    crc8,
    crc16,
    header_bytes,
    metadata_bytes,
)
from earshot.audio.formats import Format, Samples
from earshot.audio.opus import OpusDecoder, duration_ms

FORMATS = [
    Format("pcm16"),
    Format("mulaw", 8_000),
    Format("opus", 48_000),
    Format("flac"),
]
FLAC = flac(noise(5000))
FRAMES_AT = metadata_bytes(FLAC)


def decoded(form: Format, messages: list[bytes]) -> Samples:
    of_stream = decoder(form)
    pieces = [of_stream.decode(message) for message in messages]
    return np.concatenate([*pieces, of_stream.flush()])


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.codec)
@given(messages=st.lists(st.binary(max_size=300), max_size=10))
def test_random_bytes_raise_nothing_but_audio_errors(
    form: Format, messages: list[bytes]
) -> None:
    of_stream = decoder(form)
    for message in messages:
        with suppress(AudioError):
            samples = of_stream.decode(message)
            assert samples.dtype == np.float32
            assert samples.ndim == 1
            assert np.abs(samples).max(initial=0) <= 1
            if form.codec == "opus":
                assert len(samples) == duration_ms(message) * 48
    assert len(of_stream.flush()) == 0


# -- PCM -----------------------------------------------------------------------


@given(st.lists(st.integers(-32_768, 32_767)))
def test_pcm_survives_a_round_trip(values: list[int]) -> None:
    data = np.array(values, "<i2").tobytes()
    assert pcm.encode(pcm.decode(data)) == data


def test_pcm_clips_what_is_too_loud() -> None:
    loud = np.array([-2, -1, 1, 2], np.float32)
    assert np.frombuffer(pcm.encode(loud), "<i2").tolist() == [
        -32_768,
        -32_768,
        32_767,
        32_767,
    ]


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(OddByteCount, match="3 bytes"):
        decoder(Format()).decode(b"abc")


# -- µ-law ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("byte", "level"),
    [
        (0x80, 32_124),
        (0x00, -32_124),
        (0xFF, 0),
        (0x7F, 0),
        (0xFE, 8),
        (0x8F, 16_764),
        (0xEF, 132),
        (0x6F, -132),
    ],
)
def test_mulaw_levels_are_those_of_the_standard(byte: int, level: int) -> None:
    assert mulaw.LEVELS[byte] == level


@given(st.integers(-32_768, 32_767))
def test_mulaw_errs_by_a_32nd_at_most(sample: int) -> None:
    byte = mulaw.encode(np.array([sample], np.int16))[0]
    assert abs(int(mulaw.LEVELS[byte]) - sample) <= (abs(sample) + mulaw.BIAS) / 32


def test_mulaw_levels_encode_to_their_own_byte() -> None:
    negative_zero = 0x7F
    back = np.frombuffer(mulaw.encode(mulaw.LEVELS), np.uint8)
    assert np.flatnonzero(back != np.arange(256)).tolist() == [negative_zero]


@given(piece_lengths)
def test_mulaw_can_be_cut_anywhere(lengths: list[int]) -> None:
    data = mulaw.encode(noise(2000))
    together = decoded(Format("mulaw", 8_000), cut(data, lengths))
    assert np.array_equal(together, mulaw.decode(data))


# -- Opus ----------------------------------------------------------------------


@pytest.mark.parametrize("frame_ms", [10, 20, 40, 60])
@pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
def test_opus_packets_decode_to_their_duration(rate: int, frame_ms: int) -> None:
    packets = opus(tone(rate // 5 * 3, rate), rate, frame_ms)
    assert {duration_ms(packet) for packet in packets} == {frame_ms}
    samples = decoded(Format("opus", rate), packets)
    assert len(samples) == len(packets) * frame_ms * 48
    spectrum = np.abs(np.fft.rfft(samples[-9600:] * np.hanning(9600)))
    assert spectrum.argmax() * 5 == 440


@pytest.mark.parametrize(
    ("packet", "why"),
    [
        (b"", "at least one byte"),
        (b"\x01abc", "equal"),
        (b"\x02", "ends inside"),
        (b"\x02\xff", "ends inside"),
        (b"\x02\x09abc", "cut short"),
        (b"\x03", "how many"),
        (b"\x03\x00", "how many"),
        (b"\x03\x0d" + bytes(13), "130 ms"),
        (b"\x03\x42\xff", "padding's length"),
        (b"\x03\x42\x09a", "longer than the packet"),
        (b"\x03\x83\x05\x05abc", "cut short"),
        (b"\x00" + bytes(1276), "too long"),
    ],
)
def test_a_packet_against_the_rules_is_refused(packet: bytes, why: str) -> None:
    with pytest.raises(BadPacket, match=why):
        OpusDecoder().decode(packet)


@pytest.mark.parametrize(
    ("packet", "ms"),
    [
        (b"\x08", 20),
        (b"\x01ab", 20),
        (b"\x02\x01abb", 20),
        (b"\x03\x03abc", 30),
        (b"\x03\x42\x02ab\0\0", 20),
        (b"\x03\x42\xff\x01ab" + bytes(255), 20),
        (b"\x03\x82\x01abb", 20),
        (b"\xe2\xfc\x00" + bytes(252), 5),
    ],
)
def test_durations_of_every_kind_of_packet(packet: bytes, ms: float) -> None:
    assert duration_ms(packet) == ms


def test_a_packet_with_two_frames_cut_short_is_refused() -> None:
    first, second = opus(tone(1920, 48_000))[:2]
    both = bytes([first[0] | 3, 2 | 128, len(first) - 1]) + first[1:] + second[1:]
    assert duration_ms(both) == 40
    with pytest.raises(BadPacket):
        duration_ms(both[: len(first)])


def test_a_bad_packet_leaves_the_stream_usable() -> None:
    packets = opus(tone(9600, 48_000))
    of_stream = OpusDecoder()
    of_stream.decode(packets[0])
    with pytest.raises(BadPacket):
        of_stream.decode(b"\x01abc")
    assert len(of_stream.decode(packets[1])) == 960


# -- FLAC ----------------------------------------------------------------------


def test_crcs_match_their_published_check_values() -> None:
    assert crc8(b"123456789") == 0xF4
    assert crc16(b"123456789") == 0xFEE8


@pytest.mark.parametrize("frame_size", [192, 1152, 4096])
@pytest.mark.parametrize("rate", [8_000, 48_000])
def test_flac_is_lossless(rate: int, frame_size: int) -> None:
    sound = noise(10_000)
    samples = decoded(Format("flac", rate), [flac(sound, rate, frame_size)])
    assert np.array_equal(samples, sound.astype(np.float32) / 32_768)


@given(piece_lengths)
def test_flac_can_be_cut_anywhere(lengths: list[int]) -> None:
    samples = decoded(Format("flac"), cut(FLAC, lengths))
    assert np.array_equal(samples * 32_768, noise(5000))


def test_flac_lags_by_one_frame() -> None:
    of_stream = FlacDecoder(16_000)
    given = sum(len(of_stream.decode(piece)) for piece in cut(FLAC, [100]))
    last = 5000 % 1152
    assert given == 5000 - last
    assert len(of_stream.flush()) == last


def test_silence_packs_into_frames_shorter_than_a_header_may_be() -> None:
    samples = decoded(Format("flac"), [flac(np.zeros(5000, np.int16))])
    assert np.array_equal(samples, np.zeros(5000))


def test_half_a_frame_waits_for_its_other_half() -> None:
    of_stream = FlacDecoder(16_000)
    given = [of_stream.decode(FLAC[:-100]), of_stream.flush()]
    given += [of_stream.decode(FLAC[-100:]), of_stream.flush()]
    assert np.array_equal(np.concatenate(given) * 32_768, noise(5000))


@pytest.mark.parametrize(
    ("stream", "why"),
    [
        (b"RIFF", "begins with"),
        (b"fLaC\x81\0\0\0", "not STREAMINFO"),
        (flac(noise(500), rate=8_000), "1 × 8000"),
        (flac(noise(500), layout="stereo"), "2 × 16000"),
        (b"fLaC\x84\xff\xff\xff", f"{LONGEST_METADATA} bytes"),
        (flac(noise(20_000), frame_size=8192), "4608 samples"),
        (FLAC[:FRAMES_AT] + bytes(100), "no FLAC frame"),
        (FLAC + bytes(LONGEST_FRAME), "no end"),
        (FLAC[:-100] + bytes(LONGEST_FRAME), "no end"),
    ],
)
def test_something_else_than_announced_is_refused(stream: bytes, why: str) -> None:
    pieces = cut(stream, [1000])
    with pytest.raises(BadStream, match=why):
        decoded(Format("flac"), pieces)


@given(st.integers(FRAMES_AT, len(FLAC) - 1), st.integers(1, 255))
def test_a_damaged_frame_is_never_decoded(at: int, change: int) -> None:
    damaged = bytearray(FLAC)
    damaged[at] ^= change
    try:
        samples = decoded(Format("flac"), [bytes(damaged)])
    except BadStream:
        return
    known = noise(5000).astype(np.float32) / 32_768
    assert len(samples) < len(known)
    assert np.array_equal(samples, known[: len(samples)])


def test_headers_without_frames_cost_no_more_than_other_bytes() -> None:
    splitter, header = FrameSplitter(), FLAC[FRAMES_AT:][:LONGEST_HEADER]
    header = header[: header_bytes(header)]
    pieces = [header * (LONGEST_FRAME // len(header) - 1)]
    assert splitter.push(pieces[0]) == []
    assert splitter._checked > LONGEST_FRAME - 2 * LONGEST_HEADER


@given(st.binary(max_size=200))
def test_a_forged_frame_decodes_or_is_refused(body: bytes) -> None:
    first = FLAC[FRAMES_AT:][:LONGEST_HEADER]
    frame = first[: header_bytes(first)] + body
    frame += crc16(frame).to_bytes(2)
    of_stream = FlacDecoder(16_000)
    of_stream.decode(FLAC[:FRAMES_AT])
    with suppress(BadStream):
        of_stream.decode(frame + FLAC[FRAMES_AT:])
        of_stream.flush()


def test_a_rate_that_changes_on_the_way_is_refused() -> None:
    slower = flac(noise(2000), rate=8_000)
    stream = FLAC[:FRAMES_AT] + slower[metadata_bytes(slower) :]
    with pytest.raises(BadStream, match="changes to 8000 Hz"):
        decoded(Format("flac"), [stream])


def test_a_message_that_unpacks_to_too_much_is_refused() -> None:
    bomb = flac(np.zeros(31 * 8_000, np.int16), rate=8_000)
    assert len(bomb) < 20_000
    with pytest.raises(TooMuchAudio, match="30 s"):
        FlacDecoder(8_000).decode(bomb)
