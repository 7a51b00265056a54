"""Chromium without a window, spoken to over a pipe (DevTools protocol)."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

from press.findings import Finding, PressError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--mute-audio",
    "--hide-scrollbars",
    "--font-render-hinting=none",
    "--disable-lcd-text",
    "--force-device-scale-factor=1",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--lang=en-US",
    "--remote-debugging-pipe",
)
TIMEOUT = 60.0  # s, for one answer
GRACE = 5.0  # s, to leave when asked to
SAFE_DESCRIPTOR = 10  # above those that the browser expects to be given


class BrowserError(Exception):
    """The page threw, or the browser answered a command with an error."""


def executable() -> str:
    """The browser's path; raises `PressError` that says what to install."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    raise PressError(
        Finding(
            Path("diagrams"),
            1,
            "diagram-tools",
            "drawing diagrams needs Chromium, and there is none on the path",
            "install it (Debian: `apt install chromium`)",
        )
    )


class Chromium:
    """One browser with one page; use it as a context manager.

    The browser reads commands on its descriptor 3 and answers on 4, JSON
    messages that end in a zero byte.
    """

    def __init__(self) -> None:
        path = executable()
        self._profile = tempfile.mkdtemp(prefix="press-chromium-")
        self._buffer = b""
        self._last_id = 0
        self._session = ""
        commands, self._write = _pipe()
        self._read, answers = _pipe()
        self._pid = self._spawn(path, commands, answers)
        os.close(commands)
        os.close(answers)

    def _spawn(self, path: str, commands: int, answers: int) -> int:
        arguments = [path, *FLAGS, f"--user-data-dir={self._profile}"]
        if os.geteuid() == 0:  # its sandbox refuses to run as root
            arguments.append("--no-sandbox")
        quiet = [(os.POSIX_SPAWN_OPEN, n, os.devnull, os.O_RDWR, 0) for n in range(3)]
        return os.posix_spawn(
            path,
            [*arguments, "about:blank"],
            {**os.environ, "TZ": "UTC", "LANG": "en_US.UTF-8"},
            file_actions=[
                *quiet,
                (os.POSIX_SPAWN_DUP2, commands, 3),
                (os.POSIX_SPAWN_DUP2, answers, 4),
            ],
            setpgroup=0,
        )

    def __enter__(self) -> Chromium:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open_page(self, html: str) -> None:
        """Open a page of 1280 × 900 px that holds `html`."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=1280,
            height=900,
            deviceScaleFactor=1,
            mobile=False,
        )
        frame = self.call("Page.getFrameTree")["frameTree"]["frame"]["id"]
        self.call("Page.setDocumentContent", frameId=frame, html=html)

    def evaluate(self, script: str) -> Any:
        """A script's value (promises awaited); raises `BrowserError` if it throws."""
        answer = self.call(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
        )
        if thrown := answer.get("exceptionDetails"):
            described = thrown.get("exception", {}).get("description")
            raise BrowserError(described or thrown["text"])
        return answer["result"].get("value")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command and wait for its answer."""
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._write, data) :]
        while True:
            answer = self._receive()
            if answer.get("id") == self._last_id:
                if "error" in answer:
                    raise BrowserError(answer["error"]["message"])
                return answer["result"]

    def _receive(self) -> dict[str, Any]:
        deadline = time.monotonic() + TIMEOUT
        while b"\0" not in self._buffer:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([self._read], [], [], left)[0]:
                raise BrowserError(f"no answer from the browser in {TIMEOUT:.0f} s")
            chunk = os.read(self._read, 1 << 20)
            if not chunk:
                raise BrowserError("the browser went away")
            self._buffer += chunk
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def close(self) -> None:
        """End the browser and remove its profile."""
        self._session = ""
        with contextlib.suppress(BrowserError, OSError):
            self.call("Browser.close")
        os.close(self._write)
        os.close(self._read)
        self._reap()
        shutil.rmtree(self._profile, ignore_errors=True)

    def _reap(self) -> None:
        """Wait for the browser, then end it and what it started, if need be."""
        deadline, left = time.monotonic() + GRACE, False
        while not left and time.monotonic() < deadline:
            left = os.waitpid(self._pid, os.WNOHANG)[0] != 0
            time.sleep(0.02)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
        if not left:
            os.waitpid(self._pid, 0)


def _pipe() -> tuple[int, int]:
    """A pipe whose ends can't be mistaken for the child's descriptors 3 and 4."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, SAFE_DESCRIPTOR) for end in ends]
    for end in ends:
        os.close(end)
    return moved[0], moved[1]
