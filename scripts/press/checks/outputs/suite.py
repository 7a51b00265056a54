"""Every check of what was built, in one run: what each finds and how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from press import npm
from press.checks import catalogue
from press.checks.outputs import (
    across,
    archive,
    axe,
    browser,
    code,
    reader,
    tools,
    validators,
)
from press.checks.outputs import epub as epubs
from press.checks.outputs import pdf as pdfs
from press.checks.outputs import site as sites
from press.checks.outputs.built import Built
from press.findings import Finding, PressError
from press.site import address

Report = Callable[[str], None]


@dataclass(frozen=True)
class Bench:
    """What checks look at, and with: a book that was built, and Chromium."""

    built: Built
    stack: ExitStack

    def chromium(self) -> Any:
        """The one browser of the run, started when it is first needed."""
        if "_chromium" not in self.__dict__:
            started = self.stack.enter_context(browser.launched())
            self.__dict__["_chromium"] = started
        return self.__dict__["_chromium"]


@dataclass(frozen=True)
class Check:
    """One check of an output: its rule or tool, and how it is asked."""

    output: str
    rule: Callable
    find: Callable[[Bench], Iterable[Finding]]

    @property
    def entry(self) -> catalogue.Entry:
        """What it says of itself."""
        return catalogue.entry(self.rule)


@dataclass(frozen=True)
class Result:
    """What a check found, and its seconds."""

    check: Check
    findings: tuple[Finding, ...]
    seconds: float


def _checks() -> Iterator[Check]:
    for rule in sites.RULES:
        yield Check("site", rule, lambda b, rule=rule: rule(b.built.site))
    yield Check("site", sites.strays, _strays)
    yield Check("site", code.on_site, _site_code)
    yield Check("site", validators.html, lambda b: validators.html(b.built.site.folder))
    yield Check("site", browser.pages, _pages)
    yield Check("site", browser.close_up, _close_up)
    yield Check("site", browser.search, _search)
    yield Check("site", browser.weight, _weight)
    for rule in epubs.RULES:
        yield Check("EPUB", rule, lambda b, rule=rule: rule(archive.read(b.built.epub)))
    yield Check("EPUB", epubs.pages, _page_list)
    yield Check("EPUB", code.in_epub, _epub_code)
    yield Check("EPUB", validators.epubcheck, _epubcheck)
    yield Check("EPUB", validators.ace, lambda b: validators.ace(b.built.epub))
    yield Check("EPUB", reader.overflow, _overflow)
    for rule in pdfs.RULES:
        yield Check("PDF", rule, lambda b, rule=rule: rule(b.built.pdf))
    yield Check("PDF", code.in_pdf, _pdf_code)
    yield Check("PDF", validators.verapdf, _verapdf)
    for rule in across.RULES:
        yield Check("all", rule, lambda b, rule=rule: rule(b.built))


def _strays(bench: Bench) -> Iterator[Finding]:
    return sites.strays(bench.built.site, bench.built.book.docs)


def _page_list(bench: Bench) -> Iterator[Finding]:
    built = bench.built
    return epubs.pages(built.epub, built.printed, built.begun)


def _overflow(bench: Bench) -> Iterator[Finding]:
    return reader.overflow(bench.chromium(), bench.built.epub)


def _site_code(bench: Bench) -> Iterator[Finding]:
    return code.on_site(bench.built.book, bench.built.site)


def _epub_code(bench: Bench) -> Iterator[Finding]:
    return code.in_epub(bench.built.book, bench.built.epub)


def _pdf_code(bench: Bench) -> Iterator[Finding]:
    return code.in_pdf(bench.built.book, bench.built.pdf.texts)


def _pages(bench: Bench) -> Iterator[Finding]:
    return browser.pages(bench.chromium(), bench.built.site, axe.violations)


def _close_up(bench: Bench) -> Iterator[Finding]:
    built = bench.built
    return browser.close_up(
        bench.chromium(), built.site, axe.violations, kinds(built), _words(built)
    )


def kinds(built: Built) -> list[str]:
    """A page of the site for each kind that the book has, and the one for none."""
    first = {page.kind: page for page in reversed(built.book.pages)}
    names = [f"{address(built.book, page)}index.html" for page in first.values()]
    return [*names, "404.html"]


def _words(built: Built) -> str:
    return max(built.book.chapters[0].title.split(), key=len)


def _search(bench: Bench) -> Iterator[Finding]:
    return browser.search(bench.chromium(), bench.built.site, _words(bench.built))


def _weight(bench: Bench) -> Iterator[Finding]:
    return browser.weight(bench.chromium(), bench.built.site)


def _epubcheck(bench: Bench) -> Iterator[Finding]:
    return validators.epubcheck(bench.built.epub, tools.epubcheck())


def _verapdf(bench: Bench) -> Iterator[Finding]:
    return validators.verapdf(bench.built.pdf.path, tools.verapdf())


CHECKS = tuple(_checks())


def run(built: Built, report: Report) -> list[Result]:
    """Ask all checks in turn; what a check needs and lacks is one of its findings."""
    with ExitStack() as stack:
        bench = Bench(built, stack)
        return [_timed(check, bench, report) for check in CHECKS]


def _timed(check: Check, bench: Bench, report: Report) -> Result:
    report(f"{check.output}: {check.entry.looks_at}")
    began = time.perf_counter()
    try:
        found = tuple(check.find(bench))
    except PressError as error:
        found = error.findings
    except ModuleNotFoundError as error:
        what = f"{check.entry.place} needs the Python package “{error.name}”"
        fix = "run `make check`, which installs it"
        found = (Finding(npm.cache(), 1, "tools", what, fix),)
    return Result(check, found, time.perf_counter() - began)
