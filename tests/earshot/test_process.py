"""The process: how it starts, what keeps it from starting, and how it ends."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from running import (
    HOST,
    PATIENCE,
    Caller,
    alone,
    call,
    config,
    finals,
    proxy,
    speech,
    until,
)

from earshot.api.messages import Config, Final, Ready, ServerEvent, SessionEnded
from earshot.audio.formats import Format
from earshot.bench.clips import clips
from earshot.client.packets import Packet, packets
from earshot.client.stream import Client
from earshot.models.store import Store
from earshot.text.errors import count

START = 30.0
"""Seconds that a process may take to import all it needs, on a busy machine."""
MAIN = "from earshot.cli import main; main()"
FAILING = """
from earshot import server
from earshot.inference.fake import FakeRecogniser

class Failing(FakeRecogniser):
    def warm_up(self):
        raise RuntimeError("the graph has no input\\nand more lines")

server.FakeRecogniser = Failing
"""
HANGING = """
import time
from earshot import server
from earshot.inference.fake import FakeRecogniser

made = []

class Hanging(FakeRecogniser):
    def __init__(self):
        super().__init__(sleep=lambda _: time.sleep(60))
        if made:
            raise RuntimeError("no memory for another")
        made.append(self)

server.FakeRecogniser = Hanging
"""


class Process:
    """`earshot serve` with its output in a file, and its address once it has one."""

    def __init__(
        self, folder: Path, *options: str, before: str = "", **env: str
    ) -> None:
        self.log = folder / f"log-{len(list(folder.iterdir()))}"
        command = [sys.executable, "-c", before + MAIN, "serve", *options]
        with self.log.open("w") as out:
            self.popen = subprocess.Popen(
                command, stdout=out, stderr=out, env=os.environ | env
            )

    @property
    def output(self) -> str:
        return self.log.read_text()

    @property
    def port(self) -> int:
        """The port it listens on, as it says itself."""
        said = until(self._said, "the address", START)
        return int(said[1])

    def _said(self) -> re.Match[str] | None:
        assert self.popen.poll() is None, self.output
        return re.search(r"^Earshot: http://127\.0\.0\.1:(\d+)$", self.output, re.M)

    @property
    def url(self) -> str:
        return f"ws://{HOST}:{self.port}/v1/stream"

    def status(self, path: str) -> int:
        connection = HTTPConnection(HOST, self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def ready(self) -> Process:
        until(lambda: self.status("/readyz") == 200, "readiness", START)
        return self

    def end(self, number: int = signal.SIGTERM) -> None:
        self.popen.send_signal(number)

    def wait(self, seconds: float = START) -> int:
        return self.popen.wait(seconds)


@contextmanager
def process(
    folder: Path, *options: str, before: str = "", **env: str
) -> Iterator[Process]:
    one = Process(folder, *options, before=before, **env)
    try:
        yield one
    finally:
        one.popen.kill()
        one.popen.wait()


# -- what keeps it from starting -----------------------------------------------------


def assert_refuses(one: Process, *said: str) -> None:
    """It ended with status 1 and one line that says why, and never listened."""
    assert one.wait() == 1
    (line,) = one.output.splitlines()
    assert line.startswith("Error: ")
    for words in said:
        assert words in line
    assert "Earshot: http" not in one.output


def test_without_weights_it_says_what_to_run(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with process(tmp_path, "--fake", "--port", "0", EARSHOT_CACHE=str(empty)) as one:
        assert_refuses(one, "silero-vad", "earshot models pull silero-vad")


def test_with_other_weights_than_are_pinned_it_does_not_start(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    folder = Store().folder("silero-vad")
    copy = cache / "models" / folder.name
    shutil.copytree(folder, copy)
    graph = next(copy.glob("*.onnx"))
    data = bytearray(graph.read_bytes())
    data[len(data) // 2] ^= 1
    graph.write_bytes(data)
    with process(tmp_path, "--fake", "--port", "0", EARSHOT_CACHE=str(cache)) as one:
        assert_refuses(one, "silero-vad", "sha256", "earshot models pull silero-vad")


def test_on_a_port_that_is_taken_it_does_not_start(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as sock:
        port = str(sock.getsockname()[1])
        with process(tmp_path, "--fake", "--port", port) as one:
            assert_refuses(one, port, "--port")


def test_with_a_recogniser_that_does_not_load_it_ends(tmp_path: Path) -> None:
    options = ("--fake", "--port", "0")
    with process(tmp_path, *options, before=FAILING) as one:
        assert one.wait() == 1
        assert "Traceback" not in one.output
        last = one.output.splitlines()[-1]
        assert last.startswith("Error: ")
        assert "the graph has no input" in last


# -- how it ends -----------------------------------------------------------------------


def test_sigterm_delivers_what_was_said_and_ends(tmp_path: Path) -> None:
    with process(tmp_path, "--fake", "--port", "0") as one:
        one.ready()
        with call(one.url) as caller:
            caller.speak(speech())
            caller.wait("speech_started")
            caller.wait("partial")
            one.end()
            warning = caller.wait("warning", code="draining")
            assert warning["in_ms"] > 0
            events = caller.rest()
            assert finals(caller.events) == alone()
            assert events[-1]["type"] == "session.ended"
            assert events[-1]["reason"] == "draining"
            assert caller.code == 4503
        assert one.wait() == 0
        assert "Traceback" not in one.output


def test_a_draining_server_takes_no_more(tmp_path: Path) -> None:
    slow = "from earshot.inference import fake\n_init = fake.FakeRecogniser.__init__\n"
    slow += "fake.FakeRecogniser.__init__ = lambda self: _init(self, 1.5)\n"
    with process(tmp_path, "--fake", "--port", "0", before=slow) as one:
        one.ready()
        with call(one.url, partials=False) as caller:
            caller.speak(speech())
            caller.flush("1")
            caller.wait("speech_started")
            one.end()
            caller.wait("warning", code="draining")
            assert one.status("/readyz") == 503
            assert one.status("/healthz") == 200
            with Caller(one.url, config()) as late:
                (error,) = late.rest()
                assert (error["code"], late.code) == ("draining", 4503)
            events = caller.rest()
            assert finals(events) == alone()
        assert one.wait() == 0


def test_a_session_without_its_finals_ends_within_the_bound(tmp_path: Path) -> None:
    options = ("--fake", "--port", "0")
    env = {"EARSHOT_LIMITS__DRAIN": "0.3"}
    with process(tmp_path, *options, before=HANGING, **env) as one:
        one.ready()
        with call(one.url, partials=False) as caller:
            caller.speak(speech())
            caller.wait("speech_started")
            one.end()
            events = caller.rest()
            assert events[-1]["reason"] == "draining"
            assert not finals(events)
            assert caller.code == 4503
        assert one.wait() == 0


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with process(tmp_path, "--fake", "--port", "0", before=HANGING) as one:
        one.ready()
        with call(one.url, partials=False) as caller:
            caller.speak(speech())
            caller.wait("speech_started")
            one.end()
            caller.wait("warning", code="draining")
            one.end(signal.SIGINT)
            assert one.wait(PATIENCE) == 0
            caller.rest()


def test_a_recogniser_that_cannot_be_replaced_ends_the_process(tmp_path: Path) -> None:
    env = {"EARSHOT_WORKER__HANG_S": "0.3"}
    with process(tmp_path, "--fake", "--port", "0", before=HANGING, **env) as one:
        one.ready()
        with call(one.url, partials=False) as caller:
            caller.speak(speech())
            caller.flush("1")
            events = caller.rest()
            assert events[-1]["type"] == "session.ended"
            assert events[-1]["reason"] == "internal"
            assert caller.code == 4500
        assert one.wait() == 1
        last = one.output.splitlines()[-1]
        assert last.startswith("Error: ")
        assert "no memory for another" in last
        assert "Traceback" not in one.output


# -- a new process goes on -------------------------------------------------------------


@pytest.mark.model
def test_after_a_crash_a_client_goes_on_with_the_next_process(tmp_path: Path) -> None:
    sound = [clips()[4].audio, np.zeros(16_000, np.float32), clips()[1].audio]
    sent = packets(np.concatenate(sound), Format("pcm16"), 100)
    before, behind = sent[:55], sent[55:]
    port = ("--port", "0")
    with process(tmp_path, *port) as first, process(tmp_path, *port) as second:
        first.ready(), second.ready()
        with proxy(first.port) as road:

            def crash() -> None:
                first.end(signal.SIGKILL)
                first.wait()
                road.aim(second.port)

            events = asyncio.run(heard(road.url, before, crash, behind))
    starts = [event for event in events if isinstance(event, Ready)]
    assert [start.resumed for start in starts] == [False, False]
    spoken = [event for event in events if isinstance(event, Final)]
    words = " ".join(clips()[number].words for number in (4, 1))
    assert count(words, " ".join(final.text for final in spoken)).total <= 1
    assert spoken[0].end_ms <= starts[1].audio_ms + 100
    assert all(one.end_ms <= two.start_ms for one, two in pairwise(spoken))
    assert 6500 <= spoken[-1].end_ms <= 7400
    end = events[-1]
    assert isinstance(end, SessionEnded)
    assert (end.reason, end.last_ms) == ("closed", 7300)


async def heard(
    url: str, before: list[Packet], crash: Callable[[], None], behind: list[Packet]
) -> list[ServerEvent]:
    """All events; the server crashes once there is a final of what came before."""
    events: list[ServerEvent] = []
    final = asyncio.Event()

    async def listen(client: Client) -> None:
        async for event in client:
            events.append(event)
            if isinstance(event, Final):
                final.set()

    async with Client(url, Config()) as client:
        listening = asyncio.create_task(listen(client))
        for packet in before:
            await client.send(packet)
        await asyncio.wait_for(final.wait(), START)
        await asyncio.to_thread(crash)
        for packet in behind:
            await client.send(packet)
        await client.close()
        await asyncio.wait_for(listening, START)
    return events
