"""Every stream gets its turn, however many there are and however much they send."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ideal import Talk, drawn

from earshot.audio.chunker import FRAME
from earshot.audio.formats import Samples
from earshot.audio.vad import VadMemory
from earshot.inference.listener import MOST, listen
from earshot.inference.stream import Setup, StreamSettings


class Vad:
    """Speech everywhere; keeps what it was given."""

    def __init__(self, probability: float = 0.9) -> None:
        self.calls: list[tuple[Samples, list[VadMemory]]] = []
        self._probability = probability

    def __call__(
        self, frames: Samples, memories: Sequence[VadMemory]
    ) -> npt.NDArray[np.float32]:
        self.calls.append((frames, list(memories)))
        return np.full(len(frames), self._probability, np.float32)


def talks(*waiting: int) -> list[Talk]:
    """A stream for each number of frames that wait."""
    found = []
    for count in waiting:
        talk = Talk(drawn("." * count), Setup(StreamSettings(waiting_s=60.0)))
        talk.push(count)
        found.append(talk)
    return found


def heard(talk: Talk) -> int:
    return talk.stream.heard // FRAME


def turn(vad: Vad, talks: list[Talk], now: float) -> int:
    return listen(vad, [talk.stream for talk in talks], now)


def test_one_call_hears_one_frame_of_every_stream_that_has_one() -> None:
    vad, all_talks = Vad(), talks(2, 0, 1)
    assert turn(vad, all_talks, 1.0) == 2
    ((frames, memories),) = vad.calls
    assert frames.shape == (2, FRAME)
    assert memories == [all_talks[0].stream.memory, all_talks[2].stream.memory]
    assert [heard(talk) for talk in all_talks] == [1, 0, 1]
    assert [turn(vad, all_talks, 2.0), turn(vad, all_talks, 3.0)] == [1, 0]
    assert len(vad.calls) == 2


def test_each_stream_hears_its_own_probability() -> None:
    class Second(Vad):
        def __call__(
            self, frames: Samples, memories: Sequence[VadMemory]
        ) -> npt.NDArray[np.float32]:
            return np.array([0.1, 0.9], np.float32)

    silent, loud = both = talks(3, 3)
    for now in (1.0, 2.0):
        streams = [silent.stream, loud.stream]
        assert listen(Second(), streams, now) == 2
    assert [len(talk.of("speech_started")) for talk in both] == [0, 1]


def test_a_flood_delays_nobody_else() -> None:
    vad, (flood, *others) = Vad(), talks(900, 3, 3, 3)
    for now in (1.0, 2.0, 3.0):
        turn(vad, [flood, *others], now)
    assert [heard(talk) for talk in others] == [3, 3, 3]
    assert heard(flood) == 3


@pytest.mark.parametrize("count", [MOST, MOST + 1, 3 * MOST // 2, 2 * MOST + 5])
def test_streams_beyond_the_most_of_a_call_take_turns(count: int) -> None:
    vad, all_talks = Vad(0.1), talks(*[9] * count)
    for now in range(5):
        assert turn(vad, all_talks, float(now)) == MOST
        counts = [heard(talk) for talk in all_talks]
        assert max(counts) - min(counts) <= 1
    assert all(len(frames) == MOST for frames, _ in vad.calls)


@settings(max_examples=8)
@given(st.lists(st.integers(0, 4), min_size=100, max_size=140))
def test_everything_is_heard_in_the_end(waiting: list[int]) -> None:
    vad, all_talks, now = Vad(0.1), talks(*waiting), 0.0
    while turn(vad, all_talks, now):
        now += 1
    assert [heard(talk) for talk in all_talks] == waiting


def test_a_flush_is_met_though_no_frame_waits() -> None:
    vad, (talk,) = Vad(), talks(0)
    talk.stream.flush("f", 0.0)
    assert turn(vad, [talk], 1.0) == 0
    assert talk.of("flushed")
    assert vad.calls == []
