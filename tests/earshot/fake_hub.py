"""A model hub on loopback, as far as its own client library asks for one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PATH = re.compile(
    r"/(?P<repository>[\w-]+/[\w-]+)/resolve/(?P<commit>\w+)/(?P<file>.+)"
)


class Hub(BaseHTTPRequestHandler):
    """Answers HEAD and GET for files of one repository at one commit."""

    files: Mapping[str, bytes]
    asked: list[str]

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.wfile.write(self.answer())

    def answer(self) -> bytes:
        asked = PATH.fullmatch(self.path)
        body = self.files.get(asked["file"]) if asked else None
        self.asked.append(f"{self.command} {self.path}")
        if asked is None or body is None or asked["commit"] != COMMIT:
            self.send_response(404)
            self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return b""
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        return body

    def log_message(self, format: str, *args: object) -> None:
        """Be silent: the test's output is the test's."""


@contextmanager
def hub(files: Mapping[str, bytes]) -> Iterator[tuple[str, list[str]]]:
    """A hub that serves `files`: its address, and what it is asked."""
    asked: list[str] = []
    handler = type("Serving", (Hub,), {"files": files, "asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
