"""A shelf: who is loaded, who goes, who stays, and what the refused are told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import AsyncExitStack

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_lane import Lengths, joined

from earshot.inference.lane import Lane
from earshot.inference.recogniser import Utterance
from earshot.models.manifest import ModelError, read
from earshot.models.shelf import NoRoom, Shelf, sizes

MB = 1_000_000
SIZES = {"a": 1 * MB, "b": 2 * MB, "c": 3 * MB, "d": 4 * MB}


class Bench:
    """A shelf of names, and all that it asked for. `gated` loads wait for `open`."""

    def __init__(
        self, budget_mb: int, pinned: Collection[str] = (), gated: Collection[str] = ()
    ) -> None:
        self.loads: list[str] = []
        self.present: set[str] = set()
        self.faults: dict[str, Exception] = {}
        self.gates = {id: asyncio.Event() for id in gated}
        self.shelf: Shelf[str] = Shelf(
            budget_mb * MB, SIZES, self._load, self.present.remove, pinned
        )

    async def _load(self, id: str) -> str:
        self.loads.append(id)
        self.present.add(id)
        try:
            if id in self.gates:
                await self.gates[id].wait()
            if id in self.faults:
                raise self.faults[id]
        except BaseException:
            self.present.remove(id)
            raise
        return id

    async def use(self, *ids: str) -> None:
        """Lease models one after another, each for no time."""
        for id in ids:
            async with self.shelf.lease(id) as loaded:
                assert loaded == id


def run(do: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(10):
            await do()

    asyncio.run(main())


async def turns() -> None:
    """Let all tasks go as far as they can."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_a_model_is_loaded_once_and_the_longest_unused_goes() -> None:
    async def do() -> None:
        bench = Bench(6)
        await bench.use("a", "b", "c", "b", "a")
        assert bench.loads == ["a", "b", "c"]
        await bench.use("d")
        assert bench.present == {"a", "d"}
        await bench.use("a")
        assert bench.loads == ["a", "b", "c", "d"]

    run(do)


def test_use_counts_from_its_end() -> None:
    async def do() -> None:
        bench, longer = Bench(4), AsyncExitStack()
        await longer.enter_async_context(bench.shelf.lease("a"))
        await bench.use("b")
        await longer.aclose()
        await bench.use("c")
        assert bench.present == {"a", "c"}

    run(do)


def test_what_is_in_use_never_goes_and_the_refused_may_come_back() -> None:
    async def do() -> None:
        bench = Bench(4)
        async with bench.shelf.lease("a"), bench.shelf.lease("a"):
            await bench.use("b")
            with pytest.raises(
                NoRoom, match=r"no room for d in 4 MB beside a, in use; ask again"
            ):
                await bench.use("d")
            assert bench.present == {"a", "b"}
        await bench.use("d")
        assert bench.present == {"d"}

    run(do)


def test_pinned_models_stay() -> None:
    async def do() -> None:
        bench = Bench(5, pinned=["a"])
        await bench.use("a", "b", "d")
        assert bench.present == {"a", "d"}
        bench = Bench(4, pinned=["a"])
        await bench.use("c", "a")
        assert bench.present == {"c", "a"}
        with pytest.raises(NoRoom, match="d, with the pinned ones, needs 5 MB of a b"):
            await bench.use("d")

    run(do)


def test_what_can_never_fit_is_told() -> None:
    async def do() -> None:
        with pytest.raises(NoRoom, match=r"d needs 4 MB of a budget of 3 MB; raise"):
            await Bench(3).use("d")
        with pytest.raises(
            NoRoom, match=r"pins need 5 MB of a budget of 4 MB; pin fewer"
        ):
            Bench(4, pinned=["a", "d"])
        with pytest.raises(ModelError, match="no model 'e'; there are a, b, c, d"):
            await Bench(4).use("e")

    run(do)


def test_many_who_wait_are_served_by_one_load() -> None:
    async def do() -> None:
        bench = Bench(4, gated=["a", "b"])
        waiting = [asyncio.create_task(bench.use("a")) for _ in range(20)]
        beside = asyncio.create_task(bench.use("b"))
        await turns()
        assert bench.loads == ["a", "b"]
        assert not any(task.done() for task in waiting)
        bench.gates["b"].set()
        await beside
        bench.gates["a"].set()
        await asyncio.gather(*waiting)
        assert bench.loads == ["a", "b"]

    run(do)


def test_one_who_waits_no_longer_stops_nobodys_load() -> None:
    async def do() -> None:
        bench = Bench(4, gated=["c"])
        one, other = (asyncio.create_task(bench.use("c")) for _ in range(2))
        await turns()
        one.cancel()
        await turns()
        bench.gates["c"].set()
        await other
        assert one.cancelled()
        bench.gates["c"].clear()
        await bench.use("d")
        last = asyncio.create_task(bench.use("c"))
        await turns()
        last.cancel()
        await turns()
        with pytest.raises(NoRoom, match="beside c, in use"):
            await bench.use("b")
        bench.gates["c"].set()
        await turns()
        await bench.use("b")
        assert bench.loads == ["c", "d", "c", "b"]

    run(do)


def test_a_load_that_fails_is_told_to_all_and_tried_anew() -> None:
    async def do() -> None:
        bench = Bench(4, gated=["d"])
        bench.faults["d"] = ModelError("no weights")
        waiting = [asyncio.create_task(bench.use("d")) for _ in range(2)]
        await turns()
        bench.gates["d"].set()
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert [str(error) for error in found] == ["no weights"] * 2
        assert bench.present == set()
        bench.faults.clear()
        await bench.use("d")
        assert bench.loads == ["d", "d"]

    run(do)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["lease", "end", "give up", "arrive", "fail"]),
        st.integers(0, 99),
    ),
    max_size=60,
)


@given(budget=st.integers(4, 9), pin=st.sampled_from(["", "a", "ab"]), steps=STEPS)
def test_the_budget_holds_and_what_is_in_use_stays(
    budget: int, pin: str, steps: list[tuple[str, int]]
) -> None:
    async def do() -> None:
        bench = Bench(budget, pin, SIZES)
        done: dict[asyncio.Task[None], tuple[str, asyncio.Event]] = {}
        holding: list[str] = []

        async def hold(id: str, end: asyncio.Event) -> None:
            async with bench.shelf.lease(id) as loaded:
                holding.append(loaded)
                await end.wait()
                holding.remove(loaded)

        for what, number in steps:
            id = "abcd"[number % 4]
            if what == "lease":
                end = asyncio.Event()
                done[asyncio.create_task(hold(id, end))] = id, end
            elif what == "arrive":
                bench.faults.pop(id, None)
                bench.gates[id].set()
            elif what == "fail":
                bench.faults[id] = ModelError("no weights")
                bench.gates[id].set()
            elif done:
                task = list(done)[number % len(done)]
                id, end = done.pop(task)
                end.set() if what == "end" else task.cancel()
                if id in holding and what == "give up":
                    await asyncio.wait({task})
                    holding.remove(id)
            await turns()
            for gate in bench.gates.values():
                gate.clear()
            assert set(holding) <= bench.present
            assert sum(SIZES[one] for one in bench.present | set(pin)) <= budget * MB
        for task in done:
            task.cancel()
        await asyncio.gather(*done, return_exceptions=True)

    run(do)


def test_lanes_are_loaded_and_left() -> None:
    async def do() -> None:
        lanes: dict[str, Lane] = {}

        async def load(id: str) -> Lane:
            lane = lanes[id] = Lane(Lengths)
            await lane.warm
            return lane

        shelf = Shelf(4 * MB, SIZES, load, Lane.leave)
        async with shelf.lease("c") as lane:
            (heard,) = await lane.transcribe([Utterance(np.zeros(7, np.float32))])
            assert heard.text == "7"
        async with shelf.lease("d") as lane:
            assert lane is lanes["d"]
            assert await joined(lanes["c"])
        lane.leave()
        assert await joined(lane)

    run(do)


def test_what_was_measured_goes_before_what_the_files_have() -> None:
    models = read()
    found = sizes(models, {"moonshine-tiny": 7})
    assert found["moonshine-tiny"] == 7
    assert found["silero-vad"] == models["silero-vad"].bytes
    assert set(found) == set(models)
