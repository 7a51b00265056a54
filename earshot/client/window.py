"""What may have to be sent again, and what was heard before: no sockets here."""

from __future__ import annotations

from collections import deque
from itertools import islice

from earshot.api.messages import (
    Close,
    Final,
    Flush,
    Flushed,
    Ready,
    Resume,
    ServerEvent,
    SessionEnded,
)
from earshot.client.errors import AudioLost
from earshot.client.packets import Packet

ROOM_MS = 60_000.0

Request = Flush | Close


# --8<-- [start:window]
class Window:
    """The end of a stream that the server may ask for again.

    Packets are numbered from 0. A packet is kept until a final, or the
    answer to a flush, covers it, and no longer than `room_ms`; a request,
    with the number of packets before it, until it is answered. `ended` is
    the stream's last event; `next_ms` is where the packet that is sent
    next begins.
    """

    def __init__(self, room_ms: float = ROOM_MS) -> None:
        self.ended: SessionEnded | None = None
        self.next_ms = 0.0
        self._room_ms = room_ms
        self._packets: deque[Packet] = deque()
        self._first = self._next = 0
        self._first_ms = self._kept_ms = 0.0
        self._requests: list[tuple[int, Request]] = []
        self._unsent: deque[tuple[int, Request]] = deque()
        self._session: Ready | None = None
        self._last_seq = 0

    @property
    def waiting(self) -> bool:
        """Whether a message is yet to be sent."""
        return bool(self._unsent) or self._next < self._end

    @property
    def asked(self) -> bool:
        """Whether a request waits for its answer."""
        return bool(self._requests)

    def add(self, packet: Packet) -> None:
        """The stream's next packet; the oldest go where room is short."""
        self._packets.append(packet)
        self._kept_ms += packet.ms
        while self._kept_ms > self._room_ms:
            self._drop()

    def ask(self, request: Request) -> None:
        """A request for all packets so far; asked twice, it is one."""
        if request not in (known for _, known in self._requests):
            self._requests.append((self._end, request))
            self._unsent.append((self._end, request))

    def take(self) -> bytes | str:
        """The next message to send; only while one is `waiting`."""
        if self._unsent and self._unsent[0][0] <= self._next:
            return self._unsent.popleft()[1].model_dump_json()
        packet = self._packets[self._next - self._first]
        self._next += 1
        self.next_ms += packet.ms
        return packet.data

    # --8<-- [end:window]
    # --8<-- [start:resume]
    def resume(self) -> Resume | None:
        """What to ask for on a new connection, if there was one before."""
        if self._session is None:
            return None
        return Resume(
            session=self._session.session,
            token=self._session.token,
            last_seq=self._last_seq,
            packet=self._first,
            start_ms=round(self._first_ms),
        )

    def begin(self, ready: Ready) -> None:
        """Go on at the packet that a server asks for; raises `AudioLost`.

        A server that goes on with the session has the requests before
        that packet too; a new session has none.
        """
        if not self._first <= ready.packet <= self._end:
            raise AudioLost(
                f"the server wants packet {ready.packet}, and only those "
                f"from {self._first} to {self._end - 1} are kept; "
                "begin a new stream"
            )
        if not ready.resumed:
            self._last_seq = 0
        self._session = ready
        self._next = ready.packet
        before = islice(self._packets, ready.packet - self._first)
        self.next_ms = self._first_ms + sum(packet.ms for packet in before)
        self._unsent = deque(
            (after, request)
            for after, request in self._requests
            if after >= ready.packet or not ready.resumed
        )

    def see(self, event: ServerEvent) -> bool:
        """Whether an event is new; lets go of packets that it covers."""
        if event.seq <= self._last_seq:
            return False
        self._last_seq = event.seq
        match event:
            case Final():
                self._forget(event.end_ms)
            case Flushed():
                self._forget(event.audio_ms)
                return self._answered(Flush(id=event.id))
            case SessionEnded():
                self._end_session(event)
        return True

    # --8<-- [end:resume]
    @property
    def _end(self) -> int:
        """The number that the next packet gets."""
        return self._first + len(self._packets)

    def _end_session(self, event: SessionEnded) -> None:
        """The stream's end, unless a server that goes away leaves some of it.

        Another server may go on with what it has not heard.
        """
        self._forget(event.last_ms)
        closing = any(request == Close() for _, request in self._requests)
        if event.reason == "draining" and (self._packets or not closing):
            return
        self.ended = event
        self._requests.clear()

    def _answered(self, request: Request) -> bool:
        """Whether a request was open until now."""
        rest = [place for place in self._requests if place[1] != request]
        was_open = len(rest) < len(self._requests)
        self._requests = rest
        return was_open

    def _forget(self, heard_ms: int) -> None:
        """Drop the packets that were sent and end at `heard_ms` or before."""
        while (
            self._first < self._next
            and self._first_ms + self._packets[0].ms <= heard_ms
        ):
            self._drop()

    def _drop(self) -> None:
        packet = self._packets.popleft()
        self._first += 1
        self._first_ms += packet.ms
        self._kept_ms -= packet.ms
