"""Where weights are kept: one folder a model, named by its digest.

A folder appears whole or not at all. It is filled elsewhere, checked against
the manifest and then renamed, so a reader never sees half a download, and a
new digest never overwrites what a running service has open.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from earshot.models.manifest import Artefact, Model, ModelError, find, read
from earshot.models.sources import SourceError, fetch

CACHE = "EARSHOT_CACHE"
NOTICE = "NOTICE.txt"

Progress = Callable[[int, int], None]  # told the bytes that came, and of how many
Warn = Callable[[str], None]  # told why a source was passed over


class WeightsMissing(ModelError):
    """A model's files have not been pulled."""


class WrongDigest(ModelError):
    """A file is not what the manifest pins."""


def cache() -> Path:
    """The folder for everything fetched: EARSHOT_CACHE, or below ~/.cache."""
    return Path(os.environ.get(CACHE) or Path.home() / ".cache" / "earshot")


# --8<-- [start:check]
def check(model: Model, folder: Path) -> None:
    """Compare every file of `model` in `folder` with the manifest.

    Raises `WeightsMissing` or `WrongDigest`. It reads every byte, so a
    service does it before it says that it is ready.
    """
    for file in model.files:
        path = folder / file.name
        if not path.is_file():
            remedy = f"run `earshot models pull {model.id}`"
            raise WeightsMissing(f"{model.id} is not here; {remedy}")
        compare(file, path, f"{model.id}/{file.name}")


def compare(file: Artefact, path: Path, what: str) -> None:
    """Raise `WrongDigest` unless `path` has the digest that `file` pins."""
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != file.sha256:
        expected = f"expected sha256 {file.sha256}"
        raise WrongDigest(f"{what}: {expected}, found {found}")


# --8<-- [end:check]
class Store:
    """The models of a manifest, on this machine's disk."""

    def __init__(
        self, root: Path | None = None, models: Mapping[str, Model] | None = None
    ) -> None:
        self.root = (root or cache()) / "models"
        self.models = read() if models is None else models

    def folder(self, id: str) -> Path:
        """Where the files of model `id` belong, there or not."""
        model = find(id, self.models)
        return self.root / f"{model.id}-{model.digest[:12]}"

    def state(self, id: str) -> str:
        """`present` or `absent`, by the sizes of the files; nothing is read."""
        folder = self.folder(id)
        for file in self.models[id].files:
            path = folder / file.name
            if not path.is_file() or path.stat().st_size != file.bytes:
                return "absent"
        return "present"

    def verify(self, id: str) -> Path:
        """The folder of model `id`, after every byte was hashed.

        Raises `WeightsMissing` or `WrongDigest`.
        """
        folder = self.folder(id)
        try:
            check(self.models[id], folder)
        except WrongDigest as error:
            remedy = f"run `earshot models pull {id}` to replace it"
            raise WrongDigest(f"{error}; {remedy}") from None
        return folder

    def pull(self, id: str, progress: Progress, warn: Warn) -> Path:
        """The folder of model `id`, fetched if it isn't here or not intact.

        Raises `SourceError` when no source has all files as pinned.
        """
        try:
            return self.verify(id)
        except (WeightsMissing, WrongDigest):
            self.root.mkdir(parents=True, exist_ok=True)
        model, target = self.models[id], self.folder(id)
        with TemporaryDirectory(dir=self.root, prefix=".pull-") as scratch:
            fresh = Path(scratch) / "fresh"
            fresh.mkdir()
            collect(model, fresh, progress, warn)
            (fresh / NOTICE).write_text(model.notice, encoding="utf-8")
            replace(target, fresh, Path(scratch) / "old")
        return self.verify(id)


# --8<-- [start:collect]
def collect(model: Model, folder: Path, progress: Progress, warn: Warn) -> None:
    """Fill `folder` with the files of `model`, each from the first good source.

    Raises `SourceError` when a file could be had from none.
    """
    missing = {file.name: file for file in model.files}
    failures = []
    for source in model.sources:
        names = [name for name in missing if name in source.files]
        if not names:
            continue
        try:
            fetch(source, names, folder, towards(source.bytes, progress))
            for name in names:
                compare(missing[name], folder / name, f"{source.packages[0]}, {name}")
                del missing[name]
        except ModelError as error:
            warn(str(error))
            failures.append(str(error))
    if missing:
        tried = "; ".join(failures)
        raise SourceError(f"no source gave {', '.join(missing)} of {model.id}: {tried}")


# --8<-- [end:collect]
def towards(size: int, progress: Progress) -> Callable[[int], None]:
    """Tell `progress` of bytes that came, never of more than `size`."""
    return lambda came: progress(min(came, size), size)


def replace(target: Path, fresh: Path, old: Path) -> None:
    """Put the folder `fresh` in the place of `target`, if another did not before."""
    if target.exists():
        os.rename(target, old)
    try:
        os.rename(fresh, target)
    except OSError:  # somebody pulled the same model at the same time
        if not target.exists():
            raise
        shutil.rmtree(fresh)
