"""One recogniser that works, and spares that wait loaded and warm."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from earshot.inference.lane import Lane
from earshot.inference.recogniser import Recogniser


# --8<-- [start:pool]
class Pool:
    """The lane in use, and `spares` to take its place.

    A spare costs the memory of a model and saves the time of a cold
    start when the lane in use hangs. It is ready once `fill` was called and
    it has loaded.
    """

    def __init__(
        self,
        make: Callable[[], Recogniser],
        spares: int = 0,
    ) -> None:
        self._make, self._most = make, spares
        self._spares: deque[Lane] = deque()
        self.lane = Lane(make)

    def fill(self) -> None:
        """Make the spares that are missing, once `lane` is warm.

        They would load beside it otherwise, and make readiness late.
        """
        while len(self._spares) < self._most:
            self._spares.append(Lane(self._make))

    def replace(self) -> None:
        """Leave the lane in use behind for a spare, or for a new one."""
        self.lane.leave()
        spare = self._spares.popleft() if self._spares else None
        self.lane = spare or Lane(self._make)

    def close(self) -> None:
        """Let all threads end."""
        for lane in (self.lane, *self._spares):
            lane.leave()

    # --8<-- [end:pool]
    def renew(self, lane: Lane, make: Callable[[], Recogniser]) -> None:
        """Put a lane in use that is warm, and let all others of before leave.

        `make` makes what hangs or is missing from now on.
        """
        self.close()
        self._spares.clear()
        self.lane, self._make = lane, make
        self.fill()
