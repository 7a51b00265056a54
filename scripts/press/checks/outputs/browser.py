"""The site in a real browser: what it asks for, complains of, and looks like.

The functions take a browser of Playwright's, which only they need.
"""

from __future__ import annotations

import functools
import gzip
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from press.checks.outputs.site import Site
from press.findings import Finding
from press.mermaid import chromium

FLAGS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
WIDTHS = (320, 390, 768, 1280, 1920)
HEIGHT = 800
SCHEMES = {"light": "default", "dark": "slate"}
DEVICES = {"phone": 360, "desk": 1280}
RESULT = ".md-search-result__link"
INDEX = "search_index.json"
PATIENCE = 20_000  # ms, for the search on a busy machine
PAGE_BUDGET = 100_000  # bytes of HTML, style and script, compressed
FONT_BUDGET = 130_000  # bytes of fonts
TEXTS = ("document", "stylesheet", "script")
LISTEN = """
window.forbidden = [];
addEventListener("securitypolicyviolation", event =>
  window.forbidden.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
# The element that reaches furthest to the right, when the page scrolls sideways.
SIDEWAYS = """() => {
  const root = document.scrollingElement;
  if (root.scrollWidth <= root.clientWidth) return null;
  let widest = root, right = 0;
  for (const node of document.body.querySelectorAll("*")) {
    const edge = node.getBoundingClientRect().right;
    if (edge > right) [widest, right] = [node, edge];
  }
  const names = [widest.localName, ...widest.classList].join(".");
  return `${names} makes it ${root.scrollWidth} px wide`;
}"""

# What fades or slides in has arrived; what never ends isn't waited for.
SETTLED = """() => Promise.all(document.getAnimations()
  .filter(moving => moving.effect.getComputedTiming().endTime < Infinity)
  .map(moving => moving.finished.catch(() => null)))"""

Audit = Callable[[Any], list[str]]


class _Handler(SimpleHTTPRequestHandler):
    """Serves a folder below a path, and says nothing."""

    def __init__(self, *given: Any, prefix: str, **more: Any) -> None:
        self.prefix = prefix
        super().__init__(*given, **more)

    def translate_path(self, path: str) -> str:
        """The file below the folder that a path below the prefix names."""
        return super().translate_path("/" + path.removeprefix(self.prefix))

    def log_message(self, *_: Any) -> None:
        """Keep no log."""


@contextmanager
def launched() -> Iterator[Any]:
    """The system's Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        path = chromium.executable()
        opened = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        with closing(opened):
            yield opened


@contextmanager
def served(folder: Path, prefix: str = "/") -> Iterator[str]:
    """Serve a folder on a port of this machine; gives its address."""
    handler = functools.partial(_Handler, directory=str(folder), prefix=prefix)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{prefix}"
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Watch:
    """What pages asked for and complained of since the last `told`."""

    root: str
    asked: list[str] = field(default_factory=list)
    complaints: list[tuple[str, str]] = field(default_factory=list)

    def attach(self, page: Any) -> None:
        """Listen to a page."""
        page.add_init_script(LISTEN)
        page.on("request", self._request)
        page.on("response", self._response)
        page.on("console", self._console)
        page.on("pageerror", lambda e: self.complaints.append(("script", str(e))))

    def _request(self, request: Any) -> None:
        url = request.url
        self.asked.append(url)
        if urlsplit(url).scheme in ("http", "https") and not url.startswith(self.root):
            self.complaints.append(("foreign", f"asks for {url}"))

    def _response(self, response: Any) -> None:
        if response.status >= 400:
            told = f"{response.url} is answered by {response.status}"
            self.complaints.append(("request", told))

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(("console", message.text))

    def told(self, page: Any, path: Path) -> Iterator[Finding]:
        """What was complained of, as findings on a file."""
        found = [("policy", what) for what in page.evaluate("window.forbidden")]
        found += self.complaints
        self.asked.clear()
        self.complaints.clear()
        for kind, what in dict.fromkeys(found):
            fix = "mend what the page asks for"
            yield Finding(path, 1, f"site-{kind}", f"in a browser: {what}", fix)


def pages(
    browser: Any, site: Site, audit: Audit, names: Iterable[str] = ()
) -> Iterator[Finding]:
    """Pages (all, or those named) in light and dark, and how wide they are.

    `audit` looks at a page and says what shuts readers out of it.
    """
    with opened(browser, site) as (page, watch):
        for name in names or site.pages:
            path = site.folder / name
            for scheme in SCHEMES:
                page.set_viewport_size({"width": 1280, "height": HEIGHT})
                page.emulate_media(color_scheme=scheme)
                page.goto(watch.root + name)
                yield from watch.told(page, path)
                yield from _colours(page, path, scheme)
                for what in audit(page):
                    fix = "mend the theme or `repairs`"
                    yield Finding(path, 1, "site-axe", f"in {scheme}: {what}", fix)
            yield from _sideways(page, path)


def close_up(
    browser: Any, site: Site, audit: Audit, names: Iterable[str], words: str
) -> Iterator[Finding]:
    """Pages on a phone, and with the search open at any width, shut no reader out."""
    fix = "mend the theme or `repairs`"
    with opened(browser, site) as (page, watch):
        for name in names:
            path = site.folder / name
            for scheme, (device, width) in product(SCHEMES, DEVICES.items()):
                page.set_viewport_size({"width": width, "height": HEIGHT})
                page.emulate_media(color_scheme=scheme)
                page.goto(watch.root + name)
                found = {f"on a {device}": audit(page)}
                _search_for(page, words)
                page.locator(RESULT).first.wait_for(timeout=PATIENCE)
                page.evaluate(SETTLED)
                found[f"on a {device}, the search open"] = audit(page)
                yield from watch.told(page, path)
                for where, faults in found.items():
                    for what in faults:
                        told = f"in {scheme}, {where}: {what}"
                        yield Finding(path, 1, "site-axe", told, fix)


def _search_for(page: Any, words: str) -> None:
    """Type words into the search, which a narrow page opens by a button."""
    button = page.locator(".md-header__button[for=__search]")
    if button.is_visible():
        button.click()
    else:
        page.locator("[data-md-component=search-query]").focus()
    page.keyboard.type(words)


@contextmanager
def opened(browser: Any, site: Site) -> Iterator[tuple[Any, Watch]]:
    """A page of a fresh profile with the site behind it, watched."""
    with (
        served(site.folder, urlsplit(site.address).path) as root,
        closing(browser.new_context()) as context,
    ):
        page, watch = context.new_page(), Watch(root)
        watch.attach(page)
        yield page, watch


def _colours(page: Any, path: Path, scheme: str) -> Iterator[Finding]:
    used = page.evaluate("document.body.dataset.mdColorScheme")
    if used != SCHEMES[scheme]:
        what = f"a reader who wants {scheme} colours gets “{used}”"
        yield Finding(path, 1, "site-colours", what, "see `theme.palette`")


def _sideways(page: Any, path: Path) -> Iterator[Finding]:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        if wide := page.evaluate(SIDEWAYS):
            what = f"the page scrolls sideways at {width} px: {wide}"
            yield Finding(path, 1, "site-wide", what, "let it wrap or scroll by itself")


def search(
    browser: Any, site: Site, words: str, patience: int = PATIENCE
) -> Iterator[Finding]:
    """The search finds words, and asks for its index only when it is used."""
    path = site.folder / "index.html"
    fix = "see the theme's script"
    with opened(browser, site) as (page, watch):
        page.goto(watch.root, wait_until="networkidle")
        if any(url.endswith(INDEX) for url in watch.asked):
            what = "the search index is loaded before anybody searches"
            yield Finding(path, 1, "site-search", what, fix)
        _search_for(page, words)
        found = page.locator(RESULT).first
        try:
            found.wait_for(timeout=patience)
        except Exception as error:  # Playwright's own, which isn't imported here
            what = f"the search finds nothing for “{words}”: {str(error)[:80]}"
            yield Finding(path, 1, "site-search", what, fix)
        yield from watch.told(page, path)


def weight(browser: Any, site: Site, names: Iterable[str] = ()) -> Iterator[Finding]:
    """Pages (all, or those named) are light, whichever is opened first."""
    for name in names or site.pages:
        yield from _weight(browser, site, name)


def _weight(browser: Any, site: Site, name: str) -> Iterator[Finding]:
    with opened(browser, site) as (page, watch):
        kept: list[Any] = []
        page.on("requestfinished", lambda request: kept.append(request))
        page.goto(watch.root + name, wait_until="networkidle")
        texts = fonts = 0
        for request in kept:
            body = request.response().body()
            if request.resource_type in TEXTS:
                texts += len(gzip.compress(body, 9))
            elif request.resource_type == "font":
                fonts += len(body)
    for what, size, budget in (
        ("HTML, style and script", texts, PAGE_BUDGET),
        ("fonts", fonts, FONT_BUDGET),
    ):
        if not 0 < size <= budget:
            told = f"the page loads {size:,} bytes of {what}; {budget:,} are allowed"
            yield Finding(site.folder / name, 1, "site-weight", told, "make it lighter")
