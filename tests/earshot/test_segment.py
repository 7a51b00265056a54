"""A segment's partials and its final say where their words are."""

from __future__ import annotations

import numpy as np

from earshot.api.messages import Partial, Timing
from earshot.audio.segmenter import End, SpeechEnded
from earshot.inference.recogniser import Cut, Transcript
from earshot.inference.segment import Segment, ms

NOW = Timing()


def ended(end: int) -> SpeechEnded:
    return SpeechEnded(
        segment=1,
        start=1600,
        voice_end=end,
        end=end,
        at=end,
        reason=End.ENDPOINT,
        samples=np.zeros(end - 1600, np.float32),
    )


def heard(segment: Segment, text: str, end: int, cut: Cut = "") -> Partial | None:
    return segment.partial(Transcript(text, cut=cut), end, NOW)


def test_a_partial_tells_what_is_stable_and_how_far() -> None:
    segment = Segment(1, 1600, 1_000_000)
    heard(segment, "so he", 8000)
    partial = heard(segment, "so he had", 16_000)
    assert partial == Partial(
        segment=1,
        start_ms=100,
        stable="so he",
        stable_ms=500,
        unstable="had",
        end_ms=1000,
        timing=NOW,
    )


def test_nothing_is_shown_before_the_first_word() -> None:
    segment = Segment(1, 1600, 1_000_000)
    assert not segment.heard
    assert heard(segment, "", 8000) is None
    assert segment.heard
    assert heard(segment, "so", 9000) is not None


def test_words_that_vanish_are_shown_to_be_gone() -> None:
    segment = Segment(1, 1600, 1_000_000)
    heard(segment, "so", 8000)
    gone = heard(segment, "", 9000)
    assert gone is not None
    assert (gone.stable, gone.unstable) == ("", "")


def test_the_end_is_known_when_the_last_hearing_was_of_the_same_audio() -> None:
    segment = Segment(1, 1600, 1_000_000)
    heard(segment, "so he", 8000)
    assert segment.known is None
    segment.ended = ended(8000)
    assert segment.known == Transcript("so he")
    segment.ended = ended(8001)
    assert segment.known is None


def test_an_end_that_was_cut_off_is_not_known() -> None:
    segment = Segment(1, 1600, 1_000_000)
    heard(segment, "so he", 8000, "deadline")
    segment.ended = ended(8000)
    assert segment.known is None


def test_nothing_is_known_of_a_segment_that_was_never_heard() -> None:
    segment = Segment(1, 1600, 1_000_000)
    segment.ended = ended(8000)
    assert segment.known is None


def test_the_final_goes_on_from_the_stable_words() -> None:
    segment = Segment(1, 1600, 1_000_000)
    for end in (8000, 9000):
        heard(segment, "so he", end)
    segment.ended = ended(16_000)
    final = segment.final(Transcript("so be had more", cut="length"), NOW)
    assert (final.text, final.cut) == ("so he had more", "length")
    assert (final.start_ms, final.end_ms, final.reason) == (100, 1000, "endpoint")


def test_words_that_may_be_cut_off_are_not_stable() -> None:
    segment = Segment(1, 1600, 7999)
    heard(segment, "so he", 8000)
    partial = heard(segment, "so he", 16_000)
    assert partial is not None
    assert (partial.stable, partial.stable_ms) == ("", 100)
    assert partial.unstable == "so he"


def test_milliseconds_are_whole_and_never_too_many() -> None:
    assert [ms(count) for count in (0, 15, 16, 31, 16_000)] == [0, 0, 1, 1, 1000]
