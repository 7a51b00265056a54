"""The demo page in a real browser, with a real server behind it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import wave
from collections.abc import Callable, Iterator
from itertools import count as numbers
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

from earshot.audio.formats import Samples
from earshot.bench.clips import clips
from earshot.text.errors import count
from press.checks.outputs import axe

pytestmark = pytest.mark.external

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]
PATIENCE = 60  # s, for a server to load its model on a busy machine
PARTIAL = "#live .unstable:not(:empty)"


class Server:
    """`earshot serve` on a port that stays the same from start to start.

    Its clients wait for it as long as a start may take on a busy machine.
    """

    def __init__(self, *options: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = Path(sys.executable).with_name("earshot")
        self._command = [str(command), "serve", "--port", str(port), *options]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Server:
        """Come back when the server can take a stream."""
        self._process = subprocess.Popen(
            self._command,
            env=os.environ | {"EARSHOT_LIMITS__RESUME": str(2 * PATIENCE)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + PATIENCE
        while not self._ready():
            assert self._process.poll() is None, "the server stopped by itself"
            assert time.monotonic() < end, "the server isn't ready"
            time.sleep(0.05)
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal and wait for the end of the process."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE)
            self._process = None

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5):
                return True
        except (urllib.error.URLError, ConnectionError):
            return False


def spoken(path: Path, sounds: list[Samples]) -> Path:
    """A WAV file of sounds with pauses around them."""
    pause = np.zeros(12_800, np.float32)
    audio = np.concatenate([part for one in sounds for part in (pause, one, pause)])
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes((audio * 32_767).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="module")
def recording(tmp_path_factory) -> Path:
    """All clips with pauses."""
    folder = tmp_path_factory.mktemp("spoken")
    return spoken(folder / "all.wav", [clip.audio for clip in clips()])


@pytest.fixture(scope="module")
def sentence(tmp_path_factory) -> Path:
    """The shortest clip."""
    folder = tmp_path_factory.mktemp("spoken")
    return spoken(folder / "sentence.wav", [clips()[1].audio])


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Chromium, whose microphone says a clip once.

    It is one that survives the way through Chromium's resamplers: of the shortest,
    every tenth time four of eight words come out wrong.
    """
    from playwright.sync_api import sync_playwright

    folder = tmp_path_factory.mktemp("microphone")
    sentence = spoken(folder / "sentence.wav", [clips()[0].audio])

    path = next(filter(None, map(shutil.which, BROWSERS)))
    microphone = f"--use-file-for-fake-audio-capture={sentence}%noloop"
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=path, args=[*FLAGS, microphone]
        )


@pytest.fixture
def visit(browser) -> Iterator[Callable]:
    """Opens pages, in which nothing may be thrown or against the policy."""
    contexts, thrown, said = [], [], []

    def opened(server: Server, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.on("pageerror", lambda error: thrown.append(str(error)))
        page.on("console", lambda line: said.append(line.text))
        page.goto(server.url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert thrown + [line for line in said if "Security Policy" in line] == []


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server with the real model."""
    running = Server().start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def fake() -> Iterator[Server]:
    """A server whose recogniser makes words up."""
    running = Server("--fake").start()
    yield running
    running.stop()


def words(page) -> str:
    """All final words on the page."""
    return " ".join(page.locator("#finals .words").all_inner_texts())


def said(*numbers: int) -> str:
    """The words of some clips."""
    return " ".join(clips()[number].words for number in numbers)


def whole(page) -> bool:
    """Whether no sentence of the recording is missing or there twice.

    A word that was cut in two may be heard as others, or not.
    """
    errors = count(said(*range(len(clips()))), words(page))
    return errors.deletions <= 3 and errors.insertions <= 3


def ended(page) -> None:
    """Wait for the end of the session."""
    status = page.wait_for_selector("[data-state=ended], [data-state=failed]")
    assert status.get_attribute("data-state") == "ended", status.inner_text()


# -- words -------------------------------------------------------------------------


def test_a_file_becomes_partial_and_then_final_words(visit, server, sentence) -> None:
    page = visit(server)
    page.set_input_files("#file", sentence)
    page.wait_for_selector(PARTIAL)
    ended(page)
    assert page.locator("#live p").count() == 0
    assert count(said(1), words(page)).total <= 2


def test_the_microphone_is_heard(visit, server) -> None:
    page = visit(server)
    page.click("#microphone")
    end = time.monotonic() + PATIENCE
    while count(said(0), words(page)).deletions > 2:  # a gap ends a sentence early
        assert time.monotonic() < end, words(page)
        page.wait_for_timeout(100)
    page.click("#stop")
    ended(page)
    assert count(said(0), words(page)).total <= 2


def test_the_transcript_can_be_copied(visit, server, sentence) -> None:
    page = visit(server, permissions=["clipboard-read", "clipboard-write"])
    assert page.is_disabled("#copy")
    page.set_input_files("#file", sentence)
    ended(page)
    page.click("#copy")
    page.wait_for_selector("#copy:text('Copied')")
    assert page.evaluate("navigator.clipboard.readText()") == words(page)


def test_the_stages_add_up_to_the_total(visit, server, sentence) -> None:
    page = visit(server)
    page.set_input_files("#file", sentence)
    ended(page)
    rows = page.locator("#stages tbody tr").all()
    table = [row.locator("td").all_inner_texts() for row in rows]
    for last in (0, 2):
        *stages, total = [line[last] for line in table]
        assert sum(int(ms) for ms in stages if ms != "–") == pytest.approx(
            int(total), abs=len(stages)
        )
    firsts = page.locator("#firsts td").all_inner_texts()
    assert len(firsts) == 4
    assert all(ms.isdecimal() for ms in firsts)


# -- lost connections ----------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_that_restarts_costs_no_words(visit, recording, how) -> None:
    server = Server().start()
    page = visit(server)
    page.set_input_files("#file", recording)
    page.wait_for_selector("#finals .words")
    page.wait_for_selector(PARTIAL)
    server.stop(how)
    page.wait_for_selector("[data-state=reconnecting]")
    server.start()
    ended(page)
    server.stop()
    assert whole(page)


def test_a_lost_connection_costs_no_words(visit, server, recording) -> None:
    page = visit(server)
    links = []

    def relay(link) -> None:
        links.append((link, link.connect_to_server()))

    page.route_web_socket("**/v1/stream", relay)
    page.set_input_files("#file", recording)
    page.wait_for_selector("#finals .words")
    page.wait_for_selector(PARTIAL)
    for end in links[0]:
        end.close(code=1011)
    ended(page)
    assert len(links) == 2
    assert whole(page)


def test_a_server_that_is_not_there_is_named(visit, sentence) -> None:
    server = Server("--fake").start()
    page = visit(server)
    server.stop()
    page.set_input_files("#file", sentence)
    page.wait_for_selector("[data-state=failed]")
    assert urlsplit(server.url).netloc in page.inner_text("#status")
    assert "earshot serve" in page.inner_text("#status")
    assert page.is_visible("#microphone")


# -- what can't be heard ---------------------------------------------------------------


def test_a_refused_microphone_leaves_the_file(visit, fake) -> None:
    page = visit(fake)
    page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = async () => {"
        " throw new DOMException('no', 'NotAllowedError') } }"
    )
    page.click("#microphone")
    page.wait_for_selector("[data-state=failed]")
    assert "open a file" in page.inner_text("#status")


def test_no_audio_worklet_leaves_the_file(visit, fake) -> None:
    page = visit(fake)
    page.evaluate("delete window.AudioWorkletNode")
    page.click("#microphone")
    page.wait_for_selector("[data-state=failed]")
    assert "Open a file" in page.inner_text("#status")


def test_a_file_without_sound_is_refused_by_name(visit, fake, tmp_path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("not a sound")
    page = visit(fake)
    page.set_input_files("#file", letter)
    page.wait_for_selector("[data-state=failed]")
    assert "letter.txt" in page.inner_text("#status")
    assert page.is_visible("#microphone")


# -- everyone --------------------------------------------------------------------------


def tab_to(page, name: str) -> None:
    """Press Tab until an element with this id has the focus."""
    for step in numbers():
        assert step < 20, f"no way to {name}"
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == name:
            return


def test_a_keyboard_is_enough(visit, fake, recording) -> None:
    page = visit(fake)
    page.on("filechooser", lambda chooser: chooser.set_files(recording))
    tab_to(page, "microphone")
    tab_to(page, "file")
    outline = "getComputedStyle(document.querySelector('[for=file]')).outlineStyle"
    assert page.evaluate(outline) == "solid"
    page.keyboard.press("Enter")
    page.wait_for_selector("#finals .words")
    assert page.evaluate("document.activeElement.id") == "stop"
    page.keyboard.press("Space")
    ended(page)
    assert page.evaluate("document.activeElement.id") == "file"
    assert page.inner_text("#segments").isdecimal()


def test_axe_finds_nothing(visit, fake, recording) -> None:
    page = visit(fake)

    def check() -> None:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert axe.violations(page) == [], scheme

    check()
    page.set_input_files("#file", recording)
    page.wait_for_selector(PARTIAL)
    check()
    page.wait_for_selector("#finals .words")
    page.click("#stop")
    ended(page)
    check()


def test_nothing_scrolls_sideways(visit, fake, recording) -> None:
    page = visit(fake)

    def check() -> None:
        for width in (320, 390, 768, 1280):
            page.set_viewport_size({"width": width, "height": 700})
            assert page.evaluate("document.documentElement.scrollWidth") <= width

    check()
    page.set_input_files("#file", recording)
    page.wait_for_selector("#finals .words")
    page.wait_for_selector(PARTIAL)
    check()


def test_finals_alone_are_announced(visit, fake) -> None:
    page = visit(fake)
    assert page.get_attribute("#finals", "aria-live") == "polite"
    assert page.get_attribute("#status", "role") == "status"
    assert page.locator("[aria-live], [role=status], [role=log]").count() == 2


def test_no_request_goes_elsewhere(browser, fake, sentence) -> None:
    context = browser.new_context()
    hosts = set()
    page = context.new_page()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.on("websocket", lambda one: hosts.add(urlsplit(one.url).netloc))
    page.goto(fake.url)
    page.set_input_files("#file", sentence)
    ended(page)
    context.close()
    assert hosts == {urlsplit(fake.url).netloc}


def test_the_page_holds_to_its_policy(fake) -> None:
    with urllib.request.urlopen(fake.url) as answer:
        policy = answer.headers["Content-Security-Policy"]
        text = answer.read().decode()
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=", text)
