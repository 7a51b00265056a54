"""One build of the site, as quick as what has changed since the last.

A run takes the steps of `mkdocs.commands.build.build` in their order and with
its functions, but renders and writes only pages whose text, or what their text
or their template refers to, has changed. Unchanged files become links to the
last good site's.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from mkdocs.commands import build as steps
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, get_files, set_exclusions
from mkdocs.structure.nav import Navigation, get_navigation
from mkdocs.structure.pages import Page as SitePage

from press.apparatus import Apparatus
from press.markdown import PressExtension
from press.preview import templates
from press.preview.lookups import Rendered, Sources

# Plug-ins that change a page or add it to the search index and no more; others
# may count pages, so that none can be passed over.
PAGEWISE = frozenset(("search", "material/search", "press"))
# What of `mkdocs.yml` bears upon Markdown, and how one key's lines begin.
RENDERING = ("markdown_extensions", "validation", "use_directory_urls")
TOP_LEVEL = re.compile(r"(?m)^(?=[^\s#-])")


@dataclass(frozen=True)
class Written:
    """A page of the site as it was written, and all that it was made from."""

    rendered: Rendered
    seen: tuple[Any, ...]
    notes: templates.Notes
    entries: list[dict[str, Any]]

    def still(
        self, rendered: Rendered, seen: tuple[Any, ...], reads: templates.Reads
    ) -> bool:
        """Whether the page's template would give the same today."""
        same = self.rendered is rendered and self.seen == seen
        return same and reads.hold(self.notes)


@dataclass
class Memory:
    """What a build leaves for the next one: its folder, `mkdocs.yml`, pages, files."""

    site: Path | None = None
    settings: str = ""
    rendered: dict[str, Rendered] = field(default_factory=dict)
    written: dict[str, Written] = field(default_factory=dict)
    static: dict[str, Any] = field(default_factory=dict)


class Run:
    """One build: what it knows of the last one, and what it leaves for the next."""

    known: Apparatus

    def __init__(
        self,
        config: MkDocsConfig,
        last: Memory,
        fresh: Memory,
        warnings: list[logging.LogRecord],
    ) -> None:
        self.config = config
        self.last = last
        self.warnings = warnings
        self.fresh = fresh
        self.folders: set[str] = set()
        self.rendered = 0
        self.written = 0

    def __str__(self) -> str:
        pages = len(self.fresh.written)
        return f"{self.rendered} of {pages} pages rendered, {self.written} written"

    def write(self, themes: templates.Themes) -> None:
        """All steps after the configuration's, as `mkdocs build` takes them."""
        config, plugins = self.config, self.config.plugins
        theme = themes.state(config)
        plugins.on_pre_build(config=config)
        files = get_files(config)
        env = config.theme.get_env()
        files.add_files_from_theme(env, config)
        files = plugins.on_files(files, config=config)
        set_exclusions(files, config)
        nav = get_navigation(files, config)
        nav = plugins.on_nav(nav, config=config, files=files)
        pages = self._populate(files)
        env = plugins.on_env(env, config=config, files=files)
        for file in files:
            if not file.is_documentation_page() and file.inclusion.is_included():
                self._copy(file)
        for name in config.theme.static_templates:
            steps._build_theme_template(name, env, files, config, nav)
        for name in config.extra_templates:
            steps._build_extra_template(name, files, config, nav)
        self._write_pages(pages, nav, env, theme)
        for page in pages:
            level = config.validation.links.anchors
            page.validate_anchor_links(files=files, log_level=level)
        plugins.on_post_build(config=config)

    # -- words to HTML ---------------------------------------------------------

    def _populate(self, files: Files) -> list[SitePage]:
        """Render what has to be rendered; returns all pages."""
        memories = (self.fresh, self.last)
        now, then = (_settings(m.settings, only=RENDERING) for m in memories)
        if now == then:
            self.fresh.rendered = dict(self.last.rendered)
        sources = Sources(self.known, files)
        for extension in self.config.markdown_extensions:
            if isinstance(extension, PressExtension):
                extension.given = sources.apparatus
        pages = []
        for file in files.documentation_pages():
            page = file.page or SitePage(None, file, self.config)
            page.render = partial(self._render, page, sources)  # type: ignore[method-assign]
            steps._populate_page(page, self.config, files)
            pages.append(page)
        return pages

    def _render(
        self, page: SitePage, sources: Sources, config: MkDocsConfig, files: Files
    ) -> None:
        """MkDocs' `Page.render`, or what it gave last time."""
        kept = self.fresh.rendered.get(page.file.src_uri)
        if kept and kept.still(page, sources):
            kept.onto(page, files)
            return
        before = len(self.warnings)
        with sources.noting() as notes:
            SitePage.render(page, config, sources.files)
        warned = len(self.warnings) > before
        self.fresh.rendered[page.file.src_uri] = Rendered.of(page, notes, warned)
        self.rendered += 1

    # -- HTML to files ---------------------------------------------------------

    def _copy(self, file: File) -> None:
        """Put a file that is no page into the site."""
        if file.abs_src_path:
            stat = os.stat(file.abs_src_path)
            state: Any = (file.abs_src_path, stat.st_mtime_ns, stat.st_size)
        else:
            state = hashlib.sha256(file.content_bytes).digest()
        self.fresh.static[file.dest_uri] = state
        if self.last.static.get(file.dest_uri) == state:
            self._link(file)
        else:
            file.copy_file()

    def _link(self, file: File) -> None:
        """Take a file over from the last good site."""
        assert self.last.site is not None
        folder = os.path.dirname(file.abs_dest_path)
        if folder not in self.folders:
            os.makedirs(folder, exist_ok=True)
            self.folders.add(folder)
        os.link(f"{self.last.site}/{file.dest_uri}", file.abs_dest_path)

    def _write_pages(
        self, pages: list[SitePage], nav: Navigation, env: Any, theme: str
    ) -> None:
        """Write the pages whose template would see something new."""
        config = self.config
        values = config.extra.pop("press", {})
        reads = templates.Reads(nav, pages, values)
        settings = _settings(self.fresh.settings, but=("nav",))
        shared = repr([settings, config.extra, reads.shape, theme])
        config.extra["press"] = templates.Noted(values, reads)
        templates.note_reads(env, reads)
        entries = self._search_entries()
        for page in pages:
            kept = self.last.written.get(page.file.src_uri)
            rendered = self.fresh.rendered[page.file.src_uri]
            seen = (page.content, page.title, repr(page.meta), shared)
            if kept and kept.still(rendered, seen, reads) and self._pagewise():
                self._link(page.file)
                entries += kept.entries
            else:
                before = len(entries)
                with reads.noting(page) as notes:
                    files = [page.file for page in pages]
                    steps._build_page(page, config, files, nav, env)
                kept = Written(rendered, seen, notes, entries[before:])
                self.written += 1
            self.fresh.written[page.file.src_uri] = kept

    def _pagewise(self) -> bool:
        return PAGEWISE.issuperset(self.config.plugins)

    def _search_entries(self) -> list[dict[str, Any]]:
        """The list that the search plug-in adds each page's entries to."""
        for plugin in self.config.plugins.values():
            if hasattr(plugin, "search_index"):
                return plugin.search_index.entries
        return []


def _settings(
    text: str, only: tuple[str, ...] = (), but: tuple[str, ...] = ()
) -> list[str]:
    """The parts of `mkdocs.yml` for some of its keys, or for all but some."""
    parts = {part.partition(":")[0]: part for part in TOP_LEVEL.split(text)}
    return [parts[k] for k in parts if k not in but and (k in only or not only)]
