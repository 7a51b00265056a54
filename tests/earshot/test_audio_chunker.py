"""Frames are all of the audio, in order, wherever the bytes were cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sounds import cut, flac, noise, opus, tone

from earshot.audio import mulaw
from earshot.audio.chunker import FRAME, Chunker, Frame
from earshot.audio.formats import Format, Samples
from earshot.audio.intake import Intake

even_lengths = st.lists(st.integers(1, 1500).map(lambda n: 2 * n), min_size=1)


def joined(frames: list[Frame]) -> Samples:
    """The frames' own samples, after a look at their places."""
    at = 0
    for frame in frames:
        assert frame.start == at
        assert frame.samples.shape == (FRAME,)
        assert frame.samples.dtype == np.float32
        assert not frame.samples[frame.count :].any()
        at = frame.end
    return np.concatenate(
        [np.empty(0, np.float32), *(frame.samples[: frame.count] for frame in frames)]
    )


@given(even_lengths, st.integers(0, 5000))
def test_frames_reassemble_to_the_input(lengths: list[int], count: int) -> None:
    sound, intake = noise(count), Intake(Format())
    frames = [
        frame
        for message in cut(sound.tobytes(), lengths)
        for frame in intake.push(message)
    ]
    assert all(frame.count == FRAME for frame in frames)
    frames += intake.flush()
    assert np.array_equal(joined(frames) * 32_768, sound)


@given(st.lists(st.tuples(st.integers(0, 1200), st.booleans())))
def test_a_flush_in_mid_stream_moves_nothing(steps: list[tuple[int, bool]]) -> None:
    sound = noise(sum(count for count, _ in steps)).astype(np.float32)
    chunker, frames, at = Chunker(), [], 0
    for count, flushed in steps:
        frames += chunker.push(sound[at : at + count])
        at += count
        assert at - chunker.at < FRAME
        if flushed:
            frames += chunker.flush()
            assert chunker.at == at
    assert np.array_equal(joined(frames + chunker.flush()), sound)


def test_a_frame_keeps_no_hold_of_what_was_sent() -> None:
    chunker, sound = Chunker(), np.ones(FRAME + 10, np.float32)
    (frame,) = chunker.push(sound)
    (rest,) = chunker.push(np.zeros(FRAME - 10, np.float32))
    sound[:] = 7
    assert frame.samples.max() == rest.samples.max() == 1


def test_a_resumed_stream_goes_on_from_its_offset() -> None:
    intake = Intake(Format(), start=48_000)
    (frame,) = intake.push(bytes(2 * FRAME))
    assert (frame.start, frame.end) == (48_000, 48_000 + FRAME)


@pytest.mark.parametrize(
    ("form", "messages", "seconds"),
    [
        (Format("pcm16", 48_000), [tone(48_000, 48_000).tobytes()], 1),
        (Format("mulaw", 8_000), [mulaw.encode(tone(8_000, 8_000))], 1),
        (Format("opus", 48_000), opus(tone(48_000, 48_000)), 1),
        (Format("flac", 24_000), [flac(tone(24_000, 24_000), 24_000)], 1),
    ],
    ids=lambda value: getattr(value, "codec", None),
)
def test_every_format_comes_out_as_the_same_tone(
    form: Format, messages: list[bytes], seconds: int
) -> None:
    intake = Intake(form)
    frames = [frame for message in messages for frame in intake.push(message)]
    sound = joined(frames + intake.flush())
    assert len(sound) == 16_000 * seconds
    spectrum = np.abs(np.fft.rfft(sound[2000:10_000] * np.hanning(8000)))
    assert spectrum.argmax() * 2 == 440
    assert np.abs(sound[2000:10_000]).max() == pytest.approx(0.5, abs=0.07)
