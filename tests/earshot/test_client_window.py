"""However often a connection is lost, every packet ends in one final that is seen."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stub_server import PACKET_MS, Service, Session

from earshot.api.messages import (
    Close,
    Config,
    Final,
    Flush,
    Flushed,
    Ready,
    ServerEvent,
    SessionEnded,
    Timing,
)
from earshot.client.errors import AudioLost
from earshot.client.packets import Packet
from earshot.client.window import Window


class Network:
    """A client's window and a service, with messages under way between them."""

    def __init__(self) -> None:
        self.window, self.service = Window(), Service()
        self.said = self.flushes = 0
        self.seen: list[ServerEvent] = []
        self.sessions: list[Session] = []
        self.drop()

    def say(self) -> None:
        self.window.add(Packet(str(self.said).encode(), PACKET_MS))
        self.said += 1

    def flush(self) -> None:
        self.window.ask(Flush(id=str(self.flushes)))
        self.flushes += 1

    def send(self) -> None:
        if self.window.waiting:
            self.up.append(self.window.take())

    def arrive(self) -> None:
        if self.up and not self.session.ended:
            self.down += self.session.hear(self.up.popleft())

    def see(self) -> None:
        if self.down and self.window.see(event := self.down.popleft()):
            self.seen.append(event)

    def drop(self) -> None:
        """Lose what is under way, and connect again."""
        self.up: deque[bytes | str] = deque()
        resume = self.window.resume()
        self.session, ready, again = self.service.open(Config(resume=resume))
        self.down: deque[ServerEvent] = deque(again)
        self.window.begin(ready)
        if self.session not in self.sessions:
            self.sessions.append(self.session)

    def restart(self) -> None:
        self.service.restart()
        self.drop()

    def drain(self) -> None:
        """The server says goodbye, and another takes its place."""
        if not self.session.ended:
            self.down += self.session.drain()
        while self.down:
            self.see()
        self.restart()

    def finish(self) -> None:
        """Close, and let everything arrive."""
        self.window.ask(Close())
        while self.window.ended is None:
            self.send()
            self.arrive()
            self.see()


ORDINARY = ["say", "send", "arrive", "see", "flush"]
steps = st.lists(st.sampled_from([*ORDINARY, "drop"]), max_size=200)
wild = st.lists(st.sampled_from([*ORDINARY, "drop", "restart"]), max_size=200)
rough = st.lists(st.sampled_from([*ORDINARY, "drop", "restart", "drain"]), max_size=200)


def run(script: list[str]) -> Network:
    network = Network()
    for step in script:
        getattr(network, step)()
    network.finish()
    return network


@given(steps)
def test_every_packet_arrives_once_and_in_order(script: list[str]) -> None:
    network = run(script)
    assert [int(data) for data in network.session.got] == list(range(network.said))


@given(steps)
def test_every_event_is_seen_once_and_in_order(script: list[str]) -> None:
    network = run(script)
    answers = [e.id for e in network.seen if isinstance(e, Flushed)]
    others = [e for e in network.seen if not isinstance(e, Flushed)]
    assert answers == [str(number) for number in range(network.flushes)]
    assert others == [e for e in network.session.log if not isinstance(e, Flushed)]


@given(rough)
def test_finals_cover_all_audio_once_though_servers_fall_and_leave(
    script: list[str],
) -> None:
    network = run(script)
    finals = [event for event in network.seen if isinstance(event, Final)]
    words = [int(word) for final in finals for word in final.text.split()]
    assert words == list(range(network.said))
    borders = [0, *(final.end_ms for final in finals)]
    assert [final.start_ms for final in finals] == borders[:-1]


@given(wild)
def test_each_server_gets_packets_in_order_from_the_one_it_asked_for(
    script: list[str],
) -> None:
    for session in run(script).sessions:
        got = [int(data) for data in session.got]
        assert got == list(range(session.start, session.next))


@given(rough)
def test_each_flush_is_answered_once_behind_the_finals_before_it(
    script: list[str],
) -> None:
    network = Network()
    before: list[int] = []
    for step in script:
        if step == "flush":
            before.append(network.said)
        getattr(network, step)()
    network.finish()
    heard, answers = 0, []
    for event in network.seen:
        if isinstance(event, Final):
            heard = event.end_ms // PACKET_MS
        if isinstance(event, Flushed):
            answers.append(int(event.id))
            assert heard >= before[int(event.id)]
    assert answers == list(range(len(before)))


@given(wild)
def test_the_end_is_seen_once_and_is_the_last(script: list[str]) -> None:
    seen = run(script).seen
    assert [isinstance(event, SessionEnded) for event in seen].count(True) == 1
    assert isinstance(seen[-1], SessionEnded)


def test_a_server_that_leaves_with_all_that_there_was_ends_the_stream() -> None:
    network = Network()
    for step in ("say", "send", "arrive"):
        getattr(network, step)()
    network.window.ask(Close())
    network.down += network.session.drain()
    while network.down:
        network.see()
    assert network.window.ended
    assert network.window.ended.reason == "draining"


def begun(service: Service, window: Window) -> Ready:
    _, ready, _ = service.open(Config())
    window.begin(ready)
    return ready


def sent(count: int, room_ms: float = 60_000) -> tuple[Window, Ready]:
    """A window that has sent so many packets."""
    window = Window(room_ms)
    ready = begun(Service(), window)
    for number in range(count):
        window.add(Packet(str(number).encode(), PACKET_MS))
        window.take()
    return window, ready


def final(seq: int, end_ms: int) -> Final:
    return Final(
        seq=seq,
        segment=1,
        start_ms=0,
        voice_ms=end_ms,
        end_ms=end_ms,
        text="",
        reason="cap",
        timing=Timing(),
    )


def place(window: Window) -> tuple[int, int]:
    """From where the window would go on with a server that knows nothing."""
    resume = window.resume()
    assert resume is not None
    return resume.packet, resume.start_ms


def test_the_oldest_packets_go_where_room_is_short() -> None:
    window, _ = sent(8, room_ms=100)
    assert place(window) == (3, 60)


@pytest.mark.parametrize(
    ("end_ms", "kept"), [(19, (0, 0)), (20, (1, 20)), (39, (1, 20)), (40, (2, 40))]
)
def test_packets_are_kept_until_a_final_covers_them(
    end_ms: int, kept: tuple[int, int]
) -> None:
    window, _ = sent(3)
    assert window.see(final(2, end_ms))
    assert place(window) == kept


def test_the_answer_to_a_flush_covers_silence_too() -> None:
    window, _ = sent(3)
    window.ask(Flush(id="0"))
    assert window.see(Flushed(seq=2, id="0", audio_ms=60))
    assert place(window) == (3, 60)


def test_a_final_of_audio_that_was_not_sent_covers_none_of_it() -> None:
    window, _ = sent(3)
    window.add(Packet(b"3", PACKET_MS))
    assert window.see(final(2, 9999))
    assert place(window) == (3, 60)
    assert window.take() == b"3"


def test_an_event_that_comes_again_is_not_new() -> None:
    window, _ = sent(3)
    assert [window.see(final(seq, 20)) for seq in (2, 2, 3, 2, 5)] == [
        *(True, False, True, False, True)
    ]


def test_the_next_packet_has_its_place_in_time_after_a_loss() -> None:
    window, ready = sent(5)
    assert window.see(final(2, 40))
    window.begin(ready.model_copy(update={"resumed": True, "packet": 4}))
    assert window.next_ms == 80
    assert window.take() == b"4"
    assert window.next_ms == 100


def test_a_new_server_is_asked_what_was_asked_before_the_audio_kept() -> None:
    window, ready = sent(1, room_ms=100)
    window.ask(Flush(id="0"))
    for _ in range(8):
        window.take()
        window.add(Packet(b"later", PACKET_MS))
    window.begin(ready.model_copy(update={"packet": place(window)[0]}))
    assert window.take() == Flush(id="0").model_dump_json()


@pytest.mark.parametrize("wanted", [2, 9])
def test_a_server_that_wants_what_is_not_kept_is_told_off(wanted: int) -> None:
    window, ready = sent(8, room_ms=100)
    with pytest.raises(AudioLost, match=f"wants packet {wanted}.* 3 to 7"):
        window.begin(ready.model_copy(update={"packet": wanted}))


def test_without_a_session_there_is_nothing_to_resume() -> None:
    assert Window().resume() is None


def test_a_request_that_is_repeated_is_sent_once() -> None:
    window = Window()
    begun(Service(), window)
    window.ask(Close())
    window.ask(Close())
    window.take()
    assert not window.waiting
    assert window.asked
