"""Rules for what spans lines of a page: generated blocks, call-outs, footnotes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from press import ledger
from press.apparatus import Apparatus
from press.backmatter import BLOCKS
from press.book import Page
from press.findings import Finding
from press.source import GENERATED

CALLOUT = re.compile(r"^(?P<indent>[ \t]*)(?P<marks>!!!|\?\?\?\+?)\s*(?P<kind>[\w-]*)")
CALLOUTS = (
    *("incident", "tradeoff", "pitfall", "checklist"),
    *("measured", "exercise", "aside"),
)
FOOTNOTE = re.compile(
    r"^ {0,3}\[\^(?P<defined>[^\[\]\s]+)\]:|(?<![\\!])\[\^(?P<called>[^\[\]\s]+)\]",
    re.M,
)
BLOCK_FIX = "write `::: {#name}` at the margin and `:::` on the line below"


def generated_blocks(known: Apparatus) -> Iterator[Finding]:
    """A `::: {#name}` block names something the press makes, and holds nothing."""
    for page in known.book.pages:
        lines = ["", *page.scan.masked.split("\n"), ""]
        for at, line in enumerate(lines):
            begun = GENERATED.match(line)
            ends = line.strip() == ":::" and GENERATED.match(lines[at - 1])
            if not line.strip().startswith(":::") or ends:
                continue
            if begun and _is_known(begun["name"]) and lines[at + 1].strip() == ":::":
                continue
            code, fix = "block-shape", BLOCK_FIX
            message = f"“{line.strip()}” stands alone"
            if begun and not _is_known(begun["name"]):
                code, fix = "block-unknown", f"use one of {', '.join(BLOCKS)}"
                message = f"“{begun['name']}” is no generated block"
            yield Finding(page.path, page.scan.first_line + at - 1, code, message, fix)


def _is_known(name: str) -> bool:
    """Whether a block may be made; the chapters are looked at with the book."""
    return name in BLOCKS or name.startswith(f"{ledger.BLOCK}-")


def chapters_evidence(known: Apparatus) -> Iterator[Finding]:
    """A block `evidence-x` stands for the facts of a chapter with label `ch-x`."""
    names = {*BLOCKS, *map(ledger.block_of, known.book.chapters)}
    for page in known.book.pages:
        for block in GENERATED.finditer(page.scan.masked):
            if _is_known(block["name"]) and block["name"] not in names:
                before = page.scan.masked[: block.start()]
                line = page.scan.first_line + before.count("\n")
                label = block["name"].removeprefix(f"{ledger.BLOCK}-")
                message = f"no chapter is labelled “ch-{label}”"
                fix = "name the chapter by its label without ch-"
                yield Finding(page.path, line, "block-unknown", message, fix)


def callouts(known: Apparatus) -> Iterator[Finding]:
    """A call-out is of a kind that the theme knows, and its text is indented."""
    for page in known.book.pages:
        lines = page.text.split("\n")
        for offset, line in enumerate(page.scan.masked.split("\n")):
            match = CALLOUT.match(line)
            if not match:
                continue
            number = page.scan.first_line + offset
            if match["marks"] != "!!!" or match["kind"] not in CALLOUTS:
                message = f"“{line.strip()}” begins no call-out"
                fix = f"write !!! and one of {', '.join(CALLOUTS)}"
                yield Finding(page.path, number, "callout-unknown", message, fix)
            elif not _is_indented(lines[number:], match["indent"]):
                message = f"nothing belongs to “{line.strip()}”"
                fix = "indent the text below it by four spaces"
                yield Finding(page.path, number, "callout-empty", message, fix)


def _is_indented(lines: list[str], indent: str) -> bool:
    """Whether the first of the lines that isn't blank is deeper than `indent`."""
    first = next((line for line in lines if line.strip()), "")
    return first.expandtabs(4).startswith(indent.expandtabs(4) + "    ")


def footnotes(known: Apparatus) -> Iterator[Finding]:
    """Every footnote is called on its page, and what is called is there once."""
    for page in known.book.pages:
        places: dict[bool, list[tuple[str, int]]] = {True: [], False: []}
        for match in FOOTNOTE.finditer(page.scan.masked):
            name = match["defined"] or match["called"]
            before = page.scan.masked[: match.start(match.lastgroup or 0)]
            line = page.scan.first_line + before.count("\n")
            places[bool(match["defined"])].append((name, line))
        called = {name for name, _ in places[False]}
        defined: set[str] = set()
        for name, line in places[True]:
            if name not in called or name in defined:
                problem = "is there twice" if name in defined else "is never called"
                yield _footnote(page, line, name, problem)
            defined.add(name)
        for name, line in places[False]:
            if name not in defined:
                yield _footnote(page, line, name, "is not there")


def _footnote(page: Page, line: int, name: str, problem: str) -> Finding:
    fix = f"write [^{name}] in the text and [^{name}]: … once below"
    return Finding(page.path, line, "footnote", f"the note “{name}” {problem}", fix)


PAGE_RULES = (generated_blocks, callouts, footnotes)
BOOK_RULES = (chapters_evidence,)
