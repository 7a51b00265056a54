"""Rules for what pages show: listings, outputs, diagrams and plots."""

from __future__ import annotations

from collections.abc import Iterator

from press import diagrams, figures, listings
from press.apparatus import Apparatus
from press.book import Page
from press.findings import Finding
from press.source import Fence
from press.theme import Theme


def fences(known: Apparatus) -> Iterator[Finding]:
    """A fence that names a file can be cut from it."""
    for page in known.book.pages:
        for fence in page.scan.fences:
            source = listings.parse(fence.info)
            if source is None:
                continue
            try:
                cut_of(known, page, fence)
            except listings.ListingError as error:
                yield Finding(
                    page.path,
                    fence.line,
                    "listing",
                    str(error),
                    "mend the path or the section mark",
                )
            if any(line.strip() for line in fence.body):
                yield Finding(
                    page.path,
                    fence.line,
                    "listing-body",
                    "the fence names a file and has lines of its own",
                    "leave its body empty",
                )


def cut_of(known: Apparatus, page: Page, fence: Fence) -> listings.Cut:
    """The lines that a fence names; raises `ListingError`."""
    source = listings.parse(fence.info)
    assert source is not None
    file = listings.locate(known.book.root, page.path.parent, source["path"])
    return listings.cut(file, source["path"], source["section"])


def callouts(known: Apparatus) -> Iterator[Finding]:
    """Each call-out after a listing is a paragraph that names one of its lines."""
    for page in known.book.pages:
        lines = page.text.split("\n")
        for fence in page.scan.fences:
            try:
                cut = cut_of(known, page, fence) if listings.parse(fence.info) else None
            except listings.ListingError:
                continue
            for at, problem in _callout_faults(lines, fence, cut) if cut else ():
                fix = "quote enough of one line to tell it from the others"
                yield Finding(page.path, at + 1, "callout", problem, fix)


def _callout_faults(
    lines: list[str], fence: Fence, cut: listings.Cut
) -> Iterator[tuple[int, str]]:
    """Lines (from 0) of a listing's call-outs that can't be one, and why."""
    opening = lines[fence.line - 1]
    indent = opening[: len(opening) - len(opening.lstrip())]
    at = listings.past_blank(lines, fence.line + len(fence.body) + 1)
    if lines[at].strip().startswith(": "):
        while at < len(lines) - 1 and lines[at].strip():
            at += 1
    items, end = listings.items(lines, at, indent)
    for item in items:
        try:
            cut.find(item.code)
        except listings.ListingError as error:
            yield item.at, str(error)
    after = listings.past_blank(lines, end)
    if items and lines[after].startswith((indent + "  ", indent + "\t")):
        yield after, "a call-out is one paragraph, without lists or code of its own"


def drawings(known: Apparatus) -> Iterator[Finding]:
    """Every diagram and plot that a page shows is drawn, and described."""
    for page in known.book.pages:
        for scheme in ("diagram", "plot"):
            for mark in page.scan.of(f"image-{scheme}"):
                try:
                    figures.drawings(known.book.root, scheme, mark.target)
                except figures.FigureError as error:
                    make = "diagrams" if scheme == "diagram" else "figures"
                    yield Finding(
                        page.path,
                        mark.line,
                        "figure-missing",
                        str(error),
                        f"run `make {make}` or mend the name",
                    )
                if not mark.text:
                    yield Finding(
                        page.path,
                        mark.line,
                        "figure-description",
                        f"{scheme} “{mark.target}” has no description",
                        "say between the brackets what the figure shows",
                    )


def committed_diagrams(known: Apparatus) -> Iterator[Finding]:
    """Committed drawings belong to their sources and keep to the palette."""
    if (known.book.root / "diagrams").is_dir():
        theme = Theme.load(known.book.root / "theme")
        yield from diagrams.check(known.book.root, theme)


BOOK_RULES = (fences, callouts, drawings, committed_diagrams)
