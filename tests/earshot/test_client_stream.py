"""The client against servers that break, forget, refuse, fall silent or lie."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Any

import pytest
import stub_server
from stub_server import PACKET_MS, Faults, Service, Stub
from websockets.asyncio.server import ServerConnection, serve

from earshot.api.messages import Config, Error, Final, Ready, ServerEvent
from earshot.client import dial, stream
from earshot.client.errors import ClientError, Refused, Unreachable
from earshot.client.meter import Meter
from earshot.client.packets import Packet
from earshot.client.player import converse
from earshot.client.stream import Client, pauses

CONFIG = Config()


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(stream, "LONGEST_PAUSE_S", 0.04)


def audio(count: int, size: int = 0) -> list[Packet]:
    """Packets that say their number."""
    return [Packet(str(n).encode() + bytes(size), PACKET_MS) for n in range(count)]


async def listen(stub: Stub, packets: list[Packet]) -> list[ServerEvent]:
    """All events of a stream that is sent as fast as it goes."""
    events: list[ServerEvent] = []
    async with asyncio.timeout(20), Client(stub.url, CONFIG) as client:
        await converse(client, packets, Meter(0.0), events.append, False)
    return events


def heard(faults: Faults, count: int, service: Service | None = None) -> Any:
    """The stub afterwards, and the events."""

    async def main() -> tuple[Stub, list[ServerEvent]]:
        async with Stub(faults, service) as stub:
            return stub, await listen(stub, audio(count))

    return asyncio.run(main())


def words(events: list[ServerEvent]) -> list[int]:
    finals = [event for event in events if isinstance(event, Final)]
    return [int(word) for final in finals for word in final.text.split()]


def kinds(events: list[ServerEvent]) -> list[str]:
    return [event.type for event in events]


def test_a_stream_is_heard_from_ready_to_the_end() -> None:
    stub, events = heard(Faults(), 25)
    segment = ["speech_started", "partial", "final"]
    assert kinds(events) == ["ready", *segment * 3, "session.ended"]
    assert words(events) == list(range(25))
    assert [config.resume for config in stub.configs] == [None]


def test_a_flush_is_answered_after_its_finals() -> None:
    async def main() -> list[ServerEvent]:
        events = []
        async with Stub() as stub, Client(stub.url, CONFIG) as client:
            for packet in audio(7):
                await client.send(packet)
            id = await client.flush()
            async for event in client:
                events.append(event)
                if event.type == "flushed":
                    assert event.id == id
                    await client.close()
        return events

    events = asyncio.run(main())
    assert kinds(events)[-3:] == ["final", "flushed", "session.ended"]
    assert words(events) == list(range(7))


def test_a_connection_that_breaks_again_and_again_loses_nothing() -> None:
    stub, events = heard(Faults(breaks=[1, 13, 14, 20, 50]), 60)
    (session,) = stub.service.sessions.values()
    assert session.got == [packet.data for packet in audio(60)]
    assert words(events) == list(range(60))
    sent = [event for event in events if event.type != "ready"]
    assert sent == session.log
    assert [e.resumed for e in events if isinstance(e, Ready)] == [False] + 5 * [True]


def test_a_restarted_server_gets_the_audio_that_has_no_final() -> None:
    stub, events = heard(Faults(breaks=[17, 38], restart=True), 60)
    assert words(events) == list(range(60))
    assert stub.service.opened == 3
    resumes = [config.resume for config in stub.configs if config.resume]
    assert [(r.packet, r.start_ms) for r in resumes] == [(10, 200), (30, 600)]


def test_a_server_that_goes_deaf_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dial, "PING_S", 0.2)
    stub, events = heard(Faults(deaf=[15]), 30)
    assert words(events) == list(range(30))
    assert len(stub.configs) == 2


def test_a_server_that_takes_no_more_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dial, "PING_S", 0.2)

    async def main() -> tuple[Stub, list[ServerEvent]]:
        async with Stub(Faults(deaf=[15])) as stub:
            return stub, await listen(stub, audio(60, size=500_000))

    stub, events = asyncio.run(main())
    (session,) = stub.service.sessions.values()
    assert len(session.got) == 60
    assert len(stub.configs) == 2
    assert events[-1].type == "session.ended"


def test_a_server_that_stays_away_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with Stub(Faults(breaks=[5]), Service(resume_s=0.3)) as stub:
            monkeypatch.setattr(dial, "connect", nobody)
            await listen(stub, audio(10))

    connect = dial.connect
    calls = []

    def nobody(*args: Any, **options: Any) -> Any:
        calls.append(args)
        if len(calls) > 1:
            raise ConnectionRefusedError
        return connect(*args, **options)

    with pytest.raises(Unreachable, match=r"lost for 0\.3 s: no server answers"):
        asyncio.run(main())
    assert len(calls) > 2


def busy(retry_ms: int | None) -> Error:
    return Error(
        code="overloaded", message="no room", fatal=True, retry_ms=retry_ms, seq=1
    )


def test_a_refusal_says_why_and_when_to_try_again() -> None:
    with pytest.raises(Refused, match="no room") as caught:
        heard(Faults(refusals=[busy(1500)]), 10)
    assert caught.value.code == "overloaded"
    assert caught.value.retry_ms == 1500


def refused_on_return(retry_ms: int | None) -> list[ServerEvent]:
    async def main() -> list[ServerEvent]:
        faults = Faults(breaks=[5])
        async with Stub(faults) as stub, Client(stub.url, CONFIG) as client:
            faults.refusals.append(busy(retry_ms))
            events: list[ServerEvent] = []
            await converse(client, audio(10), Meter(0.0), events.append, False)
            return events

    return asyncio.run(main())


def test_a_refusal_for_now_is_tried_again() -> None:
    assert words(refused_on_return(retry_ms=1)) == list(range(10))


def test_a_refusal_for_good_ends_the_stream() -> None:
    with pytest.raises(Refused, match="no room"):
        refused_on_return(retry_ms=None)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (4409, "another connection took the session over"),
        (1009, "a message of more bytes than"),
    ],
)
def test_a_session_that_is_lost_for_good_is_not_asked_for_again(
    code: int, why: str
) -> None:
    with pytest.raises(Refused, match=why) as caught:
        heard(Faults(partings=[code]), 3)
    assert caught.value.code == str(code)


@pytest.mark.parametrize("code", [1000, 1001, 1011, 4420, 4503])
def test_a_session_that_has_not_ended_is_asked_for_again(code: int) -> None:
    stub, events = heard(Faults(partings=[code]), 13)
    assert words(events) == list(range(13))
    assert events[-1].type == "session.ended"
    assert len(stub.configs) == 2


def test_a_close_that_is_never_answered_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "ANSWER_S", 0.1)

    async def main() -> None:
        async with mute("null") as url, Client(url, CONFIG) as client:
            await client.close()
            async for _ in client:
                pass

    with pytest.raises(Unreachable, match=r"no answer after 0\.1 s"):
        asyncio.run(main())


def test_a_quiet_stream_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "ANSWER_S", 0.01)

    async def main() -> list[ServerEvent]:
        events = []
        async with Stub() as stub, Client(stub.url, CONFIG) as client:

            async def later() -> None:
                await asyncio.sleep(0.1)
                await client.close()

            closing = asyncio.create_task(later())
            events += [event async for event in client]
            await closing
        return events

    assert kinds(asyncio.run(main())) == ["ready", "session.ended"]


class mute:
    """A server that is ready and then says this, and no more."""

    def __init__(self, message: str, ready: bool = True) -> None:
        self.message, self.ready = message, ready

    async def __aenter__(self) -> str:
        async def handle(connection: ServerConnection) -> None:
            await connection.recv()
            if self.ready:
                _, ready, _ = Service().open(CONFIG)
                await connection.send(ready.model_dump_json())
            if self.message != "null":
                await connection.send(self.message)
            await connection.wait_closed()

        self._server = await serve(handle, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return f"ws://{host}:{port}/v1/stream"

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()


async def open_and_read(url: str) -> None:
    async with Client(url, CONFIG) as client:
        async for _ in client:
            pass


@pytest.mark.parametrize("message", ["hello", '{"type": "poem"}', "{}"])
@pytest.mark.parametrize("ready", [True, False])
def test_what_is_no_event_is_no_protocol_of_ours(message: str, ready: bool) -> None:
    async def main() -> None:
        async with mute(message, ready) as url:
            await open_and_read(url)

    with pytest.raises(ClientError, match=r"isn't in version 1\.0"):
        asyncio.run(main())


def test_a_server_that_begins_with_anything_but_ready_is_left() -> None:
    async def main() -> None:
        async with mute('{"type": "flushed", "id": "", "audio_ms": 0}', False) as url:
            await open_and_read(url)

    with pytest.raises(ClientError, match="began with flushed"):
        asyncio.run(main())


def test_a_server_that_is_never_ready_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dial, "OPEN_S", 0.2)
    with pytest.raises(Unreachable, match=r"did not say within 0\.2 s"):
        heard(Faults(silent=True), 1)


def test_nobody_there_is_said_in_words() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{free.getsockname()[1]}/v1/stream"
        with pytest.raises(Unreachable, match="no server answers at ws://"):
            asyncio.run(open_and_read(url))


@pytest.mark.parametrize("url", ["http://127.0.0.1/v1/stream", "speech", "ws://"])
def test_an_address_that_is_none_is_said_to_be_none(url: str) -> None:
    with pytest.raises(ClientError, match="is no address"):
        asyncio.run(open_and_read(url))


def http(answer: bytes) -> Callable[[], Awaitable[None]]:
    """A server that answers this, whatever it is asked."""

    async def handle(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()
        await writer.wait_closed()

    async def main() -> None:
        async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            await open_and_read(f"ws://127.0.0.1:{port}/v1/stream")

    return main


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (b"HTTP/1.1 404 Not Found\r\n\r\n", ClientError, "no stream: HTTP status 404"),
        (b"HTTP/1.1 503 Busy\r\n\r\n", Unreachable, "takes no WebSocket"),
        (b"SSH-2.0-OpenSSH\r\n", Unreachable, "takes no WebSocket"),
        (b"", Unreachable, "takes no WebSocket"),
    ],
)
def test_what_is_no_stream_is_said_to_be_none(
    answer: bytes, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words) as caught:
        asyncio.run(http(answer)())  # type: ignore[arg-type]
    assert type(caught.value) is kind


def test_audio_is_no_further_ahead_than_the_server_allows() -> None:
    ahead: list[float] = []

    async def main() -> None:
        service = Service(ahead_s=0.1)
        async with Stub(service=service) as stub, Client(stub.url, CONFIG) as client:
            clock = asyncio.get_running_loop()
            began = clock.time()
            for number, packet in enumerate(audio(20)):
                await client.send(packet)
                sent = (number + 1) * PACKET_MS / 1000
                ahead.append(sent - (clock.time() - began))

    asyncio.run(main())
    assert max(ahead) <= 0.1
    assert max(ahead[:5]) > 0


def test_after_a_restart_the_clock_of_what_is_ahead_begins_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stub_server, "PACKET_MS", 5000)
    packets = [Packet(packet.data, 5000) for packet in audio(25)]

    async def main() -> list[ServerEvent]:
        faults = Faults(breaks=[15], restart=True)
        async with Stub(faults, Service(ahead_s=100)) as stub:
            return await listen(stub, packets)

    assert words(asyncio.run(main())) == list(range(25))


def test_a_session_that_is_left_is_asked_to_end() -> None:
    async def main() -> Stub:
        async with Stub() as stub:
            async with Client(stub.url, CONFIG) as client:
                await client.send(audio(1)[0])
            return stub

    (session,) = asyncio.run(main()).service.sessions.values()
    assert session.ended
    assert len(session.got) == 1


def test_pauses_double_up_to_a_bound_and_differ(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    longest = [0.2, 0.4, 0.8, 1.6, 3.2, 4.0, 4.0]
    runs = [list(islice(pauses(), len(longest))) for _ in range(20)]
    for run in runs:
        for pause, most in zip(run, longest, strict=True):
            assert most / 2 <= pause <= most
    assert len({run[0] for run in runs}) > 1
