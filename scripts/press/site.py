"""The site: what its templates are told, the files beside its pages, their finish.

The templates and styles are the theme's (`theme/site/`). Here is what needs
the whole book or the finished HTML: the navigation, the style sheet with the
palette's values, robots, and the call of `repairs` on every page.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import html as lxml_html

from press import repairs
from press.book import WORDS_PER_MINUTE, Book, Chapter, Page
from press.theme import Theme

STYLES = (
    "material.css",
    "layout.css",
    "text.css",
    "code.css",
    "callouts.css",
    "apparatus.css",
    "pages.css",
    "print.css",
)
PRELOADED = ("SourceSerif4-Regular", "Inter-SemiBold")
FONT_FOLDER = "assets/fonts/"
DOWNLOADS = (("PDF", "pdf"), ("EPUB", "epub"))


# -- what the templates are told ----------------------------------------------


def template_values(book: Book) -> dict[str, Any]:
    """What the templates know as `config.extra.press`: plain data only."""
    edition = book.edition
    theme = Theme.load(book.root / "theme")
    contents = book.generated("contents")
    return {
        "author": edition.author,
        "rights": edition.rights,
        "version": edition.version,
        "date": f"{edition.date.day} {edition.date:%B %Y}",
        "colours": {scheme: v["paper"] for scheme, v in theme.palette.items()},
        "preload": [f"{FONT_FOLDER}{name}.woff2" for name in PRELOADED],
        "downloads": [
            {"label": label, "url": f"downloads/{edition.slug}.{kind}"}
            for label, kind in DOWNLOADS
        ],
        "contents": address(book, contents) if contents else "",
        "nav": list(_navigation(book)),
        "pages": {page.src: _page(book, page) for page in book.pages},
    }


def address(book: Book, page: Page) -> str:
    """A page's address below the site's root."""
    stem = page.src.removesuffix(".md")
    if not book.config.get("use_directory_urls", True):
        return f"{stem}.html"
    folder, _, name = f"/{stem}".rpartition("/")
    return f"{folder}/".lstrip("/") if name == "index" else f"{stem}/"


def _page(book: Book, page: Page) -> dict[str, Any]:
    full_title = f"{page.number} {page.title}".strip()
    return {
        "kind": page.kind,
        "url": address(book, page),
        "full_title": full_title,
        "description": page.meta.get("description") or _description(book, page),
        "minutes": max(1, round(page.scan.words / WORDS_PER_MINUTE)),
        "planned": _planned(book, page),
        "contents": page is book.generated("contents"),
        "above": _above(book, page),
        "schema": _schema(book, page),
    }


def _description(book: Book, page: Page) -> str:
    edition = book.edition
    if page.kind == "landing":
        return edition.description
    place = {"chapter": "Chapter ", "section": "Section "}.get(page.kind, "")
    name = f"{place}{page.number}: {page.title}" if page.number else page.title
    return f"{name}. From “{edition.title}”, {edition.description}."


def _planned(book: Book, page: Page) -> bool:
    return page.kind == "chapter" and page.meta.get("status", "planned") == "planned"


def _above(book: Book, page: Page) -> dict[str, Any] | None:
    """What stands above a page's title: its part or its chapter."""
    if page.kind == "chapter" and page.part:
        part = book.parts[page.part - 1]
        return {"label": f"Part {part.roman} · {part.title}", "url": None}
    if page.kind == "section" and page.chapter:
        chapter = book.chapter(page.chapter)
        label = f"{chapter.number} · {chapter.title}"
        return {"label": label, "url": address(book, chapter.opener)}
    return None


def _navigation(book: Book) -> Iterator[dict[str, Any]]:
    """Front matter, parts and back matter as groups of entries."""
    sides = {
        kind: [_entry(book, page) for page in book.pages if page.kind == kind]
        for kind in ("front", "back")
    }
    if sides["front"]:
        yield {"label": "", "roman": "", "entries": sides["front"]}
    for part in book.parts:
        entries = [_chapter_entry(book, chapter) for chapter in part.chapters]
        yield {"label": part.title, "roman": part.roman, "entries": entries}
    if sides["back"]:
        yield {"label": "Back matter", "roman": "", "entries": sides["back"]}


def _entry(book: Book, page: Page) -> dict[str, Any]:
    return {
        "title": page.title,
        "number": page.number,
        "src": page.src,
        "url": address(book, page),
        "planned": _planned(book, page),
        "srcs": [page.src],
        "sections": [],
    }


def _chapter_entry(book: Book, chapter: Chapter) -> dict[str, Any]:
    return {
        **_entry(book, chapter.opener),
        "srcs": [page.src for page in chapter.pages],
        "sections": [_entry(book, page) for page in chapter.pages[1:]],
    }


def _schema(book: Book, page: Page) -> dict[str, Any]:
    """The page in schema.org's words: the book, or a piece of it."""
    edition = book.edition
    whole = {
        "@type": "Book",
        "name": edition.title,
        "author": {"@type": "Person", "name": edition.author},
        "bookEdition": edition.version,
        "datePublished": edition.date.isoformat(),
        "description": edition.description,
        "identifier": edition.identifier,
        "inLanguage": edition.language,
    }
    if edition.site_url:
        whole["url"] = edition.site_url
    if page.kind == "landing":
        return {"@context": "https://schema.org", **whole}
    piece = {"@context": "https://schema.org", "@type": "Chapter", "name": page.title}
    if page.number:
        piece["position"] = page.number
    return {**piece, "isPartOf": whole}


# -- files beside the pages ----------------------------------------------------


def extra_files(book: Book) -> dict[str, bytes]:
    """Files by their address below the site's root: style, scripts, fonts, robots."""
    theme = Theme.load(book.root / "theme")
    folder = theme.folder / "site"
    files = {
        "assets/book.css": stylesheet(theme).encode(),
        "assets/book.js": (folder / "book.js").read_bytes(),
        "assets/favicon.svg": _favicon(theme).encode(),
        "robots.txt": _robots(book).encode(),
    }
    for font in sorted((folder / "fonts").glob("*.woff2")):
        files[FONT_FOLDER + font.name] = font.read_bytes()
    for path in sorted((folder / "calculators").glob("*.js*")):
        files[f"assets/calculators/{path.name}"] = path.read_bytes()
    return files


def stylesheet(theme: Theme) -> str:
    """The site's one style sheet: faces, palette, then the theme's rules."""
    served = {face.file: served_name(face.file) for face in theme.fonts if face.site}
    rules = [
        (theme.folder / "site" / name).read_text(encoding="utf-8") for name in STYLES
    ]
    return "\n".join(
        [
            theme.font_faces("fonts/", served),
            theme.variables(),
            *rules,
        ]
    )


def served_name(file: str) -> str:
    """The name under which the site serves a face."""
    return f"{file.rpartition('.')[0]}.woff2"


def _favicon(theme: Theme) -> str:
    icon = (theme.folder / "site" / "favicon.svg").read_text(encoding="utf-8")
    for scheme, colours in theme.palette.items():
        for name, value in colours.items():
            icon = icon.replace(f"var(--{scheme}-{name})", value)
    return icon


def _robots(book: Book) -> str:
    lines = ["User-agent: *", "Allow: /"]
    if book.edition.site_url:
        lines.append(f"Sitemap: {book.edition.site_url.rstrip('/')}/sitemap.xml")
    return "\n".join(lines) + "\n"


# -- the finish of every page ------------------------------------------------------


def finish(html: str, url: str) -> str:
    """A rendered page as it is published: repaired, and with its policy.

    `url` is the page's address below the site's root.
    """
    document = lxml_html.document_fromstring(html)
    repairs.mend(document)
    repairs.add_policy(document)
    finished = lxml_html.tostring(
        document, encoding="unicode", doctype="<!doctype html>"
    )
    return f"{finished}\n"
