"""A recogniser lives in one thread, which ends when nobody wants it any more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from earshot.inference.lane import Lane
from earshot.inference.recogniser import Recogniser, Transcript, Utterance


class Lengths:
    """Says how many samples it hears; waits for `gate` first, if there is one."""

    def __init__(self, gate: threading.Event | None = None) -> None:
        self.name = "lengths"
        self.longest = 60.0
        self.warmed = False
        self.threads: set[threading.Thread] = set()
        self._gate = gate

    def warm_up(self) -> None:
        self.warmed = True
        self.threads.add(threading.current_thread())

    def transcribe(self, batch: Sequence[Utterance]) -> list[Transcript]:
        self.threads.add(threading.current_thread())
        if self._gate:
            self._gate.wait()
        if any(not len(utterance.audio) for utterance in batch):
            raise ValueError("nothing to hear")
        return [Transcript(str(len(utterance.audio))) for utterance in batch]


def audio(*lengths: int) -> list[Utterance]:
    return [Utterance(np.zeros(length, np.float32)) for length in lengths]


def texts(transcripts: Sequence[Transcript]) -> list[str]:
    return [transcript.text for transcript in transcripts]


async def joined(lane: Lane) -> bool:
    """Whether the lane's thread ends; a test that fails here hangs for no time."""
    await asyncio.to_thread(lane._thread.join, 10)
    return not lane._thread.is_alive()


def test_it_makes_warms_and_calls_the_recogniser_in_one_other_thread() -> None:
    recogniser = Lengths()

    async def main() -> None:
        lane = Lane(lambda: recogniser)
        assert await lane.warm == "lengths"
        assert recogniser.warmed
        assert texts(await lane.transcribe(audio(3, 1, 2))) == ["3", "1", "2"]
        assert texts(await lane.transcribe(audio(4))) == ["4"]
        assert recogniser.threads == {lane._thread} != {threading.current_thread()}
        lane.leave()
        assert await joined(lane)

    asyncio.run(main())


def test_it_never_keeps_the_process_alive() -> None:
    async def main() -> None:
        lane = Lane(Lengths)
        assert lane._thread.daemon
        lane.leave()
        assert await joined(lane)

    asyncio.run(main())


def test_what_one_call_raises_harms_no_other() -> None:
    async def main() -> None:
        lane = Lane(Lengths)
        with pytest.raises(ValueError, match="nothing to hear"):
            await lane.transcribe(audio(1, 0))
        assert texts(await lane.transcribe(audio(1))) == ["1"]
        lane.leave()
        assert await joined(lane)

    asyncio.run(main())


def broken() -> Recogniser:
    raise RuntimeError("no weights")


class Cold(Lengths):
    """Can't be warmed up."""

    def warm_up(self) -> None:
        raise RuntimeError("no weights")


@pytest.mark.parametrize("make", [broken, Cold])
def test_a_recogniser_that_cannot_be_made_is_told_and_its_thread_ends(
    make: Callable[[], Recogniser],
) -> None:
    async def main() -> None:
        lane = Lane(make)
        with pytest.raises(RuntimeError, match="no weights"):
            await lane.warm
        assert await joined(lane)

    asyncio.run(main())


def test_a_recogniser_left_behind_ends_when_it_returns() -> None:
    gate, faults = threading.Event(), []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: faults.append(context))
        lane = Lane(lambda: Lengths(gate))
        await lane.warm
        result = lane.transcribe(audio(1))
        result.cancel()
        lane.leave()
        assert lane._thread.is_alive()
        gate.set()
        assert await joined(lane)
        assert result.cancelled()

    asyncio.run(main())
    assert faults == []


def test_a_recogniser_that_outlives_the_loop_ends_in_peace() -> None:
    gate = threading.Event()

    async def main() -> Lane:
        lane = Lane(lambda: Lengths(gate))
        await lane.warm
        lane.transcribe(audio(1))
        lane.leave()
        return lane

    lane = asyncio.run(main())
    gate.set()
    lane._thread.join(10)
    assert not lane._thread.is_alive()
