"""What gives way when there is more to hear than time to hear it.

Rung by rung: partials come half as often, then not at all, then no new stream
is let in. Finals of streams that were let in never give way.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


# --8<-- [start:rungs]
class Rung(IntEnum):
    """How far the service has degraded."""

    NORMAL = 0
    WIDER = 1
    FINALS = 2
    REFUSE = 3


@dataclass(frozen=True)
class LadderSettings:
    """When to take a rung, in seconds that jobs wait for the recogniser.

    `wider`, `finals` and `refuse` are the waits at which each is taken once
    they have lasted `hold`. It is left when the wait was below half of that,
    and the recogniser busy less than `busy` of the time, for `settle`.
    """

    wider: float = 0.8
    finals: float = 1.6
    refuse: float = 0.5
    hold: float = 1.0
    settle: float = 8.0
    busy: float = 0.8

    def __post_init__(self) -> None:
        if min(self.wider, self.finals, self.refuse) <= 0:
            raise ValueError("wider, finals and refuse are more than 0")
        if min(self.hold, self.settle) < 0 or not 0 < self.busy <= 1:
            raise ValueError("hold and settle are no less than 0, busy is a part")


# --8<-- [end:rungs]
# --8<-- [start:ladder]
class Ladder:
    """Where the service stands, by what it measures of itself."""

    def __init__(self, settings: LadderSettings | None = None) -> None:
        self.settings = settings or LadderSettings()
        self.rung = Rung.NORMAL
        self._waits = (
            self.settings.wider,
            self.settings.finals,
            self.settings.refuse,
        )
        self._bad_since: float | None = None
        self._good_since: float | None = None

    def observe(self, wait: float, busy: float, now: float) -> Rung:
        """Take a measurement: the longest wait in s, and the busy part."""
        self._bad_since = self._since(self._bad_since, self._is_bad(wait), now)
        self._good_since = self._since(self._good_since, self._is_good(wait, busy), now)
        if self._lasted(self._bad_since, self.settings.hold, now):
            self._move(1)
        elif self._lasted(self._good_since, self.settings.settle, now):
            self._move(-1)
        return self.rung

    def _is_bad(self, wait: float) -> bool:
        return self.rung < Rung.REFUSE and wait >= self._waits[self.rung]

    def _is_good(self, wait: float, busy: float) -> bool:
        if self.rung is Rung.NORMAL:
            return False
        return wait < self._waits[self.rung - 1] / 2 and busy < self.settings.busy

    # --8<-- [end:ladder]
    def _move(self, by: int) -> None:
        self.rung = Rung(self.rung + by)
        self._bad_since = self._good_since = None

    @staticmethod
    def _since(before: float | None, holds: bool, now: float) -> float | None:
        """Since when something holds, or None when it doesn't."""
        if not holds:
            return None
        return now if before is None else before

    @staticmethod
    def _lasted(since: float | None, seconds: float, now: float) -> bool:
        return since is not None and now - since >= seconds
