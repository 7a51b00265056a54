"""The book's diagrams: which are stale, how they are drawn, what is wrong.

`diagrams/NAME.mmd` is drawn to `diagrams/rendered/NAME.light.svg` and
`NAME.dark.svg`, which are committed together with `rendered.lock.json`. The lock
says of each what it was drawn from, so that a build needs no browser to know
that the drawings are the sources'. The browser's version is no part of it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from press.data import read_text
from press.findings import Finding, PressError
from press.mermaid.config import SCHEMES, classes, config
from press.mermaid.gate import gate
from press.mermaid.source import Source
from press.mermaid.vendor import MERMAID, fonts
from press.theme import Theme

SCRIPTS = ("page.js", "flatten.js")
REDRAW = "run `make diagrams`"

Lock = dict[str, dict[str, str]]  # by diagram: "key", and a digest by scheme

_kept: dict[Path, tuple[object, tuple[Finding, ...]]] = {}


@dataclass(frozen=True)
class Gallery:
    """The diagrams of one book: sources, drawings and lock below `root`."""

    root: Path
    theme: Theme

    @property
    def folder(self) -> Path:
        """Where the sources are."""
        return self.root / "diagrams"

    @property
    def lock_path(self) -> Path:
        """The lock file."""
        return self.folder / "rendered.lock.json"

    def sources(self) -> list[Source]:
        """All sources in order of their names."""
        return [Source.read(path) for path in sorted(self.folder.glob("*.mmd"))]

    def drawing(self, name: str, scheme: str) -> Path:
        """Where a diagram's drawing in one scheme lies."""
        return self.folder / "rendered" / f"{name}.{scheme}.svg"

    def lock(self) -> Lock:
        """What was drawn from what; an absent lock is an empty one."""
        if not self.lock_path.exists():
            return {}
        try:
            return json.loads(read_text(self.lock_path))
        except json.JSONDecodeError as error:
            raise PressError(
                Finding(
                    self.lock_path,
                    error.lineno,
                    "diagram-lock",
                    f"the lock isn't JSON: {error.msg}",
                    f"delete it, then {REDRAW}",
                )
            ) from None

    @cached_property
    def recipe(self) -> str:
        """A digest of all that shapes every drawing, whatever its source."""
        parts = {
            "config": {scheme: config(self.theme, scheme) for scheme in SCHEMES},
            "classes": {scheme: classes(self.theme, scheme) for scheme in SCHEMES},
            "paper": {s: self.theme.palette[s]["paper"] for s in SCHEMES},
            "scripts": [_digest(_script(name)) for name in SCRIPTS],
            "mermaid": MERMAID.sha256,
            "fonts": [_digest(p.read_bytes()) for p in fonts(self.theme).values()],
        }
        return _digest(json.dumps(parts, sort_keys=True).encode())

    def entry(self, source: Source) -> dict[str, str]:
        """What the lock would say now: the key, and the drawings there are."""
        drawn = {s: self.drawing(source.name, s) for s in SCHEMES}
        return {
            "key": _digest(f"{self.recipe}\n{source.text}".encode()),
            **{s: _digest(p.read_bytes()) for s, p in drawn.items() if p.exists()},
        }

    def outdated(self, lock: Lock) -> list[Source]:
        """The sources whose drawings aren't the ones that they would give."""
        return [s for s in self.sources() if lock.get(s.name) != self.entry(s)]


def stale(root: Path, theme: Theme) -> Iterator[Finding]:
    """Diagrams that have to be drawn, or forgotten; needs no browser."""
    gallery = Gallery(root, theme)
    lock = gallery.lock()
    for source in gallery.outdated(lock):
        how = "is not drawn yet"
        if source.name in lock:
            how = "or its look has changed since it was drawn"
        yield Finding(source.path, 1, "diagram-stale", f"the diagram {how}", REDRAW)
    for name in sorted(set(lock) - {source.name for source in gallery.sources()}):
        message = f"{name}.mmd is gone and its drawings are still here"
        yield Finding(gallery.lock_path, 1, "diagram-stale", message, REDRAW)


def check(root: Path, theme: Theme) -> Iterator[Finding]:
    """Everything that can be wrong with sources and drawings; needs no browser."""
    gallery = Gallery(root, theme)
    yield from stale(root, theme)
    for source in gallery.sources():
        yield from _wrong(gallery, source)


def _wrong(gallery: Gallery, source: Source) -> tuple[Finding, ...]:
    """What is wrong with a diagram; kept for as long as it and the palette stay."""
    drawn = {scheme: gallery.drawing(source.name, scheme) for scheme in SCHEMES}
    texts: dict[str, str] = {}
    if all(path.exists() for path in drawn.values()):
        texts = {s: read_text(path) for s, path in drawn.items()}
    checked = (source, texts, gallery.theme.palette)
    kept = _kept.get(source.path)
    if kept is None or kept[0] != checked:
        told = gate(source.path, texts, gallery.theme) if texts else ()
        kept = _kept[source.path] = (checked, (*source.faults(), *told))
    return kept[1]


def render(root: Path, theme: Theme, *, report: Callable[[str], None]) -> list[str]:
    """Draw what is stale, forget what has no source, and return the names drawn.

    Each name is told to `report` when its drawings are written. Raises
    `PressError` at the end with what is wrong in sources and drawings; a diagram
    that can't be drawn keeps its former drawings, the others are drawn all the
    same.
    """
    gallery = Gallery(root, theme)
    lock = gallery.lock()
    _forget(gallery, lock)
    outdated = gallery.outdated(lock)
    findings = [fault for source in outdated for fault in source.faults()]
    faulty = {fault.path for fault in findings}
    drawn: list[str] = []
    for source, result in _draw(gallery, [s for s in outdated if s.path not in faulty]):
        if isinstance(result, Finding):
            findings.append(result)
            continue
        for scheme, text in result.items():
            _write(gallery.drawing(source.name, scheme), text)
        lock[source.name] = gallery.entry(source)
        findings.extend(gate(source.path, result, theme))
        drawn.append(source.name)
        report(source.name)
    if drawn:
        _save(gallery, lock)
    if findings:
        raise PressError(*sorted(findings))
    return drawn


def _draw(
    gallery: Gallery, sources: list[Source]
) -> Iterator[tuple[Source, dict[str, str] | Finding]]:
    """Each source with its drawings by scheme, or with what Mermaid says of it."""
    if not sources:
        return
    from press.mermaid.studio import DrawingError, Studio

    with Studio(gallery.theme) as studio:
        for source in sources:
            prepared = {s: source.prepare(classes(gallery.theme, s)) for s in SCHEMES}
            try:
                drawn = {
                    scheme: studio.draw(sent.text, source.title, scheme)
                    for scheme, sent in prepared.items()
                }
            except DrawingError as error:
                yield source, source.refusal(prepared[SCHEMES[0]], str(error))
            else:
                yield source, drawn


def _forget(gallery: Gallery, lock: Lock) -> None:
    """Remove the drawings and lock entries of sources that are gone."""
    names = {source.name for source in gallery.sources()}
    for path in (gallery.folder / "rendered").glob("*.svg"):
        if path.name.split(".")[0] not in names:
            path.unlink()
    gone = set(lock) - names
    for name in gone:
        del lock[name]
    if gone:
        _save(gallery, lock)


def _save(gallery: Gallery, lock: Lock) -> None:
    _write(gallery.lock_path, json.dumps(lock, indent=2, sort_keys=True) + "\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def _script(name: str) -> bytes:
    return (Path(__file__).parent / "mermaid" / name).read_bytes()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
