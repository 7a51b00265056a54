"""Rules for labels, captions and the blocks they belong to.

The expansion takes a caption only when it stands right under its block; what
it does not take would be printed as typed, so each case is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from press.apparatus import Apparatus
from press.blocks import FIGURE, TABLE_RULE
from press.book import Page
from press.findings import Finding
from press.labels import NAMES
from press.source import KINDS, LABEL, Mark

LAST = re.compile(r"(\{[^{}\n]*\})[ \t]*#*[ \t]*$")
NOTE = re.compile(r"(?<![\\!])\[\^[^\[\]\s]+\]")
GENERATED = re.compile(r"^\s*:::\s*\{")
ADMONITION = ("!!! ", "??? ", "???+ ")
HELD = {"fig": "figure", "tbl": "table", "lst": "fence"}
CAPTION_FIX = "write `: Caption. {{#{}}}` right under its {}, with a blank line between"


@dataclass(frozen=True)
class Paragraph:
    """Lines without a blank one among them: text, first line, what they are."""

    lines: tuple[str, ...]
    first: int
    kind: str  # caption, figure, table, fence or text

    @property
    def last(self) -> int:
        """The number of the last line."""
        return self.first + len(self.lines) - 1


def paragraphs(page: Page) -> list[Paragraph]:
    """The paragraphs of a page's text; a fence counts as one."""
    ends = {f.line: f.line + len(f.body) + 1 for f in page.scan.fences}
    lines = [""] * (page.scan.first_line - 1)
    lines += page.text.split("\n")[page.scan.first_line - 1 :]
    found: list[Paragraph] = []
    at = 0
    while at < len(lines):
        end = at
        if at + 1 in ends:
            end = ends[at + 1]
            found.append(Paragraph(tuple(lines[at:end]), at + 1, "fence"))
        else:
            while end < len(lines) and _continues(lines, at, end, ends):
                end += 1
            if end > at:
                text = tuple(line.strip() for line in lines[at:end])
                found.append(Paragraph(text, at + 1, _kind(text)))
        at = max(end, at + 1)
    return found


def _continues(lines: list[str], at: int, end: int, fences: dict[int, int]) -> bool:
    """Whether line `end` belongs to the paragraph that began at line `at`."""
    text = lines[end].strip()
    if not text or end + 1 in fences:
        return False
    before = lines[end - 1].strip() if end > at else text
    begins = end > at and text.startswith("![")
    in_table = text.startswith("|") == before.startswith("|")
    return in_table and not begins and not (end > at and before.startswith(ADMONITION))


def _kind(lines: tuple[str, ...]) -> str:
    if lines[0].startswith(": "):
        return "caption"
    if len(lines) > 1 and lines[0].startswith("|") and TABLE_RULE.match(lines[1]):
        return "table"
    return "figure" if FIGURE.match("\n".join(lines)) else "text"


def captions(known: Apparatus) -> Iterator[Finding]:
    """A caption under a figure or table has a label of its kind."""
    for page in known.book.pages:
        for _, caption, holder in _captions(page):
            if not holder or LABEL.search(" ".join(caption.lines)):
                continue
            if holder == "fence" and not caption.lines[-1].endswith("}"):
                continue
            kind = next(kind for kind, name in HELD.items() if name == holder)
            yield Finding(
                page.path,
                caption.last,
                "caption-label",
                f"the caption of a {NAMES[kind].lower()} has no label",
                f"end it with {{#{kind}-name}}",
            )


def _captions(page: Page) -> list[tuple[set[int], Paragraph, str]]:
    """Each caption with its lines and the block right above it ("" if none)."""
    found: list[tuple[set[int], Paragraph, str]] = []
    previous = ""
    for paragraph in paragraphs(page):
        if paragraph.kind == "caption":
            lines = set(range(paragraph.first, paragraph.last + 1))
            holder = previous if previous in HELD.values() else ""
            found.append((lines, paragraph, holder))
        previous = paragraph.kind
    return found


def caption_notes(known: Apparatus) -> Iterator[Finding]:
    """A caption calls no footnote: the lists of figures print it without one."""
    for page in known.book.pages:
        for _, caption, holder in _captions(page):
            note = NOTE.search(" ".join(caption.lines)) if holder else None
            if note:
                message = f"the caption calls the footnote {note[0]}"
                fix = "call it from the text; lists print captions, too"
                yield Finding(page.path, caption.first, "caption-note", message, fix)


def label_places(known: Apparatus) -> Iterator[Finding]:
    """Every label begins like its kind and stands where that kind belongs."""
    for page in known.book.pages:
        held = _captions(page)
        holders = {line: holder for lines, _, holder in held for line in lines}
        ends = {line: max(lines) for lines, _, _ in held for line in lines}
        formulas = {m.text for m in page.scan.of("math-display")}
        titles = {h.label: h.level for h in page.scan.headings if h.label}
        lines = page.text.split("\n")
        for mark in page.scan.labels:
            if GENERATED.match(lines[mark.line - 1]):
                continue
            kind = mark.target.partition("-")[0]
            if kind not in KINDS or not mark.target.removeprefix(kind + "-"):
                yield _unknown(page, mark)
            elif page.kind == "landing" and kind not in ("sec", "ch"):
                what = "something that the PDF and the EPUB leave out"
                yield _astray(page, mark, what, "move it to a page of the book")
            elif kind in HELD and holders.get(mark.line) != HELD[kind]:
                yield _misplaced(page, mark, kind, holders.get(mark.line, ""))
            elif kind == "eq" and mark.target not in formulas:
                fix = f"write it after the closing marks: `$$ {{#{mark.target}}}`"
                yield _astray(page, mark, "no displayed formula", fix)
            elif kind in ("sec", "ch") and mark.target not in titles:
                yield _astray(page, mark, "no heading", "move it into a heading's line")
            elif kind in ("sec", "ch"):
                yield from _heading(page, mark, kind, titles[mark.target])
            if not _is_last(lines[ends.get(mark.line, mark.line) - 1], mark.target):
                fix = "let it stand last, and alone"
                message = f"text follows the label “{mark.target}”"
                yield Finding(page.path, mark.line, "label-last", message, fix)


def _is_last(line: str, target: str) -> bool:
    """Whether a label ends the last line of its caption, heading or formula."""
    last = LAST.search(line)
    label = LABEL.search(last[1]) if last else None
    return bool(label) and label["id"] == target


def _unknown(page: Page, mark: Mark) -> Finding:
    kinds = ", ".join(f"{kind}-" for kind in KINDS)
    return Finding(
        page.path,
        mark.line,
        "label-kind",
        f"“{mark.target}” does not say what it labels",
        f"begin it with one of {kinds}",
    )


def _misplaced(page: Page, mark: Mark, kind: str, holder: str) -> Finding:
    if holder:
        right = next(k for k, name in HELD.items() if name == holder)
        name = mark.target.partition("-")[2]
        what = f"no {NAMES[kind].lower()} but a {NAMES[right].lower()}"
        return _astray(page, mark, what, f"call it {right}-{name}")
    fix = CAPTION_FIX.format(mark.target, HELD[kind])
    return _astray(page, mark, f"no {NAMES[kind].lower()}", fix)


def _heading(page: Page, mark: Mark, kind: str, level: int) -> Iterator[Finding]:
    wanted = "ch" if page.kind == "chapter" and level == 1 else "sec"
    if kind != wanted:
        name = mark.target.partition("-")[2]
        what = "a chapter" if wanted == "ch" else "a section"
        yield _astray(page, mark, what, f"call it {wanted}-{name}")


def _astray(page: Page, mark: Mark, what: str, fix: str) -> Finding:
    message = f"“{mark.target}” labels {what}"
    return Finding(page.path, mark.line, "label-place", message, fix)


def figures_alone(known: Apparatus) -> Iterator[Finding]:
    """A diagram or plot is a paragraph of its own."""
    for page in known.book.pages:
        marks = [*page.scan.of("image-diagram"), *page.scan.of("image-plot")]
        if not marks:
            continue
        alone = [p for p in paragraphs(page) if p.kind == "figure"]
        for mark in marks:
            if not any(p.first <= mark.line <= p.last for p in alone):
                yield Finding(
                    page.path,
                    mark.line,
                    "figure-alone",
                    f"the figure “{mark.target}” is part of other text",
                    "leave a blank line before and after it",
                )


PAGE_RULES = (captions, caption_notes, label_places, figures_alone)
