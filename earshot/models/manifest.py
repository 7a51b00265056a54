"""The manifest: which models there are, what their files must be, and where to ask.

Nothing here touches the network or the disk beyond one data file, so the
service, the command line and the book's imprint can all read it.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

MANIFEST = Path(__file__).with_name("manifest.toml")
LICENCES = Path(__file__).with_name("licences")

Entry = TypeVar("Entry")


class ModelError(Exception):
    """Something is wrong with a model's weights; the message says what to do."""


# --8<-- [start:model]
@dataclass(frozen=True)
class Artefact:
    """One file of a model: its size in bytes and its SHA-256 in hex."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Source:
    """A place that has some of a model's files.

    `files` names, for each file, the members that joined in order make it;
    `convert` the few files that are made from their member rather than copied.
    """

    kind: str
    packages: tuple[str, ...]
    bytes: int
    files: Mapping[str, tuple[str, ...]]
    convert: Mapping[str, str]
    platform: str


@dataclass(frozen=True)
class Model:
    """Weights with a name, a licence and a digest."""

    id: str
    name: str
    version: str
    engine: str
    licence: str
    copyright: tuple[str, ...]
    home: str
    default: bool
    files: tuple[Artefact, ...]
    sources: tuple[Source, ...]

    @property
    def bytes(self) -> int:
        """Size of all files on disk."""
        return sum(file.bytes for file in self.files)

    @property
    def digest(self) -> str:
        """SHA-256 over the files' names and digests: the model's identity."""
        lines = sorted(f"{file.sha256}  {file.name}\n" for file in self.files)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @property
    def notice(self) -> str:
        """What the licence asks to be kept beside every copy."""
        terms = (LICENCES / f"{self.licence}.txt").read_text(encoding="utf-8")
        head = f"{self.name} {self.version} ({self.licence})\n{self.home}"
        return "\n\n".join([head, "\n".join(self.copyright), terms])


# --8<-- [end:model]


def read(path: Path = MANIFEST) -> dict[str, Model]:
    """The manifest's models by id, in the file's order."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    models = (_model(entry) for entry in data["model"])
    return {model.id: model for model in models}


def find(id: str, models: Mapping[str, Entry]) -> Entry:
    """What `models` has of the one called `id`; `ModelError` lists those there are."""
    if id not in models:
        raise ModelError(f"no model {id!r}; there are {', '.join(models)}")
    return models[id]


def _model(entry: dict[str, Any]) -> Model:
    files = tuple(Artefact(name, **file) for name, file in entry["files"].items())
    return Model(
        id=entry["id"],
        name=entry["name"],
        version=entry["version"],
        engine=entry["engine"],
        licence=entry["licence"],
        copyright=tuple(entry["copyright"]),
        home=entry["home"],
        default=entry.get("default", False),
        files=files,
        sources=tuple(map(_source, entry["source"])),
    )


def _source(entry: dict[str, Any]) -> Source:
    return Source(
        kind=entry["kind"],
        packages=tuple(entry["packages"]),
        bytes=entry["bytes"],
        files={name: tuple(members) for name, members in entry["files"].items()},
        convert=entry.get("convert", {}),
        platform=entry.get("platform", ""),
    )
