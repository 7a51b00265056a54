"""Rules for the built site: links, what it loads, its policy, its downloads."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from lxml import etree
from lxml import html as lxml_html

from press.findings import Finding
from press.repairs import DOWNLOADS, EXECUTED

SCHEMES = ("http", "https", "mailto")
LINKS = ("href", "cite", "action", "formaction")
LOADS = ("src", "poster", "data")
LOADING_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "manifest"}
CSS_ADDRESS = re.compile(r"url\(\s*[\"']?([^\"')]+)|@import\s+[\"']([^\"']+)")
STRICT = ("default-src", "script-src", "style-src")
HASH = re.compile(r"'sha256-[A-Za-z0-9+/=]+'")
EXPECTED = {"CNAME", "robots.txt"}  # what hosts and search engines ask for
MAGIC = {".pdf": (0, b"%PDF-"), ".epub": (30, b"mimetypeapplication/epub+zip")}


@dataclass(frozen=True)
class Site:
    """A built site: its folder and the address that it is made for."""

    folder: Path
    address: str

    @cached_property
    def pages(self) -> dict[str, lxml_html.HtmlElement]:
        """All pages by their file's place below the site's root."""
        return {
            path.relative_to(self.folder).as_posix(): lxml_html.document_fromstring(
                path.read_text(encoding="utf-8")
            )
            for path in sorted(self.folder.rglob("*.html"))
        }

    @cached_property
    def ids(self) -> dict[str, set[str]]:
        """What can be linked to on each page."""
        return {
            name: {"", "top", *page.xpath("//@id | //a/@name")}
            for name, page in self.pages.items()
        }

    def url(self, name: str) -> str:
        """The address of a file."""
        return urljoin(self.address, name.removesuffix("index.html"))

    def file(self, url: str) -> str | None:
        """The file that an address of this site leads to; None for others'."""
        if not url.startswith(self.address):
            return None
        path = unquote(urlsplit(url[len(self.address) :]).path)
        return f"{path}index.html" if not path or path.endswith("/") else path


def references(page: lxml_html.HtmlElement) -> Iterator[tuple[etree._Element, str]]:
    """Every address that a page names in an attribute, with its element."""
    for node in page.iter(etree.Element):
        for name, value in node.items():
            bare = name.rpartition("}")[2].rpartition(":")[2]
            if bare in LINKS or bare in LOADS:
                yield node, value.strip()
            elif bare == "srcset":
                for candidate in value.split(","):
                    yield node, candidate.split()[0]


def links(site: Site) -> Iterator[Finding]:
    """Every address of the site's own leads to a file, and to a place in it."""
    for name, page in site.pages.items():
        for node, value in references(page):
            scheme = urlsplit(value).scheme
            place = site.folder / name, node.sourceline or 1
            if value.startswith("data:") and node.tag in ("img", "link"):
                continue
            if scheme and scheme not in SCHEMES:
                what = f"“{value[:60]}” has a scheme that no reader can follow"
                yield Finding(*place, "site-scheme", what, "use https or a page")
            elif problem := _dead(site, name, value):
                yield Finding(*place, "site-link", problem, "mend the link")


def _dead(site: Site, name: str, value: str) -> str:
    """Why an address leads nowhere, or ""."""
    url, anchor = urldefrag(urljoin(site.url(name), value))
    file = site.file(url)
    if file is None:
        return ""
    if not (site.folder / file).is_file():
        return f"“{value}” leads to no file"
    if file in site.ids and unquote(anchor) not in site.ids[file]:
        return f"“{value}” leads to a place that {file} hasn't"
    return ""


def sitemap(site: Site) -> Iterator[Finding]:
    """The sitemap names pages that exist, and all of them."""
    path = site.folder / "sitemap.xml"
    listed = set()
    for place in etree.parse(path).iterfind(".//{*}loc"):
        file = site.file(place.text or "")
        listed.add(file)
        if file not in site.pages:
            what = f"the sitemap names {place.text}, which isn't there"
            yield Finding(path, place.sourceline or 1, "site-map", what, "remove it")
    for name in sorted(site.pages.keys() - listed - {"404.html"}):
        yield Finding(path, 1, "site-map", f"the sitemap lacks {name}", "add it")


def loads(site: Site) -> Iterator[Finding]:
    """Nothing that a page needs comes from elsewhere."""
    fix = "keep a copy in the theme"
    for name, page in site.pages.items():
        for node, value in references(page):
            if _loads(node) and _foreign(site, urljoin(site.url(name), value)):
                what = f"the page loads {value} from elsewhere"
                place = site.folder / name, node.sourceline or 1
                yield Finding(*place, "site-foreign", what, fix)
    for path in sorted(site.folder.rglob("*.css")):
        css = path.read_text(encoding="utf-8")
        name = path.relative_to(site.folder).as_posix()
        for match in CSS_ADDRESS.finditer(css):
            value = match[1] or match[2]
            line = css.count("\n", 0, match.start()) + 1
            if value.startswith(("data:", "#")):
                continue
            if _foreign(site, urljoin(site.url(name), value)):
                what = f"the style sheet loads {value} from elsewhere"
                yield Finding(path, line, "site-foreign", what, fix)
            elif problem := _dead(site, name, value):
                yield Finding(path, line, "site-link", problem, "add the file")


def _loads(node: etree._Element) -> bool:
    """Whether a browser fetches what this element names without being asked."""
    if node.tag == "link":
        return bool(LOADING_LINKS & set((node.get("rel") or "").split()))
    return any(name in node.attrib for name in (*LOADS, "srcset")) or (
        node.tag in ("image", "use")
    )


def _foreign(site: Site, url: str) -> bool:
    return bool(urlsplit(url).netloc) and site.file(url) is None


def policy(site: Site) -> Iterator[Finding]:
    """Every page begins with a policy that allows its own scripts and no others."""
    for name, page in site.pages.items():
        path = site.folder / name
        first = next(page.find("head").iterchildren(etree.Element), None)
        if first is None or first.get("http-equiv") != "Content-Security-Policy":
            what = "the head doesn't begin with a content security policy"
            yield Finding(path, 1, "site-policy", what, "call `repairs.add_policy`")
            continue
        rules = directives(first.get("content", ""))
        for directive in STRICT:
            allowed = rules.get(directive, ["nothing said"])
            loose = [v for v in allowed if v != "'self'" and not HASH.fullmatch(v)]
            if loose:
                what = f"{directive} allows {' '.join(loose)}"
                yield Finding(path, 1, "site-policy", what, "allow 'self' and hashes")
        yield from _unlisted(path, page, rules.get("script-src", []))
        yield from _inline(path, page)


def directives(text: str) -> dict[str, list[str]]:
    """A policy's directives with their values."""
    parts = (part.split() for part in text.split(";"))
    return {part[0]: part[1:] for part in parts if part}


def _unlisted(
    path: Path, page: lxml_html.HtmlElement, allowed: list[str]
) -> Iterator[Finding]:
    for script in page.iter("script"):
        if script.get("src") is not None or script.get("type") not in EXECUTED:
            continue
        digest = hashlib.sha256((script.text or "").encode()).digest()
        if f"'sha256-{base64.b64encode(digest).decode()}'" not in allowed:
            what = "the policy forbids this script"
            fix = "add its hash, or serve it as a file"
            yield Finding(path, script.sourceline or 1, "site-policy", what, fix)


def _inline(path: Path, page: lxml_html.HtmlElement) -> Iterator[Finding]:
    found = "//style | //*[@style] | //*[@*[starts-with(name(), 'on')]]"
    for node in page.xpath(found):
        what = f"<{node.tag}> has a style or a script of its own"
        fix = "move it to the theme's files"
        yield Finding(path, node.sourceline or 1, "site-policy", what, fix)


def downloads(site: Site) -> Iterator[Finding]:
    """What is offered as a PDF or an EPUB is one, and the link says so."""
    for name, page in site.pages.items():
        for node, value in references(page):
            file = site.file(urljoin(site.url(name), value)) or ""
            kind = DOWNLOADS.get(Path(file).suffix)
            if kind is None or not (site.folder / file).is_file():
                continue
            place = site.folder / name, node.sourceline or 1
            if not _begins_right(site.folder / file):
                what = f"{value} isn't what its name says"
                yield Finding(*place, "site-download", what, "build it again")
            if node.get("type") != kind:
                what = f"the link to {value} doesn't say that it is {kind}"
                yield Finding(*place, "site-download", what, "see `repairs`")


def _begins_right(path: Path) -> bool:
    """Whether a download begins as files of its kind do."""
    at, magic = MAGIC[path.suffix]
    with path.open("rb") as opened:
        return opened.read(at + len(magic))[at:] == magic


def strays(site: Site, docs: Path) -> Iterator[Finding]:
    """What the manuscript's folder holds beside pages is published for a page alone."""
    asked = {
        site.file(urljoin(site.url(name), value))
        for name, page in site.pages.items()
        for _, value in references(page)
    }
    for path in sorted(docs.rglob("*")):
        file = path.relative_to(docs).as_posix()
        published = path.is_file() and (site.folder / file).is_file()
        if published and file not in asked and file not in EXPECTED:
            what = "the site publishes this file, and no page refers to it"
            fix = "name it under `exclude_docs` in mkdocs.yml"
            yield Finding(path, 1, "site-stray", what, fix)


RULES = (links, sitemap, loads, policy, downloads)


def check(site: Site) -> list[Finding]:
    """All findings of all rules, each once, sorted."""
    return sorted({found for rule in RULES for found in rule(site)})
