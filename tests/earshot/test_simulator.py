"""In virtual time nothing is lost, and the same run comes to the same end."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from ideal import SILENCE, SPEECH, Talk, drawn, sound, transcribed

from earshot.api.messages import Event
from earshot.audio.chunker import FRAME
from earshot.audio.formats import RATE, Format
from earshot.audio.segmenter import SegmenterSettings
from earshot.inference.batcher import Policy
from earshot.inference.recogniser import Transcript
from earshot.inference.scheduler import Job, Kind, Scheduler
from earshot.inference.simulator import Clock, Feed, Run, Serve, simulate
from earshot.inference.stream import Setup, Stream, StreamSettings

SHORT = SegmenterSettings(pre_roll=64, post_roll=128, endpoint=192, cap=2000, cut=800)
SPOKEN = drawn("." * 5 + "#" * 40 + "." * 20 + "#" * 10 + "." * 3)

talks = st.lists(
    st.tuples(st.sampled_from([SPEECH, SPEECH, SILENCE]), st.integers(2, 40)),
    min_size=1,
    max_size=6,
).map(lambda runs: [one for value, count in runs for one in [value] * count])


def free(jobs: Sequence[Job]) -> tuple[list[Transcript], float]:
    """Takes no time."""
    return transcribed(jobs), 0.0


def costly(a_call: float, a_second: float) -> Serve:
    """As slow as the longest job of the batch makes it."""

    def serve(jobs: Sequence[Job]) -> tuple[list[Transcript], float]:
        longest = max(job.seconds for job in jobs)
        return transcribed(jobs), a_call + a_second * longest

    return serve


class Play:
    """Streams of these frames, played in virtual time to the end."""

    def __init__(
        self,
        talks: Sequence[Sequence[float]],
        serve: Serve = free,
        hear: float = 0.0,
        setup: Setup | None = None,
        policy: Policy | None = None,
        apart: float = 0.0,
        piece: int = 640,
    ) -> None:
        self.clock = Clock()
        self.events: list[list[Event]] = [[] for _ in talks]
        self.times: list[list[float]] = [[] for _ in talks]
        scheduler = Scheduler(policy or Policy())
        feeds = []
        for number, frames in enumerate(talks):
            stream = Stream(
                str(number), Format(), scheduler, self._keep(number), setup=setup
            )
            audio = sound(frames)
            pieces = [audio[at : at + piece] for at in range(0, len(audio), piece)]
            begin = number * apart
            feeds.append(Feed(stream, pieces, frames, begin, hear=hear))
        self.streams = [feed.stream for feed in feeds]
        self.run: Run = simulate(feeds, scheduler, serve, self.clock)
        assert len(scheduler) == 0

    def _keep(self, number: int):
        def emit(event: Event) -> None:
            self.events[number].append(event)
            self.times[number].append(self.clock.now)

        return emit

    def finals(self, number: int = 0) -> list[Event]:
        return [event for event in self.events[number] if event.type == "final"]

    @property
    def record(self) -> str:
        """Everything that happened, as text."""
        lines = [event.model_dump_json() for one in self.events for event in one]
        return "\n".join([*lines, repr(self.run), repr(self.times)])


def direct(frames: Sequence[float]) -> list[str]:
    """The finals of a stream whose every job is served at once."""
    talk = Talk(frames, Setup(segmenter=SHORT))
    talk.run()
    return [event.text for event in talk.of("final")]


@settings(max_examples=20)
@given(
    st.lists(talks, min_size=1, max_size=3),
    st.sampled_from([0.0, 0.02, 0.3]),
    st.sampled_from([0.0, 0.1, 2.0]),
    st.booleans(),
)
def test_whatever_it_costs_the_finals_are_those_of_a_direct_run(
    talks: list[list[float]], a_call: float, a_second: float, mixed: bool
) -> None:
    play = Play(
        talks,
        costly(a_call, a_second),
        hear=0.0002,
        setup=Setup(segmenter=SHORT),
        policy=Policy(mixed=mixed),
        apart=0.1,
    )
    for number, frames in enumerate(talks):
        assert [event.text for event in play.finals(number)] == direct(frames)
        assert play.streams[number].quiet
    assert 0 <= play.run.busy <= play.run.seconds + 1e-9
    assert sum(play.run.batches) >= sum(len(play.finals(n)) for n in range(len(talks)))


def test_two_runs_are_equal_byte_for_byte() -> None:
    runs = [Play([SPOKEN] * 3, costly(0.05, 0.1), 0.0002, apart=0.07) for _ in "ab"]
    assert runs[0].record == runs[1].record
    assert '"final"' in runs[0].record


def test_one_stream_without_cost_waits_for_nothing() -> None:
    play = Play([SPOKEN])
    assert [event.timing.total for event in play.finals()] == [0, 0]
    assert [event.text for event in play.finals()] == ["w1 w2 w3 w4", "w7"]
    assert play.run.busy == 0
    seconds = len(SPOKEN) * FRAME / RATE
    assert seconds <= play.run.seconds < seconds + 0.021


def test_time_passes_only_with_arrivals_and_work() -> None:
    play = Play([SPOKEN], costly(1.0, 0.0), hear=0.001)
    hearing = 0.001 * len(SPOKEN)
    assert abs(play.run.busy - hearing - len(play.run.batches)) < 1e-9
    for event, when in zip(play.events[0], play.times[0], strict=True):
        if event.type == "final" and event.timing.decode:
            assert event.timing.decode == 1000
            arrival = (when - event.timing.total / 1000) / 0.02
            assert abs(arrival - round(arrival)) < 1e-3
    assert play.times[0] == sorted(play.times[0])
    assert play.clock.now == play.run.seconds


def test_nothing_stays_unheard_behind_the_only_final_that_may_wait() -> None:
    setup = Setup(StreamSettings(finals=1))
    play = Play([drawn(("#" * 5 + "." * 20) * 4)], setup=setup, piece=1_000_000)
    assert len(play.finals()) == len(play.run.batches) == 4
    assert play.streams[0].quiet


def test_streams_begin_when_they_should() -> None:
    play = Play([SPOKEN, SPOKEN], apart=3.0)
    first, second = (times[0] for times in play.times)
    assert abs(second - first - 3.0) < 1e-9
    assert [event.text for event in play.finals(0)] == [
        event.text for event in play.finals(1)
    ]


def test_a_batch_that_waits_for_company_is_served_when_its_window_is_over() -> None:
    play = Play([drawn("#" * 10)], policy=Policy(window=0.5))
    (final,) = play.finals()
    assert final.timing.queue == 500


def test_finals_go_before_partials_and_share_a_batch_of_two() -> None:
    def serve(jobs: Sequence[Job]) -> tuple[list[Transcript], float]:
        kinds.append([job.kind for job in jobs])
        return transcribed(jobs), 0.2

    kinds: list[list[Kind]] = []
    play = Play([drawn("#" * 15)] * 3, serve)
    finals = [batch for batch in kinds if Kind.FINAL in batch]
    assert finals == [[Kind.FINAL] * 2, [Kind.FINAL]]
    assert play.run.batches == list(map(len, kinds))


def test_nothing_to_play_takes_no_time() -> None:
    assert Play([]).run == Run()
