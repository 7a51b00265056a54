"""The stream as an AsyncAPI 3.0 document, made of the messages themselves.

It describes the server: what it receives is what a client sends.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from earshot.api.examples import EXAMPLES
from earshot.api.messages import (
    CLOSE_CODES,
    VERSION,
    ClientMessage,
    ServerEvent,
)
from earshot.audio.formats import RATES
from earshot.transport.bounds import TABLE

Json = dict[str, Any]

CLIENT: tuple[type[BaseModel], ...] = get_args(get_args(ClientMessage)[0])
SERVER: tuple[type[BaseModel], ...] = get_args(get_args(ServerEvent)[0])
RECEIVED = {
    "configure": ("Config", ("Ready", "Error")),
    "hear": ("Audio", ()),
    "flush": ("Flush", ("Flushed",)),
    "close": ("Close", ("SessionEnded",)),
}
"""What the server receives, by operation, and the events that answer it."""


# --8<-- [start:document]
def document() -> Json:
    """The whole document, ready for JSON; the same code makes the same."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Earshot",
            "version": VERSION,
            "description": "Speech in, words out, while someone speaks.",
        },
        "defaultContentType": "application/json",
        "servers": {"local": {"host": "127.0.0.1:8765", "protocol": "ws"}},
        "channels": {"stream": channel()},
        "operations": operations(),
        "components": {"messages": messages(), "schemas": schemas()},
    }


def text() -> str:
    """The document as the file `asyncapi.json` has it."""
    return json.dumps(document(), indent=2) + "\n"


# --8<-- [end:document]
def channel() -> Json:
    """One WebSocket connection, why it may be closed, and what it is bound to."""
    return {
        "address": "/v1/stream",
        "description": "One connection; a session may outlive it.",
        "messages": {name: ref("components", "messages", name) for name in messages()},
        "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
        "x-close-codes": {str(code): why for code, why in CLOSE_CODES.items()},
        "x-bounds": [bound._asdict() for bound in TABLE],
    }


def operations() -> Json:
    """What a client may send, with its answers; then the events."""
    received = {
        name: _operation("receive", [message], answers)
        for name, (message, answers) in RECEIVED.items()
    }
    events = [event.__name__ for event in SERVER]
    return received | {"report": _operation("send", events)}


def _operation(action: str, names: Sequence[str], answers: Sequence[str] = ()) -> Json:
    operation = {"action": action} | _exchanged(names)
    return operation | {"reply": _exchanged(answers)} if answers else operation


def _exchanged(names: Sequence[str]) -> Json:
    """The channel, and those of its messages that have these names."""
    return {
        "channel": ref("channels", "stream"),
        "messages": [ref("channels", "stream", "messages", name) for name in names],
    }


# --8<-- [start:messages]
def messages() -> Json:
    """Every message by the name of its class; audio has none."""
    models = (*CLIENT, *SERVER)
    described = {model.__name__: _described(model) for model in models}
    by_id = {"correlationId": {"location": "$message.payload#/id"}}
    for name in ("Flush", "Flushed"):
        described[name] |= by_id
    return described | {"Audio": _audio()}


def _described(model: type[BaseModel]) -> Json:
    return {
        "name": model.model_fields["type"].default,
        "payload": ref("components", "schemas", model.__name__),
        "examples": [
            {"payload": example.model_dump(mode="json", exclude_none=True)}
            for example in EXAMPLES
            if type(example) is model
        ],
    }


def _audio() -> Json:
    """Binary messages: the only ones that aren't JSON."""
    return {
        "name": "audio",
        "contentType": "application/octet-stream",
        "description": "Audio of the codec and rate that `config` says: "
        "for pcm16 an even number of bytes, for opus one packet, of mulaw "
        "and flac any piece. Messages count from 0 and carry no header.",
        "payload": {"type": "string", "format": "binary"},
        "x-codecs": {codec: list(rates) for codec, rates in RATES.items()},
    }


# --8<-- [end:messages]
# --8<-- [start:schemas]
class Schemas(GenerateJsonSchema):
    """JSON Schema of wire messages, which have a `type` always.

    An event has all its members but those that are null. A client may leave
    out what has a default.
    """

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never: a title would only repeat the member's name."""
        return False

    def field_is_required(self, field: Any, total: bool) -> bool:
        """Whether a member is always there."""
        if super().field_is_required(field, total):
            return True
        inner = field["schema"]
        if self.mode == "serialization":
            return bool(inner["default"] is not None)
        return bool(inner["schema"]["type"] == "literal")


def schemas() -> Json:
    """Schemas of all messages and their parts, by the name of the class.

    They keep to what JSON Schema has in draft 7 and in draft 2020-12.
    """
    modes: list[Any] = [(model, "validation") for model in CLIENT]
    modes += [(model, "serialization") for model in SERVER]
    parts = models_json_schema(
        modes,
        ref_template="#/components/schemas/{model}",
        schema_generator=Schemas,
    )[1]
    defined: Json = parts["$defs"]
    return defined


# --8<-- [end:schemas]
def ref(*path: str) -> Json:
    """A reference to another part of the document."""
    return {"$ref": "#/" + "/".join(path)}
