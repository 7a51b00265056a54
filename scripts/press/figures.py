"""Figures: committed drawings of diagrams and plots, in a light and a dark form."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from press import safety
from press.book import Book

NAME = re.compile(r"^[\w-]+$")
KINDS = ("diagram", "plot")
SCHEMES = ("light", "dark")
ASSETS = "assets/figures"


class FigureError(ValueError):
    """A figure that can't be shown; the message says why."""


@dataclass(frozen=True)
class Drawing:
    """An SVG of the project and the address it gets below the manuscript."""

    file: Path
    address: str
    width: float
    height: float


def drawings(root: Path, scheme: str, name: str) -> tuple[Drawing, Drawing]:
    """The light and the dark drawing of `diagram:name` or `plot:name`.

    Raises `FigureError` when one is missing, leads out of the project or is no SVG
    with a size.
    """
    if not NAME.match(name):
        raise FigureError(f"“{name}” is no name of a {scheme}")
    light, dark = (_drawing(root, scheme, name, form) for form in SCHEMES)
    return light, dark


def shown(book: Book) -> dict[str, Path]:
    """The drawings that the manuscript shows, by their address on the site.

    Those that can't be shown are left out; a check reports them.
    """
    found: dict[str, Path] = {}
    for page in book.pages:
        for kind in KINDS:
            for mark in page.scan.of(f"image-{kind}"):
                try:
                    pair = drawings(book.root, kind, mark.target)
                except FigureError:
                    continue
                found |= {drawing.address: drawing.file for drawing in pair}
    return found


def _drawing(root: Path, scheme: str, name: str, form: str) -> Drawing:
    if scheme == "diagram":
        file = f"diagrams/rendered/{name}.{form}.svg"
    else:
        file = f"experiments/{name}/plot.{form}.svg"
    try:
        status = os.stat(f"{root}/{file}")
    except OSError:
        raise FigureError(f"{scheme} “{name}” has no {file}") from None
    if not os.path.realpath(f"{root}/{file}").startswith(f"{os.path.realpath(root)}/"):
        raise FigureError(f"{file} leads out of the project")
    address = f"{ASSETS}/{scheme}-{name}.{form}.svg"
    return _read(f"{root}/{file}", address, status.st_mtime_ns)


@lru_cache(maxsize=4096)
def _read(name: str, address: str, mtime: int) -> Drawing:
    """The drawing in a file last changed at `mtime`."""
    file = Path(name)
    width, height = _size(file)
    return Drawing(file, address, width, height)


def _size(file: Path) -> tuple[float, float]:
    from lxml import etree

    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        root = etree.fromstring(file.read_bytes(), parser)
        _, _, width, height = map(float, root.get("viewBox", "").split())
    except (etree.XMLSyntaxError, ValueError, OSError) as error:
        raise FigureError(f"{file.name} is no SVG with a viewBox ({error})") from None
    unsafe = ", ".join(dict.fromkeys(safety.of_drawing(root)))
    if unsafe:
        raise FigureError(f"{file.name} holds {unsafe}, which runs or calls elsewhere")
    return width, height
