"""The server: MkDocs' live-reload server, told of saves by the operating system.

A build that fails leaves the last good pages standing, with its findings on
top of each; the next good build takes them away again.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from mkdocs.livereload import LiveReloadServer

from press.findings import Finding, PressError
from press.preview.additions import NOTHING_YET, added, asset
from press.preview.builder import Builder
from press.preview.watch import Watch
from press.repairs import DOWNLOADS

QUIET = 0.03  # seconds without a save before a build begins

Report = Callable[[str], None]


class Server(LiveReloadServer):
    """Builds the site after every save and serves it on `host` and `port`."""

    def __init__(self, builder: Builder, host: str, port: int, report: Report) -> None:
        super().__init__(builder.build, host, port, root=str(builder.site))
        self.site_builder = builder
        self.report = report
        self.build_delay = QUIET
        self.findings: tuple[Finding, ...] = ()
        self.error_handler = self._error_page
        self._bind(host, port)
        self.watcher = Watch(builder.root, self.changed)
        self.observer = self.watcher.observer
        self._watched_paths = {str(builder.root): 1}  # pages get their script
        self._visible_epoch = 0  # readers wait until the first build is done

    def _bind(self, host: str, port: int) -> None:
        try:
            self.server_bind()
        except OSError as error:
            self.server_close()
            taken = error.errno == errno.EADDRINUSE
            what = "is taken" if taken else f"can't be used: {error.strerror}"
            raise PressError(
                Finding(
                    self.site_builder.root / "mkdocs.yml",
                    1,
                    "port",
                    f"{host}:{port} {what}",
                    "end what uses it or choose another, e.g. --port 8001",
                )
            ) from None
        self.url = f"http://{host}:{self.server_port}/"
        self.site_builder.site_url = self.url

    def changed(self) -> None:
        """Ask for a build."""
        with self._rebuild_cond:
            self._want_rebuild = True
            self._rebuild_cond.notify_all()

    def run(self) -> None:
        """Serve and build until interrupted."""
        self.server_activate()
        self.watcher.follow(None)
        self.observer.start()
        self.serve_thread.start()
        self.report(f"Serving on {self.url}, ^C ends it")
        self.changed()
        self._build_loop()

    def _build_loop(self) -> None:
        """Build once before the first page is served, then after every save."""
        while self._wait_for_saves():
            self._build()
            with self._epoch_cond:
                self._visible_epoch = self._wanted_epoch
                self._epoch_cond.notify_all()
            self.site_builder.sweep()

    def _wait_for_saves(self) -> bool:
        """Wait until files were saved and no more follow; False at the end."""
        with self._rebuild_cond:
            self._rebuild_cond.wait_for(lambda: self._want_rebuild or self._shutdown)
            while not self._shutdown and self._rebuild_cond.wait(self.build_delay):
                pass
            self._want_rebuild = False
        now = round(time.monotonic() * 1000)
        self._wanted_epoch = max(now, self._visible_epoch + 1)
        return not self._shutdown

    def _build(self) -> None:
        began = time.perf_counter()
        try:
            made = self.site_builder.build()
            self.findings = ()
            seconds = time.perf_counter() - began
            self.report(f"{_clock()} built in {seconds:.2f} s: {made}")
        except PressError as error:
            self.findings = tuple(sorted(error.findings))
            for finding in self.findings:
                self.report(str(finding.relative(self.site_builder.root)))
            count = len(self.findings)
            faults = f"{count} finding{'s' if count != 1 else ''}"
            self.report(f"{_clock()} {faults}; the last good pages stay")
        known = self.site_builder.known
        self.watcher.follow(known.book if known else None)

    # -- pages -----------------------------------------------------------------

    def serve_request(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer with the preview's own files, the site's, or the findings."""
        made = asset(environ["PATH_INFO"], self.site_builder.root)
        if made:
            kind, content = made
            start_response("200 OK", [("Content-Type", f"{kind}; charset=utf-8")])
            return [content]
        return super().serve_request(environ, start_response)

    @classmethod
    def _guess_type(cls, path: str) -> str:
        """A file's type; the downloads' is known on every system."""
        return DOWNLOADS.get(Path(path).suffix) or super()._guess_type(path)

    def _inject_js_into_html(self, content: bytes, epoch: int) -> bytes:
        return added(content, epoch, self.findings, self.site_builder.root)

    def _error_page(self, code: int) -> bytes:
        """The site's page for an error, or what is shown before there is a site."""
        page = Path(self.root, f"{code}.html")
        content = page.read_bytes() if page.is_file() else NOTHING_YET
        return self._inject_js_into_html(content, self._visible_epoch)


def _clock() -> str:
    return time.strftime("%H:%M:%S")
