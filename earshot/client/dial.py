"""From an address to a connection on which the server is ready."""

from __future__ import annotations

import asyncio

from pydantic import ValidationError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
)

from earshot.api.messages import (
    CLOSE_CODES,
    VERSION,
    Config,
    Error,
    Ready,
    ServerEvent,
    encode,
    parse_event,
)
from earshot.client.errors import ClientError, Refused, Unreachable

OPEN_S = 10.0
"""Seconds that a server may take to say that it is ready."""
PING_S = 5.0
"""Seconds between pings, and for a pong to come."""
NEVER = 1 << 30
"""Bytes before writing waits. A ping would wait too, and nobody would notice that
the server reads no more; what is under way is bounded by `ahead` and by pings."""
NO_RETURN = (1009, 4409)
"""Close codes after which a session that has not ended is lost to this client."""


# --8<-- [start:dial]
async def dial(url: str, config: Config) -> tuple[ClientConnection, Ready]:
    """Connect and say what audio comes.

    Raises `Unreachable`, `Refused`, or `ClientError` for an address that
    can't be one.
    """
    try:
        async with asyncio.timeout(OPEN_S):
            socket = await connect(
                url,
                compression=None,  # of audio nothing is left to gain
                ping_interval=PING_S,
                ping_timeout=PING_S,
                close_timeout=1,
                write_limit=NEVER,
            )
            try:
                return socket, await _greet(socket, config)
            except BaseException:
                await socket.close()
                raise
    except (OSError, InvalidURI, InvalidHandshake) as error:
        raise _explained(url, error) from None
    except ConnectionClosed as closed:
        raise Unreachable(f"{url} took no config: {closed}") from None


async def _greet(socket: ClientConnection, config: Config) -> Ready:
    await socket.send(encode(config))
    match read(await socket.recv()):
        case Ready() as ready:
            return ready
        case Error() as error:
            raise Refused(error.message, error.code, error.retry_ms)
        case event:
            raise ClientError(f"the server began with {event.type}")


# --8<-- [end:dial]
def read(message: str | bytes) -> ServerEvent:
    """An event; raises `ClientError` where it isn't one."""
    try:
        return parse_event(message)
    except ValidationError:
        raise ClientError(
            f"the server says what isn't in version {VERSION} of Earshot's messages"
        ) from None


def parted(closed: ConnectionClosed) -> ClientError:
    """What a connection's end means: `Refused` where there is no way back."""
    code = closed.rcvd.code if closed.rcvd else None
    if code in NO_RETURN:
        return Refused(f"the server left: {CLOSE_CODES[code]}", str(code))
    return Unreachable("the connection was lost")


def _explained(url: str, error: Exception) -> ClientError:
    """Why there is no connection, in words for people."""
    match error:
        case TimeoutError():
            return Unreachable(f"{url} did not say within {OPEN_S:g} s that it's ready")
        case OSError():
            return Unreachable(f"no server answers at {url}; is `earshot serve` on?")
        case InvalidURI():
            return ClientError(f"{url!r} is no address; try ws://HOST:PORT/v1/stream")
        case InvalidStatus(response=response) if response.status_code < 500:
            status = response.status_code
            return ClientError(f"{url} is no stream: HTTP status {status}")
    return Unreachable(f"what answers at {url} takes no WebSocket: {error}")
