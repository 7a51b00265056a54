"""A thread that owns a recogniser: called from the event loop, one batch a time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any

from earshot.inference.recogniser import Recogniser, Transcript, Utterance
from earshot.models.coldstart import PROCESS

Result = asyncio.Future[list[Transcript]]
Order = tuple[Sequence[Utterance], Result]


# --8<-- [start:lane]
class Lane:
    """Makes its recogniser in its own thread, warms it, then transcribes.

    The thread is a daemon: a recogniser that never returns can't be stopped,
    only left behind, and must not keep the process from ending.
    """

    def __init__(self, make: Callable[[], Recogniser]) -> None:
        self._loop = asyncio.get_running_loop()
        self._orders: SimpleQueue[Order | None] = SimpleQueue()
        self.warm: asyncio.Future[str] = self._loop.create_future()
        self._thread = threading.Thread(target=self._work, args=(make,), daemon=True)
        self._thread.start()

    def transcribe(self, batch: Sequence[Utterance]) -> Result:
        """A future for the transcripts; call only when the last one is done."""
        result: Result = self._loop.create_future()
        self._orders.put((batch, result))
        return result

    def leave(self) -> None:
        """Let the thread end when its recogniser returns."""
        self._orders.put(None)

    def _work(self, make: Callable[[], Recogniser]) -> None:
        try:
            recogniser = make()
            recogniser.warm_up()
            PROCESS.mark("warm-up")
        except Exception as error:
            self._tell(self.warm, error)
            return
        self._tell(self.warm, recogniser.name)
        while order := self._orders.get():
            batch, result = order
            try:
                self._tell(result, recogniser.transcribe(batch))
            except Exception as error:
                self._tell(result, error)

    # --8<-- [end:lane]
    def _tell(self, future: asyncio.Future[Any], outcome: Any) -> None:
        """Settle a future of the loop, unless nobody waits or the loop is gone."""

        def settle() -> None:
            if future.done():
                return
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

        try:
            self._loop.call_soon_threadsafe(settle)
        except RuntimeError:
            return  # the loop was closed meanwhile
