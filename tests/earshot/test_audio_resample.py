"""Resampling keeps time, pitch and level, and lags by what it states."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earshot.audio.formats import ALL_RATES, RATE, Samples
from earshot.audio.resample import Resampler

rates = st.sampled_from(ALL_RATES)
piece_lengths = st.lists(st.integers(0, 2000), max_size=20)


def resampled(samples: Samples, rate: int, step: int | None = None) -> Samples:
    stream = Resampler(rate)
    cuts = [*range(0, len(samples), step or len(samples)), len(samples)]
    pieces = [stream.push(samples[a:b]) for a, b in pairwise(cuts)]
    return np.concatenate([*pieces, stream.flush()])


def sine(hz: float, rate: int) -> Samples:
    return np.sin(2 * np.pi * hz * np.arange(rate) / rate).astype(np.float32)


def level_db(samples: Samples) -> float:
    """Power against that of a full sine, away from the ends."""
    return float(10 * np.log10(2 * np.mean(samples[500:-500] ** 2) + 1e-20))


# --8<-- [start:latency]
@pytest.mark.parametrize(
    ("rate", "delay"), [(8_000, 32), (16_000, 0), (24_000, 16), (48_000, 16)]
)
def test_it_lags_by_its_delay_and_moves_nothing(rate: int, delay: int) -> None:
    stream, at, frame = Resampler(rate), rate // 2, rate // 50
    impulse = np.zeros(rate, np.float32)
    impulse[at] = 1
    given = []
    for start in range(0, rate, frame):
        given.append(stream.push(impulse[start : start + frame]))
        sent_in_time = (start + frame) * RATE // rate
        assert sum(map(len, given)) == sent_in_time - delay
    assert stream.delay == delay
    assert np.abs(np.concatenate(given)).argmax() == at * RATE // rate


# --8<-- [end:latency]
@given(rates, piece_lengths)
def test_no_sample_is_lost_or_made_up(rate: int, lengths: list[int]) -> None:
    stream = Resampler(rate)
    sent = made = 0
    for length in lengths:
        made += len(stream.push(np.ones(length, np.float32)))
        sent += length
        behind = sent * RATE / rate - made
        assert 0 <= behind < stream.delay + max(1, RATE // rate) + 1
    assert made + len(stream.flush()) == -(-sent * RATE // rate)


@given(rates, st.integers(1, 1500))
def test_pieces_give_what_the_whole_gives(rate: int, step: int) -> None:
    sound = np.random.default_rng(0).standard_normal(4000).astype(np.float32)
    pieces, whole = resampled(sound, rate, step), resampled(sound, rate)
    assert np.allclose(pieces, whole, atol=1e-5)


@pytest.mark.parametrize("rate", ALL_RATES)
@pytest.mark.parametrize("hz", [200, 1000, 3000])
def test_speech_keeps_its_pitch_level_and_phase(rate: int, hz: int) -> None:
    error = resampled(sine(hz, rate), rate) - sine(hz, RATE)
    assert level_db(error) < -40


@pytest.mark.parametrize("rate", [24_000, 48_000])
@pytest.mark.parametrize("hz", [8500, 10_000, 11_500])
def test_what_16_khz_cannot_hold_does_not_fold_back(rate: int, hz: int) -> None:
    assert level_db(resampled(sine(hz, rate), rate)) < -70


def test_a_flush_starts_anew() -> None:
    stream, sound = Resampler(8_000), sine(440, 8_000)
    first = np.concatenate([stream.push(sound), stream.flush()])
    again = np.concatenate([stream.push(sound), stream.flush()])
    assert np.array_equal(first, again)
