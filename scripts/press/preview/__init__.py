"""The live preview: save a file, and the page in the browser is the new one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path


def serve(
    root: Path, host: str, port: int, report: Callable[[str], None] = print
) -> None:
    """Build the book in `root` after every save and serve it until ^C.

    Faults of the manuscript are reported and shown on the pages; only a port
    that can't be used raises `PressError`. Port 0 takes any free one.
    """
    from press.preview.builder import Builder
    from press.preview.server import Server

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    builder = Builder(root)
    try:
        server = Server(builder, host, port, report)
        try:
            server.run()
        except KeyboardInterrupt:
            report("Ended")
        finally:
            server.shutdown()
    finally:
        builder.close()
