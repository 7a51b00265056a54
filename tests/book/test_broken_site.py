"""A site that somebody broke: each fault makes a check fail, and says where."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from built_book import Built

from press.checks.outputs import axe, code, site, validators
from press.checks.outputs import browser as browsing
from press.checks.outputs.site import Site

PAGE = "01-queues/01-waiting/index.html"
END = "</article>"
Change = Callable[[Path], None]


def swap(old: str, new: str, name: str = PAGE) -> Change:
    """Replace the first place of a text in a file."""

    def change(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text, old
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def add(markup: str, name: str = PAGE) -> Change:
    """Add markup to the end of a page's article."""
    return swap(END, markup + END, name)


def append(name: str, text: str) -> Change:
    """Add text to the end of a file."""

    def change(folder: Path) -> None:
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(text)

    return change


def overwrite(pattern: str, content: bytes) -> Change:
    """Write something else into the files of a pattern."""

    def change(folder: Path) -> None:
        for path in folder.glob(pattern):
            path.unlink()  # another name of a file that others read
            path.write_bytes(content)

    return change


@pytest.fixture
def copy(small: Built, tmp_path: Path) -> Site:
    """A copy of the fixture book's site, to be broken."""
    shutil.copytree(small.site.folder, tmp_path / "site")
    return Site(tmp_path / "site", small.site.address)


def test_the_site_as_built_has_no_faults(small: Built) -> None:
    assert site.check(small.site) == []
    assert list(code.on_site(small.book, small.site)) == []


FAULTS: dict[str, tuple[Change, str]] = {
    "dead link": (add('<a href="../nowhere/">x</a>'), "site-link"),
    "dead anchor": (add('<a href="#nowhere">x</a>'), "site-link"),
    "dead anchor elsewhere": (add('<a href="../#nowhere">x</a>'), "site-link"),
    "no image": (add('<img src="x.svg" alt="x">'), "site-link"),
    "no image for a dense screen": (
        add('<img src="/fixture/assets/favicon.svg" srcset="y.svg 2x" alt="x">'),
        "site-link",
    ),
    "no font": (
        lambda folder: next((folder / "assets/fonts").iterdir()).unlink(),
        "site-link",
    ),
    "unknown scheme": (add('<a href="fact:mean-wait">x</a>'), "site-scheme"),
    "script as a link": (add('<a href="javascript:x()">x</a>'), "site-scheme"),
    "script from elsewhere": (
        add('<script src="https://cdn.example/x.js"></script>'),
        "site-foreign",
    ),
    "image from elsewhere": (
        add('<img src="//cdn.example/x.png" alt="x">'),
        "site-foreign",
    ),
    "font from elsewhere": (
        append("assets/book.css", "@import 'https://fonts.example/x.css';"),
        "site-foreign",
    ),
    "no policy": (
        swap('http-equiv="Content-Security-Policy"', 'name="policy"'),
        "site-policy",
    ),
    "loose policy": (
        swap("style-src 'self'", "style-src 'self' 'unsafe-inline'"),
        "site-policy",
    ),
    "open policy": (swap("default-src 'self'; ", ""), "site-policy"),
    "inline script": (add("<script>let x = 1</script>"), "site-policy"),
    "inline style": (add('<p style="color: red">x</p>'), "site-policy"),
    "handler": (add('<p onclick="x()">x</p>'), "site-policy"),
    "PDF that is an EPUB": (
        lambda folder: shutil.copyfile(
            next(folder.glob("downloads/*.epub")),
            next(folder.glob("downloads/*.pdf")).with_suffix(".new"),
        ).replace(next(folder.glob("downloads/*.pdf"))),
        "site-download",
    ),
    "page that answers for the EPUB": (
        overwrite("downloads/*.epub", b"<!doctype html>not found"),
        "site-download",
    ),
    "EPUB without its type": (
        swap(' type="application/epub+zip"', "", "index.html"),
        "site-download",
    ),
    "PDF with another type": (
        swap('type="application/pdf"', 'type="text/html"', "index.html"),
        "site-download",
    ),
    "page that the sitemap lacks": (
        swap("<loc>https://example.org/fixture/01-queues/</loc>", "", "sitemap.xml"),
        "site-map",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault(name: str, copy: Site) -> None:
    change, wanted = FAULTS[name]
    change(copy.folder)
    found = site.check(copy)
    assert {finding.code for finding in found} == {wanted}
    assert all(finding.path.is_relative_to(copy.folder) for finding in found)


def test_data_that_nobody_should_see(small: Built, copy: Site) -> None:
    assert list(site.strays(copy, small.book.docs)) == []
    shutil.copy(small.book.docs / "facts.yml", copy.folder)
    (found,) = site.strays(copy, small.book.docs)
    assert (found.path, found.code) == (small.book.docs / "facts.yml", "site-stray")


def test_code_that_changed(small: Built, copy: Site) -> None:
    swap("plain   text", "plain text")(copy.folder)
    (found,) = code.on_site(small.book, copy)
    assert "plain   text" in found.message


def test_code_that_is_missing(small: Built, copy: Site) -> None:
    text = (copy.folder / PAGE).read_text(encoding="utf-8")
    less = re.sub(r"<pre.*?</pre>", "", text, count=1, flags=re.S)
    (copy.folder / PAGE).write_text(less, encoding="utf-8")
    (found,) = code.on_site(small.book, copy)
    assert found.code == "code-lost"


@pytest.mark.external
def test_invalid_html(copy: Site) -> None:
    faults = {
        "01-queues/index.html": ('<p id="x">x</p><p id="x">x</p>', "Duplicate ID"),
        "01-queues/exercises/index.html": ('<img src="x.svg">', "alt"),
        PAGE: ("<p><div>x</div></p>", "“p”"),
    }
    for name, (markup, _) in faults.items():
        add(markup, name)(copy.folder)
    found = list(validators.html(copy.folder))
    assert {finding.path for finding in found} == {copy.folder / n for n in faults}
    for name, (_, words) in faults.items():
        mine = [f.message for f in found if f.path == copy.folder / name]
        assert any(words in message for message in mine)


SEEN: dict[str, tuple[Change, str]] = {
    "script that asks elsewhere": (
        append("assets/book.js", "fetch('https://cdn.example/x');"),
        "site-policy",
    ),
    "image from elsewhere": (
        add('<img src="https://cdn.example/x.png" alt="x">'),
        "site-policy",
    ),
    "script that is forbidden": (append("assets/book.js", "eval('1');"), "site-policy"),
    "script that fails": (append("assets/book.js", "null.x;"), "site-script"),
    "missing file": (add('<img src="x.svg" alt="x">'), "site-request"),
    "no alternative": (add('<img src="/fixture/assets/favicon.svg">'), "site-axe"),
    "faint text in the dark": (
        append("assets/book.css", '[data-md-color-scheme="slate"] p { color: #333 }'),
        "site-axe",
    ),
    "too wide for a phone": (
        append("assets/book.css", "article h1 { width: 350px }"),
        "site-wide",
    ),
    "too wide for a desk": (
        append("assets/book.css", "article h1 { width: 3000px }"),
        "site-wide",
    ),
}


@pytest.mark.external
@pytest.mark.parametrize("name", ["", *SEEN])
def test_fault_that_a_browser_sees(name: str, copy: Site, browser: Any) -> None:
    change, wanted = SEEN.get(name, (lambda folder: None, None))
    change(copy.folder)
    audit = axe.violations if wanted in (None, "site-axe") else lambda page: []
    found = list(browsing.pages(browser, copy, audit, [PAGE]))
    codes = {finding.code for finding in found}
    assert wanted in codes if wanted else not codes


@pytest.mark.external
@pytest.mark.parametrize(
    ("rule", "where"),
    [
        ("", ""),
        ("@media (max-width: 400px) { article p { color: #ccc } }", "on a phone"),
        (".md-search-result__link article * { color: #ccc }", "the search open"),
    ],
)
def test_what_only_a_closer_look_shows(
    rule: str, where: str, copy: Site, browser: Any
) -> None:
    append("assets/book.css", rule)(copy.folder)
    found = list(browsing.close_up(browser, copy, axe.violations, [PAGE], "queue"))
    assert bool(found) == bool(rule)
    assert all(where in finding.message for finding in found)


@pytest.mark.external
def test_search_that_is_broken(copy: Site, browser: Any) -> None:
    assert list(browsing.search(browser, copy, "queue")) == []
    overwrite("search/search_index.json", b'{"config": {}, "docs": []}')(copy.folder)
    found = list(browsing.search(browser, copy, "queue", patience=2_000))
    assert "site-search" in {finding.code for finding in found}


@pytest.mark.external
def test_search_that_cannot_wait(copy: Site, browser: Any) -> None:
    eager = "fetch('/fixture/search/search_index.json');"
    append("assets/book.js", eager)(copy.folder)
    found = list(browsing.search(browser, copy, "queue"))
    assert any("before anybody" in finding.message for finding in found)


@pytest.mark.external
def test_page_that_is_heavy(copy: Site, browser: Any) -> None:
    assert list(browsing.weight(browser, copy, [PAGE])) == []
    noise = "".join(f"--x{n}:{hash(str(n))};" for n in range(20_000))
    append("assets/book.css", f":root{{{noise}}}")(copy.folder)
    found = list(browsing.weight(browser, copy))
    assert {finding.code for finding in found} == {"site-weight"}
    assert {finding.path for finding in found} == {copy.folder / n for n in copy.pages}
