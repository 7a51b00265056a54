"""Where diagrams are drawn: mermaid-py asks a server of ours, which asks a browser.

The server answers as mermaid.ink does (`/svg/…` with the source in the path),
on the loopback interface and for as long as the drawing lasts. Its address
carries the scheme, and its SVGs come out flat.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from press.mermaid.chromium import BrowserError, Chromium
from press.mermaid.config import SCHEMES, config, family
from press.mermaid.vendor import FORMATS, fonts, mermaid_js
from press.theme import Theme

FLATTEN = Path(__file__).with_name("flatten.js")
PAGE = Path(__file__).with_name("page.js")


class DrawingError(Exception):
    """Mermaid or the flattening refused a diagram; the text is its message."""


class Studio:
    """A browser page that holds Mermaid, behind a server; a context manager."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._configs = {scheme: config(theme, scheme) for scheme in SCHEMES}
        mermaid = mermaid_js()
        self._chromium = Chromium()
        try:
            self._open(mermaid)
            self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        except BaseException:
            self._chromium.close()
            raise
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self._turn = threading.Lock()

    def _open(self, mermaid: str) -> None:
        face = family(self._theme).split(",")[0]
        self._chromium.open_page(
            f"<!doctype html><meta charset=utf-8><style>{_faces(self._theme, face)}"
            "body{margin:0}</style><body>"
        )
        self._chromium.evaluate(PAGE.read_text(encoding="utf-8"))
        self._chromium.evaluate(mermaid + ";0")
        self._chromium.evaluate(FLATTEN.read_text(encoding="utf-8") + ";0")
        weights = json.dumps([f"{weight} 16px {face}" for weight in fonts(self._theme)])
        self._chromium.evaluate(f"loadFonts({weights})")

    def __enter__(self) -> Studio:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._chromium.close()

    def draw(self, source: str, title: str, scheme: str) -> str:
        """A diagram as flat SVG text; raises `DrawingError` if Mermaid refuses it."""
        client = _client()
        port = self._server.server_port
        with _environment(
            MERMAID_INK_SERVER=f"http://127.0.0.1:{port}/{scheme}",
            no_proxy="127.0.0.1",
        ):
            try:
                drawn = client.Mermaid(client.Graph(title, f"%% {title}\n{source}"))
            except client.MermaidError as error:
                raise DrawingError(error.response_text) from None
        return drawn.svg_response.text

    def answer(self, scheme: str, source: str) -> str:
        """What the server does with a request; raises `DrawingError`."""
        heading, _, text = source.partition("\n")
        paper = self._theme.palette[scheme]["paper"]
        order: list[Any] = [
            self._configs[scheme],
            text,
            {"title": heading.removeprefix("%% "), "paper": paper},
        ]
        arguments = ", ".join(json.dumps(part) for part in order)
        with self._turn:
            result = self._chromium.evaluate(f"draw({arguments})")
        if "error" in result:
            raise DrawingError(result["error"])
        return result["svg"]


def _handler(studio: Studio) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """GET /SCHEME/svg/BASE64 and /SCHEME/img/BASE64, as mermaid-py asks."""

        def do_GET(self) -> None:
            scheme, form, encoded = self.path.partition("?")[0].strip("/").split("/", 2)
            if form == "img":  # mermaid-py always asks; nobody needs the raster
                return self._send(204, "")
            try:
                source = base64.urlsafe_b64decode(encoded).decode()
                self._send(200, studio.answer(scheme, source), "image/svg+xml")
            except DrawingError as error:
                self._send(400, str(error))
            except BrowserError as error:
                self._send(503, str(error))

        def _send(self, status: int, text: str, kind: str = "text/plain") -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: the client reports."""

    return Handler


def _client() -> Any:
    """mermaid-py, without the words that it prints when it is imported."""
    with contextlib.redirect_stdout(io.StringIO()):
        import mermaid
    return mermaid


@contextlib.contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _faces(theme: Theme, face: str) -> str:
    """`@font-face` rules that carry the fonts themselves."""
    return "".join(
        f"@font-face{{font-family:{face};font-weight:{weight};"
        f"src:url(data:font/{path.suffix[1:]};base64,"
        f"{base64.b64encode(path.read_bytes()).decode()}) "
        f"format('{FORMATS[path.suffix]}')}}"
        for weight, path in fonts(theme).items()
    )
