"""What an operator may set: in a file, or in the environment, which wins.

A file is TOML, with one table for each part of the service: `earshot.toml`
beside this module has them all. `EARSHOT_STREAM__STEP_MS=800` is `step_ms` of
`[stream]`.
"""

from __future__ import annotations

import json
import os
import re
import reprlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from earshot import toml
from earshot.audio.gate import GateSettings
from earshot.audio.segmenter import Segmenter, SegmenterSettings
from earshot.inference.batcher import Policy
from earshot.inference.ladder import LadderSettings
from earshot.inference.stream import StreamSettings
from earshot.inference.worker import WorkerSettings
from earshot.transport.bounds import Bounds

PREFIX = "EARSHOT_"
CONFIG = "EARSHOT_CONFIG"
WANTED = {"int": "a whole number", "float": "a number", "bool": "true or false"}
OTHERS = {CONFIG, "EARSHOT_CACHE", "EARSHOT_CLIPS"}
"""Variables with our prefix that are no settings of the service."""

Table = dict[str, Any]
Name = tuple[str, str]


class SettingsError(ValueError):
    """Settings that can't be used; a line for each says where it is and why."""


# --8<-- [start:server]
@dataclass(frozen=True)
class ServerSettings:
    """Where Earshot listens, what recognises, and what it tells of itself.

    Port 0 is any free one. With `fake`, words need no weights. `threads`
    are the recogniser's. `trace` is where spans go: nowhere, to the
    "console", or to a file as lines of JSON.
    """

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8765
    model: str = "moonshine-tiny"
    fake: bool = False
    threads: Annotated[int, Field(ge=1)] = 1
    log: Literal["text", "json"] = "text"
    trace: str = ""


class Settings(BaseSettings):
    """All settings; each part of the service owns a group and its rules."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        enable_decoding=False,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
    )

    server: ServerSettings = ServerSettings()
    gate: GateSettings = GateSettings()
    segmenter: SegmenterSettings = SegmenterSettings()
    stream: StreamSettings = StreamSettings()
    scheduler: Policy = Policy()
    ladder: LadderSettings = LadderSettings()
    worker: WorkerSettings = WorkerSettings()
    limits: Bounds = Bounds()

    # --8<-- [end:server]
    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then what `load` read from a file."""
        return env_settings, init_settings

    @model_validator(mode="after")
    def _groups_fit(self) -> Self:
        Segmenter(self.segmenter, self.gate)
        return self

    def as_toml(self) -> str:
        """These settings as a file that `load` would read."""
        tables = []
        for group, values in self.model_dump().items():
            lines = [f"{key} = {_literal(value)}" for key, value in values.items()]
            tables.append("\n".join([f"[{group}]", *lines]))
        return "\n\n".join(tables)


NAMES = {
    name: (group, field.name)
    for group, info in Settings.model_fields.items()
    for field in fields(info.default)
    for name in (
        f"[{group}] {field.name}",
        f"{PREFIX}{group}__{field.name}".upper(),
    )
}
"""What a setting is called in a file and in the environment: its group and key."""


# --8<-- [start:load]
def load(config: Path | None = None) -> Settings:
    """Settings from the file `config`, or that of EARSHOT_CONFIG, if any.

    Raises `SettingsError` that tells all that is wrong with the file and
    with the environment.
    """
    named = os.environ.get(CONFIG)
    path = config or (Path(named) if named else None)
    table = toml.read(path, SettingsError) if path else {}
    found = dict(_found(path, table))
    known = {name: found.pop(name) for name in NAMES if name in found}
    faults = [_unknown(name, place) for name, place in found.items()]
    try:
        settings = Settings(**_groups(table))
    except ValidationError as error:
        faults += _wrong(error, known)
        raise SettingsError("\n".join(faults)) from None
    if faults:
        raise SettingsError("\n".join(faults))
    return settings


def _found(path: Path | None, table: Table) -> Iterator[tuple[str, str]]:
    """Each name that is set, and where."""
    for group, values in table.items():
        names = [group]
        if isinstance(values, dict):
            names = [f"[{group}] {key}" for key in values]
        yield from ((name, f"{path}: {name}") for name in names)
    for variable in os.environ:
        name = variable.upper()
        if name.startswith(PREFIX) and name not in OTHERS:
            yield name, variable


# --8<-- [end:load]
def _groups(table: Table) -> Table:
    """What the model takes of a file; `_unknown` tells of the rest."""
    return {
        group: values
        for group, values in table.items()
        if group in Settings.model_fields and isinstance(values, dict)
    }


def _unknown(name: str, place: str) -> str:
    alike = get_close_matches(name, NAMES, n=1, cutoff=0.75)
    hint = f"did you mean {alike[0]}?" if alike else "`earshot settings` has them all"
    return f"{place}: there is no such setting; {hint}"


def _wrong(error: ValidationError, known: dict[str, str]) -> Iterator[str]:
    """Where the values are that can't be used, and why, a line for each.

    `known` has names and places; a setting's variable comes after its key in a file.
    """
    places = {NAMES[name]: place for name, place in known.items()}
    for fault in error.errors():
        why, loc = _reason(fault), fault["loc"][:2]
        near = {
            name: place for name, place in places.items() if name[: len(loc)] == loc
        }
        named = [place for (_, key), place in near.items() if _mentions(why, key)]
        where = " and ".join(named or near.values())
        if where and fault["type"] != "dataclass_type":
            yield f"{where}: {why}"


def _reason(fault: ErrorDetails) -> str:
    """What a value should be, in the words of its group where a rule is broken."""
    if fault["type"] == "value_error":
        return str(fault["ctx"]["error"])
    wanted = WANTED.get(fault["type"].partition("_")[0])
    should = f"should be {wanted}" if wanted else fault["msg"].removeprefix("Input ")
    return f"{should}, not {reprlib.repr(fault['input'])}"


def _mentions(text: str, key: str) -> bool:
    return re.search(rf"\b{key}\b", text) is not None


def _literal(value: object) -> str:
    """A text, number or truth in TOML, which shares these with JSON."""
    return json.dumps(value, ensure_ascii=False)
