"""Segments alternate, never overlap, cover all speech and end for a reason."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earshot.audio.chunker import FRAME, Chunker, Frame
from earshot.audio.formats import RATE, Samples
from earshot.audio.gate import Gate, GateSettings
from earshot.audio.segmenter import (
    HOP,
    PAUSE,
    End,
    Event,
    Segmenter,
    SegmenterSettings,
    SpeechEnded,
    SpeechStarted,
    quietest,
)

SHORT = SegmenterSettings(pre_roll=64, post_roll=96, endpoint=160, cap=640, cut=240)
FLUSH = "flush"
Step = tuple[float, int]

runs = st.tuples(st.sampled_from([0.0, 0.4, 0.9]), st.integers(1, 30))
steps = st.lists(st.one_of(runs, runs, st.just((FLUSH, 1))), max_size=15)


def sound(count: int) -> Samples:
    """float32[count], each sample telling where it is."""
    return np.arange(count, dtype=np.float32)


class Run:
    """A segmenter fed with runs of frames; a flush comes after 100 more samples."""

    def __init__(
        self,
        steps: list[tuple[Any, int]],
        settings: SegmenterSettings = SHORT,
        gate: GateSettings | None = None,
    ) -> None:
        self.events: list[Event] = []
        self.speech: list[tuple[int, int]] = []
        self._frames: list[tuple[int, int]] = []
        self.now = 0
        self.segmenter = Segmenter(settings, gate)
        self._gate, self._chunker = Gate(gate), Chunker()
        for what, count in steps:
            if what == FLUSH:
                self._push(100, 0.0, flush=True)
                self.events += self.segmenter.flush()
                self._gate.reset()
            else:
                self._push(count * FRAME, what)

    def _push(self, count: int, probability: float, flush: bool = False) -> None:
        frames = self._chunker.push(sound(self.now + count)[self.now :])
        self.now += count
        for frame in frames + (self._chunker.flush() if flush else []):
            self._listen(frame, probability)
            self.events += self.segmenter.push(frame, probability)

    def _listen(self, frame: Frame, probability: float) -> None:
        """Note which frames are speech, in hindsight."""
        rules, was_open = self._gate.settings, self._gate.open
        self._frames.append((frame.start, frame.end))
        if self._gate.step(probability):
            self.speech += self._frames[-1 if was_open else -rules.minimum_speech :]
        elif was_open and rules.hangover > 1:
            del self.speech[1 - rules.hangover :]

    @property
    def segments(self) -> list[SpeechEnded]:
        return [event for event in self.events if isinstance(event, SpeechEnded)]

    @property
    def covered(self) -> list[tuple[int, int]]:
        growing = self.segmenter.growing
        still = [(growing.start, growing.end)] if growing else []
        return [(segment.start, segment.end) for segment in self.segments] + still


@given(steps)
def test_starts_and_ends_alternate_in_time(steps: list[Step]) -> None:
    run = Run(steps)
    kinds = [type(event) for event in run.events]
    for number, (event, kind) in enumerate(zip(run.events, kinds, strict=True)):
        assert kind is (SpeechEnded if number % 2 else SpeechStarted)
        assert event.segment == number // 2 + 1
        assert event.start < event.at <= run.now
        if isinstance(event, SpeechStarted):
            assert event.start <= event.voice_start < event.at
    for before, after in pairwise(run.events):
        assert before.at <= after.at
    assert (run.segmenter.growing is not None) == (len(kinds) % 2 == 1)


@given(steps)
def test_segments_never_overlap_and_hold_the_audio(steps: list[Step]) -> None:
    run = Run(steps)
    for (_, end), (start, _) in pairwise(run.covered):
        assert end <= start
    for segment in run.segments:
        assert segment.start < segment.end <= segment.at
        assert segment.start <= segment.voice_end <= segment.end
        assert np.array_equal(segment.samples, sound(segment.end)[segment.start :])


@given(steps)
def test_all_speech_is_in_a_segment(steps: list[Step]) -> None:
    run = Run(steps)
    covered = np.zeros(run.now, bool)
    for start, end in run.covered:
        covered[start:end] = True
    assert all(covered[start:end].all() for start, end in run.speech)


@given(steps)
def test_no_segment_is_longer_than_the_cap(steps: list[Step]) -> None:
    run, cap = Run(steps), SHORT.cap * RATE // 1000
    assert all(end - start <= cap for start, end in run.covered)
    assert len(run.segmenter._history) <= cap
    assert len(run.segmenter._starts) <= 3


def test_a_segment_from_pre_roll_to_endpoint() -> None:
    run = Run([(0.0, 10), (0.9, 10), (0.0, 20)])
    started, ended = run.events
    onset, quiet = 10 * FRAME, 20 * FRAME
    assert started == SpeechStarted(
        segment=1,
        start=onset - 2 * FRAME,
        voice_start=onset,
        at=onset + 2 * FRAME,
    )
    assert isinstance(ended, SpeechEnded)
    assert (ended.start, ended.voice_end) == (started.start, quiet)
    assert (ended.end, ended.at) == (quiet + 3 * FRAME, quiet + 5 * FRAME)
    assert ended.reason == End.ENDPOINT


def test_the_default_endpoint_comes_512_ms_after_the_last_speech() -> None:
    run = Run([(0.9, 20), (0.0, 30)], SegmenterSettings())
    (ended,) = run.segments
    assert ended.at - ended.voice_end == 512 * RATE // 1000


def test_a_pause_shorter_than_the_endpoint_splits_nothing() -> None:
    run = Run([(0.9, 5), (0.0, 4), (0.9, 5), (0.0, 9)])
    assert len(run.segments) == 1


def test_one_loud_frame_delays_the_endpoint_by_itself() -> None:
    run = Run([(0.9, 5), (0.0, 4), (0.9, 1), (0.0, 1)])
    (ended,) = run.segments
    assert (ended.voice_end, ended.at) == (5 * FRAME, 11 * FRAME)


def test_a_pre_roll_stops_at_the_last_segment() -> None:
    wide = SegmenterSettings(pre_roll=480, post_roll=160, endpoint=160)
    first, second = Run([(0.9, 5), (0.0, 6), (0.9, 5), (0.0, 9)], wide).segments
    assert second.start == first.end


def test_the_cap_cuts_where_it_is_quietest() -> None:
    segmenter, chunker = Segmenter(), Chunker()
    loud = np.ones(13 * RATE, np.float32)
    loud[21 * RATE // 2 :][: 5 * HOP] = 0
    pause = slice(11 * RATE + 80, 11 * RATE + 80 + 2 * PAUSE * HOP)
    loud[pause] = 0.01
    events = [
        event for frame in chunker.push(loud) for event in segmenter.push(frame, 0.9)
    ]
    _, ended, again = events
    assert isinstance(ended, SpeechEnded)
    assert ended.reason == End.CAP
    assert pause.start <= ended.end < pause.stop
    assert again == SpeechStarted(2, ended.end, ended.end, ended.at)
    assert ended.at - ended.start <= 12 * RATE
    assert segmenter.growing is not None
    assert segmenter.growing.end == 13 * RATE // FRAME * FRAME


def test_a_cut_in_the_silence_that_ends_speech() -> None:
    segmenter, chunker = Segmenter(), Chunker()
    last_two = 12 * RATE - 2 * FRAME
    fading = np.concatenate([np.ones(last_two), np.zeros(RATE)]).astype(np.float32)
    events = [
        event
        for frame in chunker.push(fading)
        for event in segmenter.push(frame, 0.9 if frame.start < last_two else 0.1)
    ]
    _, capped, again, ended = events
    assert isinstance(capped, SpeechEnded)
    assert isinstance(ended, SpeechEnded)
    assert last_two < capped.end == again.start == ended.start == ended.voice_end
    assert ended.end == ended.start + RATE * SegmenterSettings().post_roll // 1000


def test_a_cap_in_silence_opens_nothing() -> None:
    run = Run([(0.9, 16), (0.0, 4)])
    started, ended = run.events
    assert (started.segment, ended.segment) == (1, 1)
    assert run.segments[0].reason == End.CAP


def test_a_flush_ends_what_is_open_and_only_that() -> None:
    assert Run([(0.0, 9), (FLUSH, 1)]).events == []
    run = Run([(0.9, 8), (FLUSH, 1), (FLUSH, 1)])
    (ended,) = run.segments
    assert (ended.reason, ended.end) == (End.FLUSH, run.now - 100)


def test_no_segment_reaches_back_over_a_flush() -> None:
    run = Run([(0.0, 5), (FLUSH, 1), (0.9, 3)])
    assert run.segmenter.growing is not None
    assert run.segmenter.growing.start == 5 * FRAME + 100


class Ear:
    """A segmenter that hears frames one by one, and may miss some."""

    def __init__(self, settings: SegmenterSettings = SHORT) -> None:
        self.segmenter = Segmenter(settings)
        self.at = 0

    def hear(self, probability: float, count: int = 1) -> list[Event]:
        events: list[Event] = []
        for _ in range(count):
            frame = Frame(self.at, sound(self.at + FRAME)[self.at :])
            self.at = frame.end
            events += self.segmenter.push(frame, probability)
        return events

    def miss(self, count: int) -> list[Event]:
        self.at += count * FRAME
        return self.segmenter.skip(self.at)


def test_a_gap_ends_the_open_segment_where_hearing_stopped() -> None:
    ear = Ear()
    ear.hear(0.9, 6)
    (ended,) = ear.miss(4)
    assert isinstance(ended, SpeechEnded)
    assert (ended.start, ended.end, ended.at) == (0, 6 * FRAME, 6 * FRAME)
    assert ended.reason == End.FLUSH
    assert not ear.segmenter.speaking


@pytest.mark.parametrize("silence", [0, 1, 5])
def test_no_segment_reaches_back_over_a_gap(silence: int) -> None:
    ear = Ear()
    assert ear.hear(0.1, 5) + ear.miss(3) == []
    (started,) = ear.hear(0.1, silence) + ear.hear(0.9, 2)
    assert started.start == (8 + max(silence - 2, 0)) * FRAME
    (ended,) = ear.segmenter.flush()
    assert isinstance(ended, SpeechEnded)
    assert np.array_equal(ended.samples, sound(ended.end)[ended.start :])


def test_speech_on_both_sides_of_a_gap_is_not_joined() -> None:
    ear = Ear()
    assert ear.hear(0.9, 1) + ear.miss(1) + ear.hear(0.9, 1) == []
    assert len(ear.hear(0.9, 1)) == 1


def test_it_settles_when_the_post_roll_is_there_and_nobody_goes_on() -> None:
    ear, seen = Ear(), []
    for probability in [0.9] * 5 + [0.1] * 4:
        ear.hear(probability)
        seen.append((ear.segmenter.speaking, ear.segmenter.settled))
    silent, speaking, settled = (False, None), (True, None), (False, 8 * FRAME)
    assert seen == [silent] + [speaking] * 6 + [settled] * 2
    ear.hear(0.9)
    assert ear.segmenter.settled is None
    ear.hear(0.1)
    assert ear.segmenter.settled is None


def test_the_settled_end_is_where_the_segment_ends() -> None:
    ear = Ear()
    ear.hear(0.9, 5)
    ear.hear(0.1, 4)
    settled = ear.segmenter.settled
    (ended,) = ear.hear(0.1)
    assert isinstance(ended, SpeechEnded)
    assert ended.end == settled


def test_it_does_not_settle_before_the_post_roll_is_there() -> None:
    ear = Ear(SegmenterSettings())
    ear.hear(0.9, 5)
    ear.hear(0.1, 7)
    assert ear.segmenter.settled is None
    ear.hear(0.1)
    assert ear.segmenter.settled == 13 * FRAME


@given(steps)
def test_no_cap_cuts_before_the_safe_place(steps: list[Step]) -> None:
    run = Run(steps)
    for segment in run.segments:
        if segment.reason == End.CAP:
            assert segment.end >= run.segmenter.safe(segment.start)


@given(st.integers(2, 400))
def test_views_of_a_growing_segment_never_change(count: int) -> None:
    segmenter, chunker, views = Segmenter(SHORT), Chunker(), []
    for frame in chunker.push(sound(count * FRAME)):
        segmenter.push(frame, 0.9)
        if segmenter.growing is not None:
            views.append((segmenter.growing.start, segmenter.growing.view()))
    for start, view in views:
        assert not view.flags.writeable
        assert np.array_equal(view, np.arange(start, start + len(view)))


def test_the_quietest_place_is_the_middle_of_a_pause() -> None:
    samples = np.ones(50 * HOP + 17, np.float32)
    samples[20 * HOP : 30 * HOP] = 0
    assert quietest(samples) == 25 * HOP


@pytest.mark.parametrize(
    "values",
    [
        {"pre_roll": -1},
        {"post_roll": 0},
        {"post_roll": 600},
        {"cut": 199},
        {"cut": 7000},
        {"cap": 1000},
    ],
)
def test_settings_that_cannot_hold_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"roll|cut"):
        SegmenterSettings(**values)


def test_a_cap_without_room_for_the_pre_roll_is_refused() -> None:
    settings = SegmenterSettings(pre_roll=1000, cap=1000, cut=500)
    with pytest.raises(ValueError, match="no room"):
        Segmenter(settings)
