"""Which files the preview watches, and which events mean that one was saved."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import ObservedWatch

from press import listings
from press.book import Book
from press.findings import Finding, PressError

FOLDERS = ("manuscript", "theme", "diagrams", "experiments")
CONFIG = "mkdocs.yml"
# On Linux a writer tells when it is done; a file that is still being written
# would be read half. Elsewhere the system gathers events by itself.
FINISHED: tuple[type[FileSystemEvent], ...] = (
    (FileClosedEvent,)
    if sys.platform == "linux"
    else (FileCreatedEvent, FileModifiedEvent)
)
# The system is asked for these alone: a build reads a thousand files, and to be
# told of each would cost more than a third of its time.
SAVES = [
    *FINISHED,
    FileMovedEvent,
    FileDeletedEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
]


# A file that is moved in from elsewhere is told of as moved, not as created.
OPTIONS = {"generate_full_events": True} if sys.platform == "linux" else {}


class Watch(FileSystemEventHandler):
    """Calls `changed` after each save of a file that the book in `root` may use."""

    def __init__(self, root: Path, changed: Callable[[], None]) -> None:
        self.root = root
        self.changed = changed
        self.observer = Observer(**OPTIONS)
        self.wanted: set[Path] = set()
        self.watched: dict[Path, tuple[int, ObservedWatch]] = {}
        self._follow(root, recursive=False)

    def follow(self, book: Book | None) -> None:
        """Watch the folders that the book takes files from, as far as they exist."""
        self.wanted = {self.root / name for name in FOLDERS}
        if book:
            self.wanted |= {book.docs, *_sources(book)}
        for folder in sorted(self.wanted):
            self._follow(folder, recursive=True)

    def _follow(self, folder: Path, recursive: bool) -> None:
        watched = self.watched.get(folder)
        node = folder.stat().st_ino if folder.is_dir() else 0
        if watched and watched[0] != node:  # removed, perhaps made anew
            self.observer.unschedule(watched[1])
            del self.watched[folder]
            watched = None
        if node and not watched:
            try:
                watch = self.observer.schedule(
                    self, str(folder), recursive=recursive, event_filter=SAVES
                )
            except OSError as error:
                raise PressError(
                    Finding(
                        folder,
                        1,
                        "watch",
                        f"the folder can't be watched: {error.strerror or error}",
                        "raise the system's limit, e.g. fs.inotify.max_user_watches",
                    )
                ) from None
            self.watched[folder] = node, watch

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Tell of a save if it matters."""
        paths = (event.src_path, event.dest_path)
        if any(self._matters(Path(str(path))) for path in paths if path):
            self.changed()

    def _matters(self, path: Path) -> bool:
        if path.parent == self.root:
            return path.name == CONFIG or path in self.wanted
        parts = path.relative_to(self.root).parts
        return not any(part.startswith(".") or part == "__pycache__" for part in parts)


def _sources(book: Book) -> Iterator[Path]:
    """The folders of the project that the book's listings are cut from."""
    for page in book.pages:
        for fence in page.scan.fences:
            source = listings.parse(fence.info)
            if source and not source["path"].startswith("outputs/"):
                yield book.root / Path(source["path"]).parts[0]
