"""From a probability per frame to speech or silence, without flicker."""

from __future__ import annotations

from dataclasses import dataclass


# --8<-- [start:gate]
@dataclass(frozen=True)
class GateSettings:
    """Two thresholds, and how many frames in a row it takes to believe them.

    Raises `ValueError` for thresholds that cross or counts below one.
    """

    enter: float = 0.5
    leave: float = 0.35
    minimum_speech: int = 2
    hangover: int = 3

    def __post_init__(self) -> None:
        if not 0 < self.leave <= self.enter <= 1:
            raise ValueError(f"not 0 < leave {self.leave} <= enter {self.enter} <= 1")
        if min(self.minimum_speech, self.hangover) < 1:
            raise ValueError("minimum_speech and hangover are at least one frame")


class Gate:
    """Opens for speech, closes for silence; knows nothing but probabilities.

    It opens at the end of `minimum_speech` frames of which the first reaches
    `enter` and none falls below `leave`, and closes at the end of `hangover`
    frames below `leave`.
    """

    def __init__(self, settings: GateSettings | None = None) -> None:
        self.settings = settings or GateSettings()
        self.open = False
        self._run = 0

    def step(self, probability: float) -> bool:
        """Whether the gate is open after a frame of this probability."""
        goal = self.settings.hangover if self.open else self.settings.minimum_speech
        self._run = self._run + 1 if self._pushes(probability) else 0
        if self._run == goal:
            self.open, self._run = not self.open, 0
        return self.open

    @property
    def undecided(self) -> bool:
        """Whether the last frames speak for a change, but are too few yet."""
        return self._run > 0

    def reset(self) -> None:
        """Closed, as before the first frame."""
        self.open, self._run = False, 0

    def _pushes(self, probability: float) -> bool:
        """Whether a frame speaks for a change of state."""
        if self.open:
            return probability < self.settings.leave
        needed = self.settings.leave if self._run else self.settings.enter
        return probability >= needed


# --8<-- [end:gate]
