"""Events on their way to a client, and those it may ask for again."""

from __future__ import annotations

from collections import deque

from earshot.api.messages import Event, Partial


class Overflow(Exception):
    """More events are owed to a client than may be kept for it."""


# --8<-- [start:outbox]
class Outbox:
    """Numbers events, keeps the last `limit`, and knows which were sent.

    A partial takes the place of one of the same segment that was not sent:
    a slow client sees fewer partials, never older ones.
    """

    def __init__(self, limit: int) -> None:
        self.superseded = 0
        self._limit = limit
        self._events: deque[Event] = deque()
        self._seq = self._sent = self._lost = 0

    def put(self, event: Event, at: int) -> None:
        """Number an event made at `at` ms; raises `Overflow` if none may go."""
        if isinstance(event, Partial):
            self._supersede(event)
        if len(self._events) >= self._limit:
            if self._events[0].seq > self._sent:
                raise Overflow
            self._lost = self._events.popleft().seq
        self._seq += 1
        event.seq, event.at = self._seq, at
        self._events.append(event)

    def next(self) -> Event | None:
        """The oldest event that was not sent, if there is one; it counts as sent."""
        for event in self._events:
            if event.seq > self._sent:
                self._sent = event.seq
                return event
        return None

    def keeps(self, seq: int) -> bool:
        """Whether all that comes after `seq` is still here."""
        return seq >= self._lost

    def rewind(self, seq: int) -> None:
        """Send again what is here of all that comes after `seq`."""
        self._sent = min(max(seq, self._lost), self._seq)

    def forget(self) -> None:
        """Keep nothing of what there is, sent or not."""
        self._events.clear()
        self._lost = self._sent = self._seq

    # --8<-- [end:outbox]
    def _supersede(self, partial: Partial) -> None:
        last = self._events[-1] if self._events else None
        if (
            isinstance(last, Partial)
            and last.seq > self._sent
            and last.segment == partial.segment
        ):
            self._events.pop()
            self.superseded += 1
