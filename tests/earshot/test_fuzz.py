"""Whatever arrives, it is taken or refused by name, and takes bounded room."""

from __future__ import annotations

import json
import tracemalloc
from contextlib import suppress
from functools import cache
from itertools import cycle, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sounds import cut, flac, noise, opus, tone

from earshot.api.examples import EXAMPLES
from earshot.api.messages import BadMessage, Config, Event, parse
from earshot.audio import mulaw
from earshot.audio.chunker import FRAME, Frame
from earshot.audio.codecs import decoder
from earshot.audio.errors import AudioError, BadPacket, BadStream
from earshot.audio.flac import (
    LARGEST_BLOCK,
    LONGEST_FRAME,
    LONGEST_HEADER,
    LONGEST_MESSAGE_S,
    LONGEST_METADATA,
    crc8,
    crc16,
    header_bytes,
    metadata_bytes,
)
from earshot.audio.formats import OPUS_RATE, RATE, RATES, Format, Samples
from earshot.audio.intake import Intake
from earshot.audio.opus import LONGEST_PACKET_MS, duration_ms

FORMATS = [
    Format("pcm16"),
    Format("pcm16", 48_000),
    Format("mulaw", 8_000),
    Format("opus", 24_000),
    Format("flac"),
    Format("flac", 24_000),
]
BYTEWISE = [form for form in FORMATS if form.codec != "opus"]
FLAC = flac(noise(2500), frame_size=576)
FRAMES_AT = metadata_bytes(FLAC)
BODY_AT = FRAMES_AT + header_bytes(FLAC[FRAMES_AT:][:LONGEST_HEADER])
HEADER, BODY = FLAC[FRAMES_AT : BODY_AT - 1], FLAC[BODY_AT:][:600]
PACKETS = opus(tone(9_600, 48_000))
PACKETS += [
    bytes([one[0] | 3, 2 | 128, len(one) - 1]) + one[1:] + two[1:]
    for one, two in pairwise(PACKETS)
]
MEMBERS = ("codec", "rate", "channels", "partials", "resume", "id")
WIRE = [e.model_dump_json().encode() for e in EXAMPLES if not isinstance(e, Event)]

each_format = pytest.mark.parametrize(
    "form", FORMATS, ids=lambda form: f"{form.codec}-{form.rate}"
)


@cache
def messages(form: Format, seconds: float = 0.24) -> list[bytes]:
    """Noise as messages of 20 ms, and FLAC in pieces of 1000 bytes."""
    sound = noise(round(seconds * form.rate))
    match form.codec:
        case "pcm16":
            return cut(sound.tobytes(), [form.rate // 25])
        case "mulaw":
            return cut(mulaw.encode(sound), [160])
        case "opus":
            return opus(sound, form.rate)
    return cut(flac(sound, form.rate), [1000])


def most_samples(form: Format, size: int) -> float:
    """What a message of `size` bytes may hold by the protocol's description."""
    return {
        "pcm16": size / 2,
        "mulaw": size,
        "opus": LONGEST_PACKET_MS * OPUS_RATE / 1000,
        "flac": LONGEST_MESSAGE_S * form.rate,
    }[form.codec]


piece_lengths = st.lists(st.integers(50, 3000), min_size=1, max_size=8)


# -- text ----------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
orders = st.fixed_dictionaries(
    {"type": st.sampled_from(["config", "flush", "close", "ready"]) | json_values},
    optional=dict.fromkeys(MEMBERS, json_values),
)


@st.composite
def damaged(draw: st.DrawFn, originals: st.SearchStrategy[bytes]) -> bytes:
    """Bytes of which some were changed, cut out, put in or put in twice."""
    data = bytearray(draw(originals))
    for _ in range(draw(st.integers(1, 6))):
        at, end = sorted(draw(st.integers(0, len(data))) for _ in range(2))
        fresh = draw(st.binary(max_size=8))
        match draw(st.sampled_from(["change", "cut", "end", "insert", "repeat"])):
            case "change":
                data[at : at + len(fresh)] = fresh
            case "cut":
                del data[at:end]
            case "end":
                del data[at:]
            case "insert":
                data[at:at] = fresh
            case "repeat" if len(data) < 100_000:
                data[at:at] = data[at:end]
    return bytes(data)


@given(st.text() | st.text(st.characters(categories=["Cs", "Cc", "Zs"])))
@example("[" * 100_000)
@example('{"type":' * 10_000)
@example('{"type": "config", "rate": ' + "9" * 10_000 + "}")
@example('{"type": "flush", "id": "\ud800"}')
@example('{"type": "flush", "id": "\\ud800"}')
@example("\ufeff{}")
@example("\0")
def test_any_text_is_a_message_or_refused(text: str) -> None:
    with suppress(BadMessage):
        parse(text)


@given(st.binary() | damaged(st.sampled_from(WIRE)))
def test_any_bytes_are_a_message_or_refused(data: bytes) -> None:
    with suppress(BadMessage):
        parse(data)


@given(orders | json_values)
def test_any_json_is_a_message_or_refused(value: Any) -> None:
    with suppress(BadMessage):
        parse(json.dumps(value))


@given(st.text(max_size=32), st.integers(0, 2**53 - 1), st.integers(0, 2**53 - 1))
def test_a_config_describes_a_format_or_is_refused(
    codec: str, rate: int, channels: int
) -> None:
    config = Config(codec=codec, rate=rate, channels=channels)
    with suppress(AudioError):
        form = Format(config.codec, config.rate, config.channels)
        assert form.rate in RATES[form.codec]


# -- packets and streams that were damaged on the way --------------------------


@given(st.lists(st.sampled_from(PACKETS) | damaged(st.sampled_from(PACKETS))))
def test_a_damaged_opus_packet_spoils_no_other(packets: list[bytes]) -> None:
    of_stream = decoder(Format("opus", 48_000))
    for packet in packets:
        try:
            samples = of_stream.decode(packet)
        except BadPacket:
            assert packet not in PACKETS
        else:
            assert len(samples) == duration_ms(packet) * OPUS_RATE / 1000
            assert_audio(samples, most_samples(Format("opus"), len(packet)))


@given(damaged(st.just(FLAC)), piece_lengths)
def test_a_damaged_flac_stream_decodes_or_is_refused(
    stream: bytes, lengths: list[int]
) -> None:
    of_stream = decoder(Format("flac"))
    with suppress(BadStream):
        for piece in cut(stream, lengths):
            assert_audio(of_stream.decode(piece), most_samples(Format("flac"), 0))
        assert_audio(of_stream.flush(), most_samples(Format("flac"), 0))


@given(damaged(st.just(HEADER)), damaged(st.just(BODY)))
def test_damage_that_fits_its_checksums_decodes_or_is_refused(
    header: bytes, body: bytes
) -> None:
    start = header + bytes([crc8(header)])
    frame = start + body
    frame += crc16(frame).to_bytes(2)
    of_stream = decoder(Format("flac"))
    of_stream.decode(FLAC[:FRAMES_AT])
    with suppress(BadStream):
        assert_audio(of_stream.decode(frame + FLAC[FRAMES_AT:]), LARGEST_BLOCK * 5)
        assert_audio(of_stream.flush(), LARGEST_BLOCK)


def assert_audio(samples: Samples, most: float) -> None:
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert len(samples) <= most
    assert np.abs(samples).max(initial=0) <= 1


# -- the intake as a whole -----------------------------------------------------


def taken(form: Format, pieces: list[bytes]) -> Samples:
    """float32[n] at 16 kHz of all frames, which follow one another."""
    intake = Intake(form)
    frames = [frame for piece in pieces for frame in intake.push(piece)]
    frames += intake.flush()
    assert_in_order(frames)
    return np.concatenate([frame.samples[: frame.count] for frame in frames])


def assert_in_order(frames: list[Frame], start: int = 0) -> None:
    for frame in frames:
        assert frame.start == start
        assert 0 < frame.count <= len(frame.samples) == FRAME
        start = frame.end


@pytest.mark.parametrize("form", BYTEWISE, ids=lambda form: f"{form.codec}-{form.rate}")
@given(lengths=piece_lengths)
def test_a_stream_cut_elsewhere_gives_the_same_frames(
    form: Format, lengths: list[int]
) -> None:
    stream = b"".join(messages(form))
    unit = 2 if form.codec == "pcm16" else 1
    pieces = cut(stream, [length * unit for length in lengths])
    whole = taken(form, [stream])
    assert len(whole) == round(0.24 * RATE)
    assert np.allclose(taken(form, pieces), whole, atol=1e-5)


@each_format
@given(flush_before=st.sets(st.integers(0, 12)))
def test_flushes_in_between_lose_no_sample(
    form: Format, flush_before: set[int]
) -> None:
    intake, frames, due = Intake(form), list[Frame](), 0
    of_stream, since_flush = decoder(form), 0
    for number, message in enumerate([*messages(form), b""]):
        if number in flush_before or not message:
            since_flush += len(of_stream.flush())
            frames += intake.flush()
            due += -(-since_flush * RATE // form.decoded_rate)
            since_flush = 0
            assert sum(frame.count for frame in frames) == due
        if message:
            since_flush += len(of_stream.decode(message))
            frames += intake.push(message)
    assert_in_order(frames)


@each_format
@given(
    data=st.data(), changes=st.lists(st.sampled_from(["as it is", "damaged", "flush"]))
)
def test_an_intake_raises_nothing_but_audio_errors(
    form: Format, data: st.DataObject, changes: list[str]
) -> None:
    intake, frames = Intake(form), list[Frame]()
    for message, change in zip(cycle(messages(form)), changes, strict=False):
        try:
            if change == "flush":
                frames += intake.flush()
                continue
            sent = message
            if change == "damaged":
                sent = data.draw(damaged(st.just(message)))
            fresh = intake.push(sent)
        except BadStream:
            break
        except AudioError:
            continue
        most = most_samples(form, len(sent)) * RATE / form.decoded_rate
        held = FRAME + RATE * LONGEST_FRAME / form.rate
        assert sum(frame.count for frame in fresh) <= most + held
        frames += fresh
    assert_in_order(frames)


# -- memory --------------------------------------------------------------------


@each_format
def test_an_intake_stays_as_small_as_it_was(form: Format) -> None:
    intake, of_stream = Intake(form), messages(form, 4.0)
    early = len(of_stream) // 4
    tracemalloc.start()
    try:
        for message in of_stream[:early]:
            intake.push(message)
        small, _ = tracemalloc.get_traced_memory()
        for message in of_stream[early:]:
            intake.push(message)
        later, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert later < small + 20_000


@pytest.mark.parametrize(
    "endless",
    [
        [b"fLaC\0\0\0\x22", bytes(34), *[b"\x04\0\0\0" * 256] * 100],
        [FLAC[:-100], *[b"\xff\xf8" * 512] * 100],
        [FLAC[:-100], *[bytes(1024)] * 100],
    ],
    ids=["metadata", "marks", "zeros"],
)
def test_a_stream_that_never_gets_on_is_refused(endless: list[bytes]) -> None:
    of_stream, taken_in = decoder(Format("flac")), 0
    try:
        for piece in endless:
            of_stream.decode(piece)
            taken_in += len(piece)
    except BadStream:
        assert taken_in <= len(FLAC) + max(LONGEST_METADATA, LONGEST_FRAME)
    else:
        pytest.fail("it was never refused")
