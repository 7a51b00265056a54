"""The worker delivers every job, whatever the recogniser does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest
from jobs import job

from earshot.api.messages import ErrorCode
from earshot.inference.batcher import Policy
from earshot.inference.recogniser import Recogniser, Transcript, Utterance
from earshot.inference.scheduler import Job, Kind, Scheduler
from earshot.inference.stream import Heard
from earshot.inference.worker import Worker, WorkerSettings, code_of

FINAL, FIRST, PARTIAL = Kind
POISON = 666
"""Samples that no recogniser here can take."""


class Lengths:
    """Says how many samples it hears, unless one is poison."""

    name = "lengths"
    longest = 60.0

    def __init__(self, fault: Callable[[], None] | None = None) -> None:
        self.batches: list[list[int]] = []
        self.deadlines: list[float] = []
        self._fault = fault

    def warm_up(self) -> None:
        """Nothing to warm."""

    def transcribe(self, batch: Sequence[Utterance]) -> list[Transcript]:
        lengths = [len(utterance.audio) for utterance in batch]
        self.batches.append(lengths)
        self.deadlines += [utterance.deadline for utterance in batch]
        if self._fault:
            self._fault()
        if POISON in lengths:
            raise ValueError("bad audio")
        return [Transcript(str(length)) for length in lengths]


class Post:
    """Takes what is delivered; `done` is set when nothing is owed any more."""

    def __init__(self) -> None:
        self.words: list[tuple[str, str]] = []
        self.heard: list[Heard] = []
        self.lost: list[tuple[str, ErrorCode]] = []
        self.faults: list[ErrorCode] = []
        self.calls: list[int] = []
        self.restarts = 0
        self.done = asyncio.Event()
        self.owed = 0

    def resolve(self, job: Job, transcript: Transcript, heard: Heard) -> None:
        self.words.append((job.stream, transcript.text))
        self.heard.append(heard)
        self._paid()

    def fail(self, job: Job, code: ErrorCode, message: str) -> None:
        assert message.endswith("these words are lost")
        self.lost.append((job.stream, code))
        self._paid()

    def called(self, jobs: int) -> None:
        self.calls.append(jobs)

    def failed(self, code: ErrorCode, error: BaseException) -> None:
        self.faults.append(code)

    def restarted(self) -> None:
        self.restarts += 1

    def _paid(self) -> None:
        self.owed -= 1
        if not self.owed:
            self.done.set()


class Clock:
    """A second passes with every look, unless it stands still."""

    def __init__(self) -> None:
        self.now, self.step = 0.0, 1.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


class Bench:
    """A worker at work on a scheduler, with a post box and a clock."""

    def __init__(
        self,
        make: Callable[[], Recogniser],
        settings: WorkerSettings | None = None,
        policy: Policy | None = None,
    ) -> None:
        self.post, self.clock = Post(), Clock()
        self.scheduler = Scheduler(policy or Policy(spread=1e9))
        self.worker = Worker(make, self.scheduler, self.post, settings, self.clock)

    async def work(self, *jobs: Job) -> None:
        """Submit jobs and wait for all of them."""
        self.post.owed += len(jobs)
        self.post.done.clear()
        for one in jobs:
            self.scheduler.submit(one)
        self.worker.call()
        async with asyncio.timeout(20):
            await self.post.done.wait()


def at_work(
    bench: Callable[[], Bench], do: Callable[[Bench], Coroutine[Any, Any, None]]
) -> None:
    """Run a worker while something is done with it; then no thread is left."""

    async def main() -> None:
        made = bench()
        running = asyncio.create_task(made.worker.run())
        try:
            await do(made)
        finally:
            running.cancel()
            await asyncio.wait({running})
            made.worker.close()
        await asyncio.to_thread(made.worker._pool.lane._thread.join, 10)
        assert not made.worker._pool.lane._thread.is_alive()

    asyncio.run(main())


def finals(*lengths: int) -> list[Job]:
    return [
        job(chr(97 + at), FINAL, asked=at / 100, samples=length)
        for at, length in enumerate(lengths)
    ]


def test_results_come_in_order_each_to_its_own_job() -> None:
    async def do(bench: Bench) -> None:
        await bench.work(*finals(5, 6, 7), job("z", PARTIAL, samples=8, deadline=99.0))
        assert bench.post.words == [("a", "5"), ("b", "6"), ("c", "7"), ("z", "8")]
        assert [heard.batch for heard in bench.post.heard] == [2, 2, 1, 1]
        assert recogniser.batches == [[5, 6], [7], [8]]
        assert recogniser.deadlines[-1] == 99.0
        assert bench.post.calls == [2, 1, 1]

    recogniser = Lengths()
    at_work(lambda: Bench(lambda: recogniser), do)


def test_a_job_that_comes_to_an_idle_worker_is_served() -> None:
    async def do(bench: Bench) -> None:
        for length in (3, 4):
            await bench.work(*finals(length))
        assert bench.post.words == [("a", "3"), ("a", "4")]

    at_work(lambda: Bench(Lengths), do)


def test_a_batch_that_waits_for_company_goes_when_its_window_is_over() -> None:
    async def do(bench: Bench) -> None:
        await bench.worker.warm()
        asked = bench.clock() + 0.01
        await bench.work(job("a", PARTIAL, asked=asked, samples=3))
        assert bench.post.words == [("a", "3")]
        assert bench.post.heard[0].taken >= asked + 1.0

    at_work(lambda: Bench(Lengths, policy=Policy(window=1.0)), do)


def test_busy_is_the_sum_of_all_calls() -> None:
    async def do(bench: Bench) -> None:
        await bench.work(*finals(1, 2, 3))
        spent = {(heard.taken, heard.done) for heard in bench.post.heard}
        assert len(spent) == 2
        assert bench.worker.busy == sum(done - taken for taken, done in spent) == 2.0
        await bench.work(job("z", FINAL, samples=POISON))
        assert bench.worker.busy == 3.0

    at_work(lambda: Bench(Lengths), do)


def test_only_the_culprit_of_a_batch_has_no_words() -> None:
    async def do(bench: Bench) -> None:
        await bench.work(*finals(5, POISON))
        assert bench.post.words == [("a", "5")]
        assert bench.post.lost == [("b", "inference_failed")]
        assert bench.post.faults == ["inference_failed"] * 2
        assert recogniser.batches == [[5, POISON], [5], [POISON]]
        assert bench.post.calls == [2, 1, 1]

    recogniser = Lengths()
    at_work(lambda: Bench(lambda: recogniser), do)


def test_partials_of_a_batch_that_fails_are_not_tried_again() -> None:
    async def do(bench: Bench) -> None:
        await bench.work(
            job("a", PARTIAL, samples=POISON), job("b", PARTIAL, samples=3)
        )
        assert sorted(bench.post.lost) == [
            ("a", "inference_failed"),
            ("b", "inference_failed"),
        ]
        assert bench.post.words == []
        assert len(recogniser.batches) == 1

    recogniser = Lengths()
    at_work(lambda: Bench(lambda: recogniser), do)


def test_a_recogniser_that_gives_too_few_transcripts_has_failed() -> None:
    class Short(Lengths):
        def transcribe(self, batch: Sequence[Utterance]) -> list[Transcript]:
            return super().transcribe(batch)[:1]

    async def do(bench: Bench) -> None:
        await bench.work(*finals(1, 2))
        assert bench.post.faults == ["inference_failed"]
        assert bench.post.words == [("a", "1"), ("b", "2")]

    at_work(lambda: Bench(Short), do)


def test_it_is_well_again_after_a_success() -> None:
    async def do(bench: Bench) -> None:
        bench.clock.step = 0.0
        poison = job("a", FINAL, samples=POISON)
        await bench.worker.warm()
        for healthy in (True, False, False):
            await bench.work(poison)
            assert bench.worker.healthy is healthy
        await bench.work(*finals(1))
        assert bench.worker.healthy
        await bench.work(poison)
        assert bench.worker.healthy

    at_work(lambda: Bench(Lengths, WorkerSettings(failures=2)), do)


def test_it_is_not_ready_before_the_recogniser_is_loaded() -> None:
    gate = threading.Event()

    def slow() -> Recogniser:
        gate.wait()
        return Lengths()

    async def do(bench: Bench) -> None:
        assert not bench.worker.healthy
        gate.set()
        assert await bench.worker.warm() == "lengths"
        assert bench.worker.healthy

    at_work(lambda: Bench(slow), do)


def test_a_recogniser_that_cannot_be_made_ends_the_work() -> None:
    def broken() -> Recogniser:
        raise RuntimeError("no weights")

    async def main() -> None:
        bench = Bench(broken)
        with pytest.raises(RuntimeError, match="no weights"):
            await bench.worker.run()
        assert not bench.worker.healthy
        with pytest.raises(RuntimeError, match="no weights"):
            await bench.worker.warm()

    asyncio.run(main())


def test_a_recogniser_that_hangs_is_left_behind_for_a_new_one() -> None:
    gate, lanes = threading.Event(), []
    made = [Lengths(gate.wait), Lengths(), Lengths()]

    async def do(bench: Bench) -> None:
        lanes.append(bench.worker._pool.lane)
        await bench.work(*finals(1))
        assert bench.post.lost == [("a", "inference_timeout")]
        assert (bench.post.faults, bench.post.restarts) == (["inference_timeout"], 1)
        assert bench.worker.healthy
        await bench.work(*finals(2))
        assert bench.post.words == [("a", "2")]
        assert lanes[0]._thread.is_alive()
        gate.set()
        await asyncio.to_thread(lanes[0]._thread.join, 10)
        assert not lanes[0]._thread.is_alive()
        assert bench.post.words == [("a", "2")]
        assert len(made) == 1

    at_work(lambda: Bench(lambda: made.pop(0), WorkerSettings(hang_s=0.02)), do)


def test_finals_of_a_batch_that_hung_get_a_second_chance() -> None:
    gate = threading.Event()
    made = [Lengths(gate.wait), Lengths()]

    async def do(bench: Bench) -> None:
        await bench.work(*finals(1, 2))
        assert bench.post.words == [("a", "1"), ("b", "2")]
        assert bench.post.lost == []
        assert bench.post.restarts == 1
        gate.set()

    at_work(lambda: Bench(lambda: made.pop(0), WorkerSettings(hang_s=0.02)), do)


def test_a_recogniser_that_cannot_be_made_again_ends_the_work() -> None:
    gate = threading.Event()
    made = [Lengths(gate.wait)]

    async def main() -> None:
        bench = Bench(lambda: made.pop(0), WorkerSettings(hang_s=0.02))
        bench.scheduler.submit(job("a", FINAL))
        with pytest.raises(IndexError):
            await bench.worker.run()
        gate.set()

    asyncio.run(main())


def test_a_spare_takes_the_place_of_a_recogniser_that_hangs() -> None:
    gate = threading.Event()
    spare = Lengths()
    made = [Lengths(gate.wait), spare, Lengths()]

    async def do(bench: Bench) -> None:
        await bench.work(*finals(1))
        await bench.work(*finals(2))
        assert bench.post.words == [("a", "2")]
        assert spare.batches == [[2]]
        gate.set()

    settings = WorkerSettings(hang_s=0.02, spares=1)
    at_work(lambda: Bench(lambda: made.pop(0), settings), do)


def test_a_time_out_of_its_own_is_no_hang() -> None:
    def fault() -> None:
        raise TimeoutError

    async def do(bench: Bench) -> None:
        await bench.work(*finals(1))
        assert bench.post.lost == [("a", "inference_timeout")]
        assert bench.post.restarts == 0

    at_work(lambda: Bench(lambda: Lengths(fault)), do)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ValueError("odd"), "inference_failed"),
        (MemoryError(), "out_of_memory"),
        (
            RuntimeError("Failed to allocate memory for a buffer"),
            "out_of_memory",
        ),
        (TimeoutError(), "inference_timeout"),
    ],
)
def test_what_was_raised_has_a_code(error: Exception, code: str) -> None:
    assert code_of(error) == code


@pytest.mark.parametrize("values", [{"hang_s": 0.0}, {"failures": 0}, {"spares": -1}])
def test_settings_that_cannot_hold_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"hang_s|spares"):
        WorkerSettings(**values)
