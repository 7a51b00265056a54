"""The solutions of chapter 2: they run, and say what the book says."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late

import numpy as np
import pytest
from test_recorded import experiment, recorded

from earshot.bench.clips import Clip, clips
from earshot.inference.engines import load
from earshot.inference.fake import FakeRecogniser
from earshot.inference.recogniser import Recogniser, Transcript, Utterance
from earshot.models.store import Store
from earshot.text.errors import count, total

SECOND = Utterance(np.full(16_000, 0.1, np.float32))


# --8<-- [start:gate]
class Failed(Exception):
    """A recogniser made more word errors than it may."""


def gated(
    make: Callable[[], Recogniser], golden: Sequence[Clip], most: int
) -> Callable[[], Recogniser]:
    """A way to make a recogniser that hears golden clips before anyone."""

    def made() -> Recogniser:
        recogniser = make()
        said = [Utterance(clip.audio) for clip in golden]
        heard = recogniser.transcribe(said)
        pairs = zip(golden, heard, strict=True)
        found = total(count(clip.words, got.text) for clip, got in pairs)
        if found.total > most:
            raise Failed(f"{recogniser.name}: {found.total} word errors")
        return recogniser

    return made


# --8<-- [end:gate]
# --8<-- [start:fallback]
class Fallback:
    """Asks one recogniser, and another one when the first is late or fails."""

    def __init__(self, first: Recogniser, second: Recogniser, patience: float) -> None:
        self.name = f"{first.name}, else {second.name}"
        self.longest = min(first.longest, second.longest)
        self._first, self._second, self._patience = first, second, patience
        self._thread = ThreadPoolExecutor(1)

    def warm_up(self) -> None:
        """Warm both."""
        self._first.warm_up()
        self._second.warm_up()

    def transcribe(self, batch: Sequence[Utterance]) -> list[Transcript]:
        """What the first says, if it says it in time."""
        asked = self._thread.submit(self._first.transcribe, batch)
        try:
            return asked.result(self._patience)
        except (Late, OSError):
            asked.cancel()
            return self._second.transcribe(batch)


# --8<-- [end:fallback]
class Broken(FakeRecogniser):
    """Is another machine, to which the line is down."""

    def transcribe(self, batch: Sequence[Utterance]) -> list[Transcript]:
        raise ConnectionRefusedError


def words(recogniser: Recogniser) -> str:
    return recogniser.transcribe([SECOND])[0].text


def test_the_gate_lets_a_good_recogniser_pass() -> None:
    store, golden = Store(), clips()
    made = gated(lambda: load("moonshine-tiny", store), golden, most=3)()
    assert made.name == Store().folder("moonshine-tiny").name


def test_the_gate_keeps_one_that_makes_words_up() -> None:
    with pytest.raises(Failed, match=r"fake: \d+ word errors"):
        gated(FakeRecogniser, clips(), most=3)()


@pytest.mark.parametrize(
    "first", [Broken(), FakeRecogniser(sleep=lambda _: time.sleep(0.5))]
)
def test_the_fallback_answers_for_one_that_cannot(first: Recogniser) -> None:
    assert words(Fallback(first, FakeRecogniser(), 0.05)) == words(FakeRecogniser())


def test_the_fallback_prefers_the_first() -> None:
    second = FakeRecogniser(failures={1: AssertionError()})
    fallback = Fallback(FakeRecogniser(), second, 10)
    fallback.warm_up()
    assert words(fallback) == words(FakeRecogniser())
    assert second.calls == 0


def test_what_fits_beside_in_400_megabytes() -> None:
    ways = recorded("02-hot-swap")["values"]["ways"]
    fits = {way for way, found in ways.items() if found["most_mb"] <= 400}
    assert fits == {"none", "swap", "restart"}


def test_what_the_chapter_derives_is_what_its_script_gives() -> None:
    run = experiment("experiments/02-arithmetic/run.py")
    assert run.values() == recorded("02-arithmetic")["values"]


@pytest.mark.parametrize("way", ["none", "swap", "replace", "restart"])
def test_delays_around_a_change_are_those_of_its_events(way: str) -> None:
    run, values = experiment("experiments/02-hot-swap/run.py"), recorded("02-hot-swap")
    runs, found = (
        [{"events": values["values"]["events"][way]}],
        values["values"]["ways"],
    )
    assert run.late(runs, "partial", 0, run.FIRST_S) == found[way]["first"]
    assert run.late(runs, "partial", -run.AFTER_S, 0) == found[way]["before"]
