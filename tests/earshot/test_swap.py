"""Another recogniser takes over while streams go on, or nothing changes."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from running import Puppet, Running, alone, call, finals, running, speech, until
from test_pool import Maker, over, words
from test_process import process
from test_worker import Bench, Lengths, at_work
from test_worker import finals as jobs

from earshot.inference.fake import FakeRecogniser
from earshot.inference.pool import Pool
from earshot.inference.recogniser import Recogniser
from earshot.inference.worker import WorkerSettings
from earshot.models.manifest import ModelError
from earshot.service import Service


def test_a_pool_renewed_keeps_nothing_of_before() -> None:
    async def main() -> None:
        pool = Pool(Maker(), spares=1)
        await pool.lane.warm
        pool.fill()
        old = [pool.lane, *pool._spares]
        make = Maker()
        fresh = Pool(make).lane
        pool.renew(fresh, make)
        assert pool.lane is fresh
        assert all([await over(lane) for lane in old])
        assert [await words(lane) for lane in (fresh, *pool._spares)] == ["1", "2"]
        pool.close()

    asyncio.run(main())


def test_the_old_one_works_until_the_new_one_is_warm() -> None:
    load, old, new = threading.Event(), Lengths(), Lengths()
    new.name = "new"

    def make() -> Recogniser:
        load.wait(10)
        return new

    async def do(bench: Bench) -> None:
        await bench.work(*jobs(1))
        swapping = asyncio.create_task(bench.worker.swap(make))
        await bench.work(*jobs(2))
        assert (old.batches, new.batches) == ([[1], [2]], [])
        assert not swapping.done()
        load.set()
        assert await swapping == "new"
        await bench.work(*jobs(3))
        assert (old.batches, new.batches) == ([[1], [2]], [[3]])

    at_work(lambda: Bench(lambda: old), do)


def test_the_batch_in_work_ends_where_it_began() -> None:
    gate, new = threading.Event(), Lengths()
    old = Lengths(lambda: gate.wait(10) and None)

    async def do(bench: Bench) -> None:
        working = asyncio.create_task(bench.work(*jobs(1)))
        while not old.batches:
            await asyncio.sleep(0)
        await bench.worker.swap(lambda: new)
        gate.set()
        await working
        assert bench.post.words == [("a", "1")]
        assert new.batches == []

    at_work(lambda: Bench(lambda: old), do)


def test_an_old_one_that_hangs_does_not_cost_the_new_one_its_place() -> None:
    gate, new = threading.Event(), Lengths()
    made = [Lengths(lambda: gate.wait(10) and None)]

    async def do(bench: Bench) -> None:
        working = asyncio.create_task(bench.work(*jobs(1, 2)))
        while not bench.post.calls:
            await asyncio.sleep(0)
        await bench.worker.swap(lambda: new)
        await working
        assert bench.post.words == [("a", "1"), ("b", "2")]
        assert bench.post.restarts == 0
        assert new.batches == [[1], [2]]
        gate.set()

    at_work(lambda: Bench(made.pop, WorkerSettings(hang_s=0.1)), do)


def test_a_new_one_that_fails_changes_nothing() -> None:
    old = Lengths()

    def broken() -> Recogniser:
        raise RuntimeError("no such graph")

    async def do(bench: Bench) -> None:
        with pytest.raises(RuntimeError, match="no such graph"):
            await bench.worker.swap(broken)
        await bench.work(*jobs(1))
        assert old.batches == [[1]]

    at_work(lambda: Bench(lambda: old), do)


def test_a_new_one_makes_an_ill_service_healthy() -> None:
    def fault() -> None:
        raise ValueError("bad weights")

    async def do(bench: Bench) -> None:
        await bench.work(*jobs(1))
        assert not bench.worker.healthy
        await bench.worker.swap(Lengths)
        assert bench.worker.healthy

    at_work(lambda: Bench(lambda: Lengths(fault), WorkerSettings(failures=1)), do)


# -- in the service ------------------------------------------------------------------


class Other(FakeRecogniser):
    """Hears the same as the fake one, under another name."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "other"


def swap(server: Running, find: Callable[[], Callable[[], Recogniser]]) -> Service:
    server.loop.run(server.service.swap(find))
    return server.service


def test_a_stream_goes_on_from_one_to_the_other() -> None:
    old = Puppet()
    with running(lambda: old) as server, call(server.url) as caller:
        audio = speech()
        caller.speak(audio[: len(audio) // 2])
        caller.wait("partial")
        assert swap(server, lambda: Other).model == "other"
        heard = len(old.batches)
        caller.speak(audio[len(audio) // 2 :])
        caller.close()
        caller.rest()
        assert finals(caller.events) == alone()
        assert len(old.batches) == heard
        assert server.metric('recogniser_swaps_total{outcome="done"}') == 1


def test_a_model_that_is_not_here_is_told_of_and_the_old_one_stays() -> None:
    def find() -> Callable[[], Recogniser]:
        raise ModelError("whisper-huge is not here")

    with running() as server:
        assert swap(server, find).model == "fake"
        with call(server.url) as caller:
            caller.speak(speech())
            caller.close()
            assert finals(caller.rest()) == alone()
        assert server.metric('recogniser_swaps_total{outcome="failed"}') == 1


# -- in the process ------------------------------------------------------------------


def test_sighup_reads_the_settings_again(tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text("[server]\nfake = true\nport = 0\n")
    logs = tmp_path / "logs"
    logs.mkdir()
    with process(logs, "--config", str(config)) as one:
        one.ready()
        config.write_text('[server]\nfake = false\nport = 0\nmodel = "nothing"\n')
        one.end(signal.SIGHUP)
        until(lambda: "recogniser.kept" in one.output, "a refusal")
        assert one.status("/readyz") == 200
        config.write_text('[server]\nport = 0\nmodel = "moonshine-tiny"\n')
        one.end(signal.SIGHUP)
        until(lambda: "recogniser.swapped model=moonshine-tiny" in one.output, "a swap")
        assert one.status("/readyz") == 200
        assert one.popen.poll() is None
