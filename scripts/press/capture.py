"""The thin hook between MkDocs and the press.

It hands MkDocs the expanded Markdown, adds the drawings to the site, finishes
each page's HTML and keeps the rendered fragments for PDF and EPUB. Everything
that it does to the words, `press expand` does without MkDocs.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import BasePlugin
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page as SitePage

from press import apparatus, blocks, checks, figures, safety, site
from press.apparatus import Apparatus
from press.checks import limits
from press.findings import Finding, refuse
from press.markdown import PressExtension

PAGES = "pages.json"


@dataclass(frozen=True)
class CapturedPage:
    """A rendered page: its place in the book and its HTML fragment."""

    src: str
    url: str
    title: str
    kind: str
    part: int | None
    chapter: int | None
    number: str
    status: str | None
    html: str


class CapturePlugin(BasePlugin):
    """MkDocs events, each a call of a function of the press."""

    def __init__(self) -> None:
        self.known: Apparatus | None = None
        self.fragments: dict[str, tuple[str, str]] = {}
        self.at = Path()  # the page that is being rendered

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Load and check the book; give the Markdown extension what it knows."""
        root = Path(config.config_file_path).resolve().parent
        self.known = apparatus.load(root)
        refuse(checks.run(self.known))
        self.fragments = {}
        config.markdown_extensions = [
            PressExtension(apparatus=self.known) if extension == "press" else extension
            for extension in config.markdown_extensions
        ]
        if not config.repo_url:
            config.edit_uri = None
        config.extra["press"] = site.template_values(self.known.book)
        return config

    def on_files(self, files: Files, config: MkDocsConfig) -> Files:
        """Add the drawings that pages show and the theme's own files."""
        assert self.known is not None
        files_by_address: dict[str, Path | bytes] = {**figures.shown(self.known.book)}
        files_by_address |= site.extra_files(self.known.book)
        files_by_address |= self._downloads()
        for address, made in sorted(files_by_address.items()):
            if isinstance(made, Path):
                file = File.generated(config, address, abs_src_path=str(made))
            else:
                file = File.generated(config, address, content=made)
            files.append(file)
        return files

    def _downloads(self) -> dict[str, Path | bytes]:
        """The last PDF and EPUB, or empty places for them.

        A build puts its own there; the preview offers the last ones.
        """
        assert self.known is not None
        book = self.known.book
        names = [f"{book.edition.slug}.{kind}" for kind in ("pdf", "epub")]
        last = {name: book.root / "build" / name for name in names}
        return {
            f"downloads/{name}": path if path.is_file() else b""
            for name, path in last.items()
        }

    def on_page_markdown(
        self, markdown: str, page: SitePage, config: MkDocsConfig, files: Files
    ) -> str:
        """Expand the block conventions of a manuscript page."""
        assert self.known is not None
        self.at = Path(page.file.abs_src_path or page.file.src_uri)
        source = self.known.book.by_src.get(page.file.src_uri)
        return blocks.expand(source, self.known) if source else markdown

    def on_page_content(
        self, html: str, page: SitePage, config: MkDocsConfig, files: Files
    ) -> str:
        """Keep the rendered fragment.

        Raises `PressError` where it isn't inert or nests too deep.
        """
        refuse(
            Finding(self.at, 1, "unsafe", f"the page holds {what}", safety.FIX)
            for what in safety.of_page(html)
        )
        refuse(limits.levels(self.at, html))
        self.fragments[page.file.src_uri] = (page.url, html)
        return html

    def on_post_page(self, output: str, page: SitePage, config: MkDocsConfig) -> str:
        """Finish a page of the site."""
        return site.finish(output, page.url)

    def on_post_template(
        self, output: str, template_name: str, config: MkDocsConfig
    ) -> str:
        """Finish the pages that are not the manuscript's (404)."""
        if template_name.endswith(".html"):
            return site.finish(output, template_name)
        return output

    def captured(self) -> list[CapturedPage]:
        """The rendered pages in the book's order."""
        assert self.known is not None
        return [
            CapturedPage(
                src=page.src,
                url=self.fragments[page.src][0],
                title=page.title,
                kind=page.kind,
                part=page.part,
                chapter=page.chapter,
                number=page.number,
                status=page.meta.get("status"),
                html=self.fragments[page.src][1],
            )
            for page in self.known.book.pages
            if page.src in self.fragments
        ]


def save(pages: list[CapturedPage], folder: Path) -> None:
    """Write the fragments as one HTML file a page and `pages.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = []
    for number, page in enumerate(pages, 1):
        name = f"{number:04}.html"
        (folder / name).write_text(page.html, encoding="utf-8")
        fields = asdict(page)
        del fields["html"]
        listed.append({**fields, "html_file": name})
    text = json.dumps(listed, indent=1, ensure_ascii=False)
    (folder / PAGES).write_text(text + "\n", encoding="utf-8")
