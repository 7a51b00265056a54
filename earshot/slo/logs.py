"""Logs of what happened, in which no audio and no word that was said can be.

What Earshot logs is an event with fields from a list, and a field holds numbers
and codes, not sentences. Of an exception there is the type and the place, never
the message, which may quote anything. Of what other libraries say only uvicorn's
lines are shown, without addresses and queries.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TextIO

Fields = dict[str, Any]
Style = Literal["text", "json"]
CLIENT = "%s - "
"""How uvicorn begins a message about a request: with its client's address."""
QUERY = re.compile(r'\?[^\s"]*')

# --8<-- [start:event]
FIELDS = {
    *("session", "segment", "packet", "seq", "batch", "rung", "attempt"),
    *("reason", "code", "kind", "state", "status", "exception", "place"),
    *("codec", "rate", "channels", "model", "version", "host", "port"),
    *("sessions", "segments", "words", "start_ms", "end_ms", "last_ms"),
    *("audio_ms", "speech_ms", "dropped_ms", "retry_ms", "waited_ms"),
    *("hear_ms", "queue_ms", "decode_ms", "total_ms"),
}
CODE = re.compile(r"[!-~]{0,200}")
"""Printable ASCII without blanks: no sentence, no line that is forged."""


def event(
    logger: logging.Logger,
    name: str,
    level: int = logging.INFO,
    **fields: object,
) -> None:
    """Log that something happened.

    Raises `TypeError` for fields that aren't in `FIELDS`, and for values
    other than numbers, None and short codes.
    """
    if not is_harmless(name):
        raise TypeError("an event's name is a code")
    for field, value in fields.items():
        if field not in FIELDS:
            raise TypeError(f"{field} is no field for logs")
        if not is_harmless(value):
            raise TypeError(f"{field}: logs take numbers and codes only")
    logger.log(level, name, extra={"earshot": fields})


def is_harmless(value: object) -> bool:
    """Whether a value can't be audio or a sentence."""
    if isinstance(value, str):
        return CODE.fullmatch(value) is not None
    return value is None or isinstance(value, bool | int | float)


def fault(error: BaseException) -> Fields:
    """An exception as fields: its type, and the line that raised it."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    fields = {"exception": type(error).__name__}
    if trace:
        file = trace.tb_frame.f_code.co_filename
        fields["place"] = at(file, trace.tb_lineno)
    return fields


# --8<-- [end:event]
def at(path: str, line: int) -> str:
    """A place in source code, short: the file and the folder that it is in."""
    file = Path(path)
    return f"{file.parent.name}/{file.name}:{line}"


# --8<-- [start:format]
def told(record: logging.LogRecord) -> Fields:
    """What may be shown of a record, whoever made it."""
    if hasattr(record, "earshot"):
        data = {"event": record.msg, **record.earshot}
    elif record.name.partition(".")[0] == "uvicorn":
        data = {"event": "uvicorn", "message": said(record)}
    else:
        where = at(record.pathname, record.lineno)
        data = {"event": "log", "logger": record.name, "place": where}
    if record.exc_info and record.exc_info[1]:
        data |= fault(record.exc_info[1])
    return data


def said(record: logging.LogRecord) -> str:
    """The first line of uvicorn's message, without client and query."""
    template, values = str(record.msg), record.args
    if template.startswith(CLIENT) and isinstance(values, tuple):
        template, values = template.removeprefix(CLIENT), values[1:]
    text = template % values if values else template
    return QUERY.sub("", text.strip().partition("\n")[0])[:200]


class Formatter(logging.Formatter):
    """One line a record: of words and `field=value`, or of JSON."""

    def __init__(self, style: Style) -> None:
        super().__init__()
        self.line = in_text if style == "text" else json.dumps

    def format(self, record: logging.LogRecord) -> str:
        """The line; its time is in UTC as in RFC 3339."""
        moment = datetime.fromtimestamp(record.created, UTC)
        time = moment.isoformat(timespec="milliseconds")[:-6] + "Z"
        start = {"time": time, "level": record.levelname}
        return self.line(start | told(record))


# --8<-- [end:format]
def in_text(data: Fields) -> str:
    """Time, level and event as they are, and the others with their names."""
    fields = dict(data)
    start = [fields.pop(name) for name in ("time", "level", "event")]
    return " ".join([*start, *(f"{name}={shown(fields[name])}" for name in fields)])


def shown(value: object) -> str:
    """A code as it is, anything else as in JSON."""
    code = isinstance(value, str) and value and is_harmless(value)
    return str(value) if code else json.dumps(value)


def configure(style: Style, stream: TextIO | None = None) -> None:
    """Send all logs of the process to `stream` (or stderr), uvicorn's too.

    Start uvicorn with `log_config=None`, or it makes its own handlers.
    Nothing below INFO is shown: libraries tell there what they received.
    """
    handler = logging.StreamHandler(stream)
    handler.setLevel(logging.INFO)
    handler.setFormatter(Formatter(style))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
