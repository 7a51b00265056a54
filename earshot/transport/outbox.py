"""Events on their way to a client, and those it may ask for again."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from earshot.api.messages import Event, Partial, encode


class Overflow(Exception):
    """More events are owed to a client than may be kept for it."""


class Letter(NamedTuple):
    """An event as it is sent; `partial` is the segment that it is a partial of.

    The text is a fifth of the size of the event's own object.
    """

    seq: int
    text: str
    partial: int | None


# --8<-- [start:outbox]
class Outbox:
    """Numbers events, keeps the last `limit`, and knows which were sent.

    A partial takes the place of one of the same segment that was not sent:
    a slow client sees fewer partials, never older ones.
    """

    def __init__(self, limit: int) -> None:
        self.superseded = 0
        self._limit = limit
        self._letters: deque[Letter] = deque()
        self._seq = self._sent = self._lost = 0

    def put(self, event: Event, at: int) -> None:
        """Number an event made at `at` ms; raises `Overflow` if none may go."""
        partial = event.segment if isinstance(event, Partial) else None
        if partial is not None:
            self._supersede(partial)
        if len(self._letters) >= self._limit:
            if self._letters[0].seq > self._sent:
                raise Overflow
            self._lost = self._letters.popleft().seq
        self._seq += 1
        event.seq, event.at = self._seq, at
        self._letters.append(Letter(self._seq, encode(event), partial))

    def next(self) -> str | None:
        """The oldest event that was not sent, as JSON; it counts as sent."""
        for letter in self._letters:
            if letter.seq > self._sent:
                self._sent = letter.seq
                return letter.text
        return None

    def keeps(self, seq: int) -> bool:
        """Whether all that comes after `seq` is still here."""
        return seq >= self._lost

    def rewind(self, seq: int) -> None:
        """Send again what is here of all that comes after `seq`."""
        self._sent = min(max(seq, self._lost), self._seq)

    def forget(self) -> None:
        """Keep nothing of what there is, sent or not."""
        self._letters.clear()
        self._lost = self._sent = self._seq

    # --8<-- [end:outbox]
    def _supersede(self, segment: int) -> None:
        last = self._letters[-1] if self._letters else None
        if last and last.seq > self._sent and last.partial == segment:
            self._letters.pop()
            self.superseded += 1
