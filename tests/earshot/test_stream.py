"""Each segment has one start and one final, and time is accounted for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ideal import SILENCE, SPEECH, Talk, drawn, words

from earshot.api.messages import Event, Final, Flushed, Partial
from earshot.audio.chunker import FRAME
from earshot.audio.errors import AudioError
from earshot.audio.formats import RATE, Format
from earshot.audio.segmenter import SegmenterSettings
from earshot.inference.ladder import Rung
from earshot.inference.recogniser import Transcript
from earshot.inference.scheduler import Kind
from earshot.inference.segment import ms
from earshot.inference.stream import Heard, Setup, Stream, StreamSettings

SHORT = SegmenterSettings(pre_roll=64, post_roll=128, endpoint=192, cap=2000, cut=800)
runs = st.lists(
    st.tuples(st.sampled_from([SPEECH, SPEECH, SILENCE]), st.integers(2, 40)),
    max_size=8,
)
steps = st.lists(
    st.sampled_from(["push", "push", "push", "hear", "take", "resolve", "flush"]),
    max_size=150,
)


def frames(runs: list[tuple[float, int]]) -> list[float]:
    return [probability for probability, count in runs for _ in range(count)]


def one_word() -> Talk:
    """Speech of eight frames, and enough silence to end it."""
    return Talk(drawn("." * 10 + "#" * 8 + "." * 22))


def partials_before_finals(events: Sequence[Event]) -> None:
    """Every final begins with the last stable words, and those only grew."""
    stable: dict[int, Partial] = {}
    for event in events:
        if isinstance(event, Partial):
            before = stable.get(event.segment, event)
            assert event.stable.startswith(before.stable)
            assert before.stable_ms <= event.stable_ms <= event.end_ms
            assert before.end_ms <= event.end_ms
            stable[event.segment] = event
        if isinstance(event, Final) and event.segment in stable:
            last = stable[event.segment]
            assert event.text.startswith(last.stable)
            assert event.end_ms >= last.stable_ms


def in_order(events: Sequence[Event], count: int) -> None:
    """Each of `count` segments starts once and has one final, in order."""
    for kind in ("speech_started", "final"):
        numbers = [event.segment for event in events if event.type == kind]
        assert numbers == list(range(1, count + 1))
    ended: set[int] = set()
    started: set[int] = set()
    for event in events:
        segment = getattr(event, "segment", None)
        assert segment not in ended
        if event.type == "speech_started":
            started.add(event.segment)
        if event.type == "final":
            ended.add(event.segment)
        assert segment is None or segment in started


@settings(max_examples=60)
@given(runs, st.booleans(), st.sampled_from([0, 8000, 12_345]))
def test_all_words_come_once_and_in_order(
    runs: list[tuple[float, int]], partials: bool, start: int
) -> None:
    talk = Talk(frames(runs), Setup(segmenter=SHORT), start, partials)
    talk.run()
    in_order(talk.events, talk.stream.segments)
    partials_before_finals(talk.events)
    said = " ".join(event.text for event in talk.of("final") if event.text)
    whole = np.frombuffer(talk._audio, "<i2").astype(np.float32) / 32_768
    missing = set(words(whole).split()) - set(said.split())
    assert len(said.split()) == len(set(said.split()))
    assert not missing
    assert talk.stream.quiet


@settings(max_examples=60)
@given(runs, steps, st.booleans())
@example([(SPEECH, 40)], ["push"] * 40 + ["hear", "take", "flush", "hear"], True)
def test_any_order_of_work_gives_the_same_promises(
    runs: list[tuple[float, int]], steps: list[str], newest_first: bool
) -> None:
    talk, taken, flushes = Talk(frames(runs), Setup(segmenter=SHORT)), [], 0
    for step in steps:
        talk.now += 0.01
        if step == "push":
            talk.push()
        elif step == "hear":
            talk.hear()
        elif step == "take":
            taken += [talk.take()]
        elif step == "flush":
            flushes += 1
            talk.stream.flush(str(flushes), talk.now)
        elif taken:
            talk.resolve(taken.pop(0))
    for jobs in reversed(taken) if newest_first else taken:
        talk.resolve(jobs)
    talk.flush("last")
    assert talk.stream.quiet
    assert sorted(event.segment for event in talk.of("final")) == list(
        range(1, talk.stream.segments + 1)
    )
    if not newest_first:
        in_order(talk.events, talk.stream.segments)
        partials_before_finals(talk.events)
    answered = [event.id for event in talk.of("flushed")]
    assert answered == [*map(str, range(1, flushes + 1)), "last"]
    for number, event in enumerate(talk.events):
        if isinstance(event, Flushed):
            later = talk.events[number:]
            assert all(
                late.end_ms > event.audio_ms for late in later if late.type == "final"
            )


def test_an_utterance_from_its_start_to_its_final() -> None:
    talk = one_word()
    talk.run()
    assert [event.type for event in talk.events] == [
        "speech_started",
        "partial",
        "final",
        "flushed",
    ]
    started, partial, final, flushed = talk.events
    assert (started.start_ms, started.voice_ms) == (64, 320)
    assert (partial.stable, partial.unstable, partial.end_ms) == ("", "w1", 832)
    assert (final.text, final.end_ms, final.reason) == ("w1", 832, "endpoint")
    assert flushed.audio_ms == 1280


def test_a_final_that_was_already_heard_costs_no_job() -> None:
    talk = one_word()
    talk.run()
    assert [job.kind for job in talk.jobs] == [Kind.FIRST]
    (final,) = talk.of("final")
    assert final.timing.total == final.timing.queue == final.timing.decode == 0
    assert final.timing.endpoint == 512


def test_a_final_is_heard_when_its_last_hearing_came_too_late() -> None:
    talk = one_word()
    talk.push(30)
    talk.hear()
    early = talk.take()
    talk.push(10)
    talk.hear()
    assert [job.kind for job in talk.jobs] == [Kind.FIRST, Kind.FINAL]
    talk.resolve(early)
    talk.serve()
    assert [event.type for event in talk.events[1:]] == ["partial", "final"]
    assert talk.events[-1].text == "w1"


def test_no_word_comes_twice_where_a_long_segment_is_cut() -> None:
    talk = Talk(drawn("." * 10 + "#" * 900 + "." * 20))
    talk.run()
    finals = talk.of("final")
    assert [event.reason for event in finals] == ["cap", "cap", "endpoint"]
    said = " ".join(event.text for event in finals).split()
    assert said == [f"w{number}" for number in range(1, 97)]
    partials_before_finals(talk.events)


def test_nothing_is_promised_of_audio_that_may_be_cut_off() -> None:
    talk = Talk(drawn("#" * 374))
    talk.run(374)
    last = talk.of("partial")[-1]
    assert (last.end_ms, last.stable_ms) == (370 * 32, 305 * 32)
    assert f"{last.stable} {last.unstable}" == words(talk.jobs[-1].audio)


@settings(max_examples=30)
@given(runs, st.integers(2, 9), st.integers(1, 5))
def test_the_stages_of_every_event_add_up(
    runs: list[tuple[float, int]], every: int, slow: int
) -> None:
    talk = Talk(frames(runs), Setup(segmenter=SHORT))
    for number in range(len(frames(runs))):
        talk.push()
        talk.now += 0.0123 * slow
        if number % every:
            talk.hear()
            talk.now += 0.00789
            taken = talk.now
            jobs = talk.take()
            talk.now += 0.0501 * len(jobs)
            talk.resolve(jobs, taken)
    talk.flush(None)
    for event in talk.events:
        if isinstance(event, Partial | Final):
            stages = event.timing.hear + event.timing.queue + event.timing.decode
            assert stages == pytest.approx(event.timing.total, abs=0.02)
            assert min(event.timing.hear, event.timing.queue, event.timing.decode) >= 0


def test_each_stage_is_where_the_time_went() -> None:
    talk = one_word()
    talk.push(40)
    talk.now = 1.0
    talk.stream.flush("f", talk.now)
    talk.now = 1.5
    talk.hear()
    jobs = talk.take()
    talk.now = 4.0
    talk.resolve(jobs, taken=2.0)
    (final,) = talk.of("final")
    timing = final.timing
    assert (timing.hear, timing.queue, timing.decode) == (1500, 500, 2000)
    assert (timing.total, timing.endpoint, timing.batch) == (4000, 512, 1)


def test_a_flush_is_answered_after_its_finals() -> None:
    talk = Talk(drawn("#" * 30))
    talk.push(20)
    talk.stream.flush("one", 0.0)
    talk.push(10)
    talk.stream.flush("two", 0.0)
    talk.hear()
    first, second = talk.take(), talk.take()
    talk.resolve(second)
    assert talk.of("flushed") == []
    talk.resolve(first)
    kinds = [(event.type, getattr(event, "id", "")) for event in talk.events]
    assert kinds[-3:] == [("final", ""), ("flushed", "one"), ("flushed", "two")]
    assert [event.audio_ms for event in talk.of("flushed")] == [640, 960]
    assert [event.reason for event in talk.of("final")] == ["flush", "flush"]


def test_a_flush_waits_for_no_later_speech() -> None:
    talk = Talk(drawn("." * 10 + "#" * 20))
    talk.push(10)
    talk.hear()
    talk.stream.flush("silence", 0.0)
    talk.push(20)
    talk.hear()
    assert [event.type for event in talk.events] == ["flushed", "speech_started"]


def test_a_flush_waits_for_no_segment_that_begins_at_it() -> None:
    talk = Talk(drawn("#" * 30))
    talk.push(20)
    talk.stream.flush("f", 0.0)
    talk.push(10)
    talk.hear()
    assert [event.start_ms for event in talk.of("speech_started")] == [0, 640]
    talk.resolve(talk.take())
    assert talk.of("flushed") == [Flushed(id="f", audio_ms=640)]


def test_silence_is_finished_when_it_was_flushed() -> None:
    talk = Talk(drawn("." * 10))
    talk.push(10)
    talk.hear()
    assert talk.stream.finished == 0
    talk.flush(None)
    assert talk.stream.finished == 10 * FRAME


def test_a_flush_without_audio_is_answered_at_once() -> None:
    talk = Talk([], start=16_000)
    talk.flush("f")
    assert talk.events == [Flushed(id="f", audio_ms=1000)]


def test_a_flush_without_an_id_has_no_answer() -> None:
    talk = one_word()
    talk.push(20)
    talk.flush(None)
    assert [event.type for event in talk.events] == ["speech_started", "final"]
    assert talk.stream.quiet
    assert talk.stream.owed == 0


def test_half_a_frame_is_heard_when_the_client_flushes() -> None:
    talk = Talk(drawn("##"))
    talk.stream.push(talk._audio[:700], 0.0)
    talk.flush("f")
    assert talk.stream.heard == talk.stream.received == 350
    assert talk.events[-1] == Flushed(id="f", audio_ms=21)


def test_dropped_audio_is_told_to_the_sample_and_the_stream_goes_on() -> None:
    setup = Setup(StreamSettings(waiting_s=1.024))
    talk = Talk(drawn("#" * 20 + "#" * 50 + "#" * 30), setup)
    talk.push(20)
    talk.hear()
    talk.serve()
    talk.stream.memory.context[:] = 1
    talk.push(62)
    talk.hear()
    talk.flush("end")
    (warning,) = talk.of("warning")
    assert warning.code == "audio_dropped"
    assert (warning.start_ms, warning.end_ms) == (640, 66 * 32)
    assert talk.stream.inbox.dropped == 46 * FRAME
    assert not talk.stream.memory.context.any()
    first, second = talk.of("final")
    assert (first.end_ms, first.reason) == (640, "flush")
    assert (second.start_ms, second.end_ms) == (66 * 32, 82 * 32)
    kinds = [event.type for event in talk.events if event.type != "partial"]
    assert kinds == [
        "speech_started",
        "warning",
        "speech_started",
        "final",
        "final",
        "flushed",
    ]


def test_audio_dropped_in_two_places_is_told_in_two_warnings() -> None:
    talk = Talk(drawn("." * 100), Setup(StreamSettings(waiting_s=0.32)))
    for _ in range(2):
        talk.push(15)
        talk.hear()
    ranges = [(event.start_ms, event.end_ms) for event in talk.of("warning")]
    assert ranges == [(0, 10 * 32), (15 * 32, 25 * 32)]


def test_a_pre_roll_does_not_reach_over_a_gap() -> None:
    talk = Talk(drawn("." * 20 + "#" * 20), Setup(StreamSettings(waiting_s=0.64)))
    talk.push(10)
    talk.hear()
    talk.push(30)
    talk.hear()
    (started,) = talk.of("speech_started")
    assert started.start_ms == 30 * 32


def test_audio_waits_while_too_many_finals_do() -> None:
    talk = Talk(drawn(("#" * 5 + "." * 20) * 4), Setup(StreamSettings(finals=2)))
    talk.push(100)
    talk.stream.flush("f", 0.0)
    talk.hear()
    assert talk.stream.segments == 2
    assert talk.stream.next(0.0) is None
    waiting = talk.stream.inbox.seconds
    assert waiting > 1
    talk.resolve(talk.take()[:1])
    talk.hear()
    assert talk.stream.segments == 3
    assert talk.stream.inbox.seconds < waiting
    while not talk.stream.quiet:
        talk.serve()
        talk.hear()
    assert talk.of("flushed")


def test_partials_come_at_every_step_while_someone_speaks() -> None:
    talk = Talk(drawn("#" * 80))
    talk.run(80)
    ends = [job.end // FRAME for job in talk.jobs]
    assert ends == [19, 32, 45, 58, 71]
    assert [job.kind for job in talk.jobs] == [Kind.FIRST] + 4 * [Kind.PARTIAL]
    assert all(job.end - len(job.audio) == 0 for job in talk.jobs)


def test_the_settled_end_is_heard_once_though_one_loud_frame_comes() -> None:
    talk = Talk(drawn("#" * 30 + "." * 11 + "#" + "." * 20))
    talk.run()
    assert [job.end // FRAME for job in talk.jobs] == [19, 32, 38]
    assert len(talk.of("final")) == 1


def test_the_first_hearing_of_a_segment_goes_before_the_others() -> None:
    talk = Talk(drawn("#" * 60))
    for _ in range(60):
        talk.push()
        talk.hear()
        for job in talk.take():
            heard = Heard(talk.now, talk.now, 1)
            talk.stream.resolve(job, Transcript("" if job.end < RATE else "a"), heard)
    first, partial = Kind.FIRST, Kind.PARTIAL
    assert [job.kind for job in talk.jobs] == [first, partial, partial, partial]


@pytest.mark.parametrize("partials", [True, False])
def test_whoever_wants_no_partials_gets_none(partials: bool) -> None:
    talk = Talk(drawn("#" * 60 + "." * 20), partials=partials)
    talk.run()
    assert bool(talk.of("partial")) == partials
    assert [event.text for event in talk.of("final")] == ["w0 w1 w2 w3 w4 w5"]
    if not partials:
        assert [job.kind for job in talk.jobs] == [Kind.FINAL]


@pytest.mark.parametrize(
    ("rung", "ends"),
    [
        (Rung.NORMAL, [19, 32, 45, 58]),
        (Rung.WIDER, [19, 44]),
        (Rung.FINALS, []),
        (Rung.REFUSE, []),
    ],
)
def test_partials_give_way_rung_by_rung(rung: Rung, ends: list[int]) -> None:
    talk = Talk(drawn("#" * 60))
    talk.rung = rung
    talk.run()
    asked = [job.end // FRAME for job in talk.jobs if job.kind is not Kind.FINAL]
    assert asked == ends
    assert len(talk.of("final")) == 1


def test_jobs_are_wanted_for_so_long_after_their_audio_came() -> None:
    setup = Setup(StreamSettings(partial_deadline=3.0, final_deadline=9.0))
    talk = Talk(drawn("#" * 20), setup)
    talk.now = 100.0
    talk.push(20)
    talk.now = 101.0
    talk.hear()
    talk.stream.flush(None, 102.0)
    talk.now = 103.0
    talk.hear()
    partial, final = talk.jobs
    assert (partial.arrived, partial.heard, partial.asked) == (100, 101, 101)
    assert partial.deadline == 103.0
    assert (final.arrived, final.heard, final.asked) == (102, 103, 103)
    assert final.deadline == 111.0


def test_a_final_that_fails_leaves_an_error_in_its_place() -> None:
    talk = Talk(drawn("#" * 30))
    talk.push(30)
    talk.stream.flush("f", 0.0)
    talk.hear()
    (job,) = talk.take()
    talk.stream.fail(job, "inference_failed", "it broke")
    error, flushed = talk.events[-2:]
    assert (error.segment, error.code, error.fatal) == (1, "inference_failed", False)
    assert flushed.type == "flushed"
    before = len(talk.events)
    talk.stream.fail(job, "inference_failed", "it broke")
    talk.resolve([job])
    assert len(talk.events) == before
    assert talk.stream.quiet


def test_a_partial_that_fails_is_passed_over() -> None:
    talk = Talk(drawn("#" * 30))
    talk.push(30)
    talk.hear()
    (job,) = talk.take()
    talk.stream.fail(job, "inference_failed", "it broke")
    assert [event.type for event in talk.events] == ["speech_started"]


def test_the_end_of_a_flac_stream_that_breaks_still_flushes() -> None:
    events: list[Event] = []
    talk = Talk([])
    stream = Stream("flac", Format("flac", 16_000), talk, events.append)
    with pytest.raises(AudioError):
        stream.push(b"no flac", 0.0)
    stream.flush("f", 0.0)
    stream.next(0.0)
    assert events == [Flushed(id="f", audio_ms=0)]


def test_the_books_agree_at_the_end() -> None:
    talk = Talk(drawn("." * 10 + "#" * 10 + "." * 20 + "#" * 5), start=RATE)
    talk.run()
    stream = talk.stream
    assert stream.start == RATE
    assert stream.received == stream.heard == stream.finished == RATE + 45 * FRAME
    assert stream.segments == 2
    lengths = [event.end_ms - event.start_ms for event in talk.of("final")]
    assert ms(stream.speech) == sum(lengths)
    assert talk.of("speech_started")[0].start_ms == 1064


@pytest.mark.parametrize(
    "values",
    [
        {"step_ms": 31},
        {"first_ms": 0},
        {"wide": 0},
        {"finals": 0},
        {"partial_deadline": 0.0},
        {"final_deadline": -1.0},
        {"waiting_s": 0.0},
    ],
)
def test_settings_that_cannot_hold_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"step_ms|wide|deadlines"):
        StreamSettings(**values)
