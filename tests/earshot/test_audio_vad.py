"""Silero finds speech where it is, alone and among other streams."""

from __future__ import annotations

import numpy as np
import pytest
from sounds import opus

from earshot.audio import mulaw, pcm
from earshot.audio.chunker import FRAME
from earshot.audio.formats import RATE, Format, Samples
from earshot.audio.intake import Intake
from earshot.audio.segmenter import Segmenter, SpeechEnded
from earshot.audio.vad import SileroVad, VadMemory
from earshot.bench.clips import clips
from earshot.models.store import Store

pytestmark = pytest.mark.model

SENTENCES = ("0880", "0930")
LEAD, GAP = RATE, 3 * RATE // 2


@pytest.fixture(scope="session")
def vad() -> SileroVad:
    return SileroVad(Store().verify("silero-vad") / "silero_vad.onnx")


@pytest.fixture(scope="session")
def speech() -> tuple[Samples, list[tuple[int, int]]]:
    """Two sentences with silence around, and from where to where they are loud."""
    pieces, places, at = [np.zeros(LEAD, np.float32)], [], LEAD
    for clip in (clip.audio for clip in clips() if clip.name.endswith(SENTENCES)):
        loud = np.flatnonzero(np.abs(clip) > 0.1 * np.abs(clip).max())
        places.append((at + int(loud[0]), at + int(loud[-1])))
        pieces += [clip, np.zeros(GAP, np.float32)]
        at += len(clip) + GAP
    return np.concatenate(pieces), places


def segments(vad: SileroVad, form: Format, messages: list[bytes]) -> list[SpeechEnded]:
    intake, segmenter, memory = Intake(form), Segmenter(), VadMemory()
    frames = [frame for message in messages for frame in intake.push(message)]
    events = []
    for frame in frames + intake.flush():
        (probability,) = vad(frame.samples[None], [memory])
        events += segmenter.push(frame, float(probability))
    events += segmenter.flush()
    return [event for event in events if isinstance(event, SpeechEnded)]


def as_messages(sound: Samples, codec: str) -> tuple[Format, list[bytes]]:
    steps = np.frombuffer(pcm.encode(sound), np.int16)
    if codec == "mulaw":
        return Format("mulaw", 8_000), [mulaw.encode(steps[::2].copy())]
    if codec == "opus":
        return Format("opus", RATE), opus(steps, RATE)
    return Format(), [steps.tobytes()]


@pytest.mark.parametrize("codec", ["pcm16", "mulaw", "opus"])
def test_each_sentence_is_a_segment(
    vad: SileroVad, speech: tuple[Samples, list[tuple[int, int]]], codec: str
) -> None:
    sound, places = speech
    found = segments(vad, *as_messages(sound, codec))
    assert len(found) == len(places)
    near = 3 * RATE // 10
    for segment, (first, last) in zip(found, places, strict=True):
        assert first - 2 * near < segment.start <= first
        assert last <= segment.end < last + 2 * near
        assert abs(segment.voice_end - last) < near


def test_noise_and_silence_are_no_speech(vad: SileroVad) -> None:
    quiet = np.zeros(2 * RATE, np.float32)
    hiss = np.random.default_rng(0).normal(0, 0.05, 2 * RATE).astype(np.float32)
    sound = np.concatenate([quiet, hiss, quiet])
    assert segments(vad, *as_messages(sound, "pcm16")) == []


def test_a_batch_gives_each_stream_what_it_gets_alone(
    vad: SileroVad, speech: tuple[Samples, list[tuple[int, int]]]
) -> None:
    frames = speech[0][: 150 * FRAME].reshape(3, 50, FRAME)
    together, alone = [VadMemory() for _ in range(3)], [VadMemory() for _ in range(3)]
    for step in range(50):
        batch = vad(frames[:, step], together)
        for row, memory in enumerate(alone):
            one = vad(frames[row, step][None], [memory])
            assert one[0] == pytest.approx(batch[row], abs=1e-4)
            assert np.array_equal(memory.context, frames[row, step, -64:])


def test_a_frame_for_each_stream_and_no_other(vad: SileroVad) -> None:
    with pytest.raises(ValueError, match="2 streams"):
        vad(np.zeros((1, FRAME), np.float32), [VadMemory(), VadMemory()])
