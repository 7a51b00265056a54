"""The site: what its templates are told, the files beside its pages, their finish.

The templates and styles are the theme's (`theme/site/`). Here is what needs
the whole book or the finished HTML: the navigation, the style sheet with the
palette's values, the content security policy and repairs of Material's markup.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

from lxml import html as lxml_html
from lxml.etree import _Element

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
EXECUTED = (None, "", "text/javascript", "module")
POLICY = (
    "default-src 'self'; style-src 'self'; script-src 'self'{hashes}; "
    "img-src 'self' data:; base-uri 'self'; form-action 'self'"
)


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
    """Files by their address below the site's root: style, script, fonts, robots."""
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
    for repair in REPAIRS:
        repair(document)
    _add_policy(document)
    finished = lxml_html.tostring(
        document, encoding="unicode", doctype="<!doctype html>"
    )
    return f"{finished}\n"


def _drop_styles(document: _Element) -> None:
    """Inline styles, which the policy forbids."""
    for element in document.xpath("//*[@style]"):
        del element.attrib["style"]
    for element in document.xpath("//style"):
        element.drop_tree()


def _drop_palettes(document: _Element) -> None:
    """Material's ready-made palettes; the book has its own."""
    for link in document.xpath("//link[contains(@href, 'stylesheets/palette.')]"):
        link.drop_tree()


def _name_controls(document: _Element) -> None:
    """Names that assistive technology needs and Material leaves out."""
    for dialog in document.xpath("//*[@role='dialog' and not(@aria-label)]"):
        dialog.set("aria-label", "Search")
    for link in document.xpath("//a[@class='headerlink']"):
        link.set("aria-label", "Link to this heading")
        link.attrib.pop("title", None)
    for box in document.xpath("//li/input[@type='checkbox' and not(@aria-label)]"):
        box.set("aria-label", " ".join(box.getparent().text_content().split()))


def _drop_invalid(document: _Element) -> None:
    """Attributes that HTML doesn't allow where Material puts them."""
    for box in document.xpath("//input[@type='checkbox' and @autocomplete]"):
        del box.attrib["autocomplete"]
    for anchor in document.xpath("//a[@id and @name]"):
        del anchor.attrib["name"]


def _wrap_tables(document: _Element) -> None:
    """A table in a box that scrolls by itself, also by keyboard."""
    for table in document.xpath("//article//table[not(@class)]"):
        box = lxml_html.Element("div")
        box.set("class", "scroll")
        box.set("tabindex", "0")
        box.set("role", "region")
        box.set("aria-label", _caption(table))
        table.set("class", "cells")
        box.tail, table.tail = table.tail, None
        table.getparent().replace(table, box)
        box.append(table)


def _reach_scrollers(document: _Element) -> None:
    """What scrolls sideways on a phone does so by keyboard, too."""
    for code in document.xpath("//pre[@tabindex]/code"):
        code.set("tabindex", code.getparent().attrib.pop("tabindex"))
    for equation in document.xpath("//*[contains(@class, 'equation')]"):
        number = equation.xpath("string(*[@class='eqno'])").strip("()")
        equation.set("tabindex", "0")
        equation.set("role", "group")
        equation.set("aria-label", f"Equation {number}".strip())


def _caption(table: _Element) -> str:
    labels = table.xpath("ancestor::figure[1]//*[@class='label']")
    return labels[0].text_content() if labels else "Table"


def _defer_images(document: _Element) -> None:
    """Images that load when they come near, so never the other scheme's."""
    for image in document.xpath("//article//img"):
        image.set("loading", "lazy")


REPAIRS = (
    _drop_styles,
    _drop_palettes,
    _name_controls,
    _drop_invalid,
    _wrap_tables,
    _reach_scrollers,
    _defer_images,
)


def _add_policy(document: _Element) -> None:
    """The content security policy, first in the head so that it holds for all."""
    scripts = [
        script.text or ""
        for script in document.iter("script")
        if script.get("src") is None and script.get("type") in EXECUTED
    ]
    hashes = "".join(f" '{digest}'" for digest in sorted(map(_digest, set(scripts))))
    policy = lxml_html.Element("meta")
    policy.set("http-equiv", "Content-Security-Policy")
    policy.set("content", POLICY.format(hashes=hashes))
    document.find("head").insert(0, policy)


def _digest(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
