"""A pool: who works, who waits warm, and what is left behind."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence

import numpy as np

from earshot.inference.lane import Lane
from earshot.inference.pool import Pool
from earshot.inference.recogniser import Transcript, Utterance


class Numbered:
    """Says which one it is."""

    longest = 60.0

    def __init__(self, number: int) -> None:
        self.name = str(number)

    def warm_up(self) -> None:
        """Nothing to warm."""

    def transcribe(self, batch: Sequence[Utterance]) -> list[Transcript]:
        return [Transcript(self.name) for _ in batch]


class Maker:
    """Makes numbered recognisers, in whatever threads."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.made: list[int] = []

    def __call__(self) -> Numbered:
        number = next(self._numbers)
        self.made.append(number)
        return Numbered(number)


async def words(lane: Lane) -> str:
    await lane.warm
    (heard,) = await lane.transcribe([Utterance(np.zeros(9, np.float32))])
    return heard.text


async def over(lane: Lane) -> bool:
    await asyncio.to_thread(lane._thread.join, 10)
    return not lane._thread.is_alive()


def test_spares_are_made_when_asked_for_and_take_over_in_their_order() -> None:
    async def main() -> None:
        make = Maker()
        pool = Pool(make, spares=2)
        first = pool.lane
        assert (await words(first), make.made) == ("1", [1])
        pool.fill()
        pool.fill()
        spares = list(pool._spares)
        names = [await words(lane) for lane in spares]
        assert sorted(names) == ["2", "3"]
        pool.replace()
        assert pool.lane is spares[0]
        assert pool.lane.warm.done()
        assert await words(pool.lane) == names[0]
        assert sorted(make.made) == [1, 2, 3]
        assert await over(first)
        pool.fill()
        assert len(pool._spares) == 2
        pool.close()
        for lane in (pool.lane, *pool._spares):
            assert await over(lane)

    asyncio.run(main())


def test_without_a_spare_a_new_one_is_made() -> None:
    async def main() -> None:
        pool = Pool(Maker())
        assert await words(pool.lane) == "1"
        pool.fill()
        pool.replace()
        assert await words(pool.lane) == "2"
        pool.close()
        assert await over(pool.lane)

    asyncio.run(main())
