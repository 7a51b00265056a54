"""A WebSocket connection of uvicorn's that ends, even if its peer takes nothing."""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import (
    WebSocketsSansIOProtocol,
)

GRACE = 10.0
"""Seconds that a peer has to take what was sent, and to close in turn."""


# --8<-- [start:connection]
class Connection(WebSocketsSansIOProtocol):
    """Closing waits until what was written is taken: for ever, by a peer that
    reads no more but is still there. So the end is set here."""

    async def run_asgi(self) -> None:
        """Run the application; soon after it is through, so is the connection."""
        await super().run_asgi()
        self.loop.call_later(GRACE, self.transport.abort)


# --8<-- [end:connection]
