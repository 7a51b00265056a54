"""What can go wrong for a client; each message is meant for its user."""

from __future__ import annotations


# --8<-- [start:errors]
class ClientError(Exception):
    """The stream can't begin or can't go on."""


class Unreachable(ClientError):
    """Nobody answers, or nobody does any more; trying later may help."""


class Refused(ClientError):
    """The server said no: `code` is an `ErrorCode` or a close code.

    Trying again after `retry_ms` may help; without it, it won't.
    """

    def __init__(
        self,
        message: str,
        code: str,
        retry_ms: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.retry_ms = retry_ms


class AudioLost(ClientError):
    """The server asks for audio that is no longer kept."""


# --8<-- [end:errors]
