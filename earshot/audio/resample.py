"""From any allowed rate to 16 kHz, a millisecond or two behind.

A polyphase filter: the rate goes up by a whole number, through a low-pass,
down by another, and only the products that survive are computed. A block of
`down` input samples gives `up` output samples, so nothing drifts. Resamplers
made for files hold back tens of milliseconds, to work in larger blocks.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from earshot.audio.formats import RATE, Samples

REACH = 16
"""How far the filter reaches to each side, in samples of the lower rate."""
CUTOFF = 0.92
"""The edge of the pass band, as a part of half the lower rate."""
BETA = 7.0
"""Kaiser's shape: about 70 dB of stop band."""


# --8<-- [start:taps]
def taps(up: int, down: int) -> npt.NDArray[np.float32]:
    """Low-pass float32[up, k], a row for each phase, the newest sample first.

    A sinc under a Kaiser window (Oppenheim and Schafer, *Discrete-Time Signal
    Processing*, 3rd ed., §7.5.3), of 2 · REACH · max(up, down) + 1 taps.
    """
    wide = max(up, down)
    half = REACH * wide
    at = np.arange(-half, half + 1) / wide
    low_pass = np.sinc(CUTOFF * at) * np.kaiser(2 * half + 1, BETA)
    low_pass *= up / low_pass.sum()
    rows = np.pad(low_pass, (0, -len(low_pass) % up)).reshape(-1, up).T
    return np.ascontiguousarray(rows, np.float32)


# --8<-- [end:taps]
# --8<-- [start:resampler]
class Resampler:
    """One stream from `rate` Hz to 16 kHz; output n is the input's time n / 16 kHz.

    `delay` is how many output samples it lags: 32 from 8 kHz, 16 from 24 and
    48 kHz, none from 16 kHz. Memory: the filter's reach.
    """

    def __init__(self, rate: int) -> None:
        common = math.gcd(rate, RATE)
        self._up, self._down = RATE // common, rate // common
        self._taps = taps(self._up, self._down)
        self.delay = REACH * max(self._up, self._down) // self._down
        if rate == RATE:
            self.delay = 0
        self._begin()

    def _begin(self) -> None:
        self._held = np.zeros(self._taps.shape[1] - 1, np.float32)
        self._early = self.delay
        self._taken = self._given = 0

    def push(self, samples: Samples) -> Samples:
        """Output float32[m] that the input float32[n] allows."""
        if self._up == self._down:
            return samples
        self._taken += len(samples)
        out = self._filtered(samples)
        early = min(self._early, len(out))
        self._early -= early
        self._given += len(out) - early
        return out[early:]

    def flush(self) -> Samples:
        """The rest, float32[m]: n samples in gave ⌈n · 16 000 / rate⌉; start anew."""
        due = -(-self._taken * self._up // self._down) - self._given
        silence = np.zeros(self._down * (self.delay + 1), np.float32)
        rest = self.push(silence)[:due] if due else silence[:0]
        self._begin()
        return rest

    def _filtered(self, samples: Samples) -> Samples:
        """Every whole block of `down` samples as `up` samples; the rest is held."""
        up, down, history = self._up, self._down, self._taps.shape[1] - 1
        held = np.concatenate([self._held, samples])
        blocks = (len(held) - history) // down
        self._held = held[blocks * down :]
        out = np.empty(blocks * up, np.float32)
        for turn in range(up if blocks else 0):
            first, phase = divmod(turn * down, up)
            full = np.convolve(held[: history + blocks * down], self._taps[phase])
            out[turn::up] = full[history + first :: down][:blocks]
        return out


# --8<-- [end:resampler]
