"""What a page's template read besides the page, and templates compiled once.

Every template is given the whole navigation, the other pages and the press's
values, so that a new title could concern every page. `Reads` notes what a
page's template did read; while that stays the same, so does the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jinja2
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure import StructureItem
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page as SitePage

# What stays the same for as long as settings and navigation keep their shape.
FIXED = frozenset(
    ("active", "ancestors", "children", "file", "next_page", "pages", "parent")
    + ("is_homepage", "is_index", "is_link", "is_page", "is_section", "is_top_level")
    + ("previous_page", "url", "abs_url", "canonical_url", "edit_url", "update_date")
)
PLAIN = (str, int, float, bool, dict, list, type(None))
EVERY = "*"  # all keys of a mapping
UNKNOWABLE = ""

Place = tuple[Any, ...]
Notes = dict[Place, str]


class Reads:
    """What templates may read in one build, and what one page's did."""

    def __init__(
        self, nav: Navigation, pages: list[SitePage], values: dict[str, Any]
    ) -> None:
        self._items: dict[str, StructureItem] = {}
        shape = [self._add(item, str(i)) for i, item in enumerate(nav.items)]
        outside = [page for page in pages if page.file.src_uri not in self._items]
        shape += [self._add(page, "") for page in outside]
        self.shape = repr(shape)
        self._names = {id(item): name for name, item in self._items.items()}
        self._values = values
        self._today: Notes = {}
        self._notes: Notes = {}
        self._current: SitePage | None = None

    def _add(self, item: StructureItem, place: str) -> Any:
        if isinstance(item, SitePage):
            self._items[item.file.src_uri] = item
            return item.url
        self._items[place] = item
        children = enumerate(item.children or ())
        return [place, *(self._add(child, f"{place}/{i}") for i, child in children)]

    @contextmanager
    def noting(self, page: SitePage) -> Iterator[Notes]:
        """The notes of what is read, inside the `with`, of others than `page`."""
        self._notes, self._current = {}, page
        yield self._notes
        self._notes, self._current = {}, None

    def item(self, item: Any, attribute: Any) -> None:
        """Note that a template reads an attribute, if it is a page's or section's."""
        if not isinstance(item, StructureItem) or attribute in FIXED:
            return
        name = self._names.get(id(item))
        if name is not None and item is not self._current:
            self._note(("item", name, attribute))

    def value(self, path: Place) -> None:
        """Note that a template reads the value at `path`."""
        self._note(("value", *path))

    def _note(self, place: Place) -> None:
        self._notes[place] = self._read(place)

    def _read(self, place: Place) -> str:
        """What stands at a place today, as a text to be compared."""
        if place not in self._today:
            kind, *path = place
            read = self._read_item if kind == "item" else self._read_value
            self._today[place] = read(*path)
        return self._today[place]

    def _read_item(self, name: str, attribute: str) -> str:
        value = getattr(self._items.get(name), attribute, None)
        return repr(value) if isinstance(value, PLAIN) else UNKNOWABLE

    def _read_value(self, *path: Any) -> str:
        value: Any = self._values
        try:
            for key in path:
                value = value if key == EVERY else value[key]
        except (KeyError, IndexError, TypeError):
            return "missing"
        if path[-1:] == (EVERY,):
            return repr([(key, _shallow(value[key])) for key in sorted(value)])
        return repr(_shallow(value))

    def hold(self, notes: Notes) -> bool:
        """Whether all that was noted reads the same today."""
        return all(
            then != UNKNOWABLE and self._read(place) == then
            for place, then in notes.items()
        )


def _shallow(value: Any) -> Any:
    """A value without what the mappings in it hold."""
    if isinstance(value, dict):
        return dict
    return [_shallow(v) for v in value] if isinstance(value, list) else value


class Noted(dict):
    """A mapping of plain data that tells `reads` what of it is looked at."""

    def __init__(self, data: dict, reads: Reads, path: Place = ()) -> None:
        self._reads, self._path = reads, path
        super().__init__(
            {key: _noted(value, reads, (*path, key)) for key, value in data.items()}
        )

    def __getitem__(self, key: Any) -> Any:
        self._reads.value((*self._path, key))
        return super().__getitem__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        """The value of `key`, noted."""
        self._reads.value((*self._path, key))
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self._reads.value((*self._path, key))
        return super().__contains__(key)

    def __iter__(self) -> Iterator[Any]:
        self._reads.value((*self._path, EVERY))
        return super().__iter__()

    def __len__(self) -> int:
        self._reads.value((*self._path, EVERY))
        return super().__len__()

    def keys(self) -> Any:
        """All keys, noted."""
        self._reads.value((*self._path, EVERY))
        return super().keys()

    def values(self) -> Any:
        """All values, noted."""
        self._reads.value((*self._path, EVERY))
        return super().values()

    def items(self) -> Any:
        """All pairs, noted."""
        self._reads.value((*self._path, EVERY))
        return super().items()


def _noted(value: Any, reads: Reads, path: Place) -> Any:
    if isinstance(value, dict):
        return Noted(value, reads, path)
    if isinstance(value, list):
        return [_noted(v, reads, (*path, i)) for i, v in enumerate(value)]
    return value


def note_reads(env: jinja2.Environment, reads: Reads) -> None:
    """Tell `reads` of every attribute that the environment's templates read."""

    def noted(read: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def reader(item: Any, attribute: Any) -> Any:
            reads.item(item, attribute)
            return read(item, attribute)

        return reader

    # Compiled templates call these two for every `a.b` and `a["b"]`.
    env.getattr = noted(env.getattr)  # type: ignore[method-assign]
    env.getitem = noted(env.getitem)  # type: ignore[method-assign]


class Themes:
    """The theme's environments, which share compiled templates and file lists."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.compiled = root / ".cache" / "press" / "templates"
        self._listed: dict[str, list[str]] = {}

    def adopt(self, config: MkDocsConfig) -> None:
        """Let the configuration's theme make its environments here."""
        make = config.theme.get_env
        self.compiled.mkdir(parents=True, exist_ok=True)
        config.theme.get_env = lambda: self._environment(make(), config)  # type: ignore[method-assign]

    def _environment(
        self, env: jinja2.Environment, config: MkDocsConfig
    ) -> jinja2.Environment:
        env.bytecode_cache = jinja2.FileSystemBytecodeCache(str(self.compiled))
        own = [str(path) for path, _ in self._own_files(config)]
        key = repr((own, sorted(config.theme.static_templates)))
        list_all = env.list_templates

        def listing(**wanted: Any) -> list[str]:
            if key not in self._listed:
                self._listed = {key: list_all(**wanted)}
            return self._listed[key]

        env.list_templates = listing  # type: ignore[method-assign]
        return env

    def state(self, config: MkDocsConfig) -> str:
        """A text that changes whenever a file of the project's own theme does."""
        return repr(self._own_files(config))

    def _own_files(self, config: MkDocsConfig) -> Sequence[tuple[str, tuple[int, int]]]:
        """The theme's files in the project, each with its time and size."""
        found = []
        for folder in map(Path, config.theme.dirs):
            if folder.is_relative_to(self.root):
                for path in sorted(folder.rglob("*")):
                    stat = path.stat()
                    found.append((str(path), (stat.st_mtime_ns, stat.st_size)))
        return found
