"""From save to reload: a live server, and a reader who waits as a browser does."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from press.bench import child

EPOCH = re.compile(r'data-epoch="(\d+)"|livereload\((\d+),')
PATIENCE = 120  # seconds for a first build
PAUSE = 0.5  # seconds between a reload and the next save


@contextmanager
def served(command: Sequence[str], option: str) -> Iterator[str]:
    """A live server of a book, by its address; `option` gives it one to use."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}/"
    value = f"127.0.0.1:{port}" if option == "--dev-addr" else str(port)
    process = subprocess.Popen(
        [*command, option, value],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=child.ENVIRONMENT,
    )
    try:
        _wait_until_up(process, url)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def reload_s(url: str, page: str, path: Path, times: int) -> list[float]:
    """Seconds from a save of `path` to its new text on `page`, some times over."""
    kept = path.read_text(encoding="utf-8")
    try:
        return [_reload_s(url + page, url, path, kept, n) for n in range(times)]
    finally:
        path.write_text(kept, encoding="utf-8")


def _reload_s(page: str, url: str, path: Path, kept: str, number: int) -> float:
    mark = f"Saved for the bench, number {number}."
    epoch = _epoch(_get(page))
    time.sleep(PAUSE)
    began = time.perf_counter()
    path.write_text(f"{kept}\n{mark}\n", encoding="utf-8")
    while mark not in (shown := _get(page)):
        if time.perf_counter() - began > PATIENCE:
            raise child.BenchError(f"{page} doesn't show what was saved in {path}")
        _get(f"{url}livereload/{epoch}/1")
        epoch = _epoch(shown)
    return time.perf_counter() - began


def _epoch(shown: str) -> int:
    """The build that a page comes from."""
    found = EPOCH.search(shown)
    if not found:
        raise child.BenchError("the server's pages don't reload")
    return int(found[1] or found[2])


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=PATIENCE) as reply:
        return reply.read().decode()


def _wait_until_up(process: subprocess.Popen, url: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            _get(url)
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise child.BenchError(f"{' '.join(map(str, process.args))} doesn't serve {url}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
