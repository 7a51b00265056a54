"""The block conventions: text in, plain Markdown out.

`expand` turns figures, captioned tables, listings, displayed formulas and
generated blocks into Markdown that any Python-Markdown with pymdownx can
render, and prints the numbers into headings. It neither reads nor writes
anything but what the apparatus and the project's files hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from press import backmatter, figures, listings
from press.apparatus import Apparatus
from press.book import Chapter, Page
from press.markdown import day
from press.source import (
    DISPLAY,
    FENCE,
    GENERATED,
    LABEL,
    TRAILING_LABEL,
    split_front_matter,
    typographic,
)

FIGURE = re.compile(
    r"^!\[(?P<alt>.*)\]\((?P<scheme>diagram|plot):(?P<name>[^)\s]+)\)$", re.S
)
TABLE_RULE = re.compile(r"^\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?$")
TICKS = re.compile(r"`+")
STATUS_NOTES = {
    "planned": "This chapter is planned and not written yet. What it will deliver:",
}


@dataclass
class Lines:
    """A cursor over the lines of a page, with the indent of the current one."""

    lines: list[str]
    at: int = 0

    def __bool__(self) -> bool:
        return self.at < len(self.lines)

    @property
    def line(self) -> str:
        """The current line."""
        return self.lines[self.at]

    @property
    def indent(self) -> str:
        """The white space that the current line begins with."""
        return self.line[: len(self.line) - len(self.line.lstrip())]

    def paragraph(self) -> list[str]:
        """The lines from here to the next blank one, stripped; does not move."""
        out = []
        for line in self.lines[self.at :]:
            if not line.strip():
                break
            out.append(line.strip())
        return out

    def skip_blank(self) -> None:
        """Move to the next line that isn't blank."""
        while self and not self.line.strip():
            self.at += 1


def expand(page: Page, known: Apparatus) -> str:
    """The page's body (no front matter) with its block conventions expanded."""
    _, body, _ = split_front_matter(page.text)
    cursor = Lines(body.split("\n"))
    out: list[str] = []
    while cursor:
        for convention in CONVENTIONS:
            made = convention(cursor, page, known)
            if made is not None:
                out += made
                break
        else:
            out.append(cursor.line)
            cursor.at += 1
    return "\n".join(out)


def write(known: Apparatus, folder: Path) -> None:
    """Write all expanded pages, with front matter, and the drawings they show."""
    for page in known.book.pages:
        block, _, _ = split_front_matter(page.text)
        head = f"---\n{block}---\n" if block else ""
        path = folder / page.src
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(head + expand(page, known), encoding="utf-8")
    for address, file in figures.shown(known.book).items():
        copy = folder / address
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())


# -- conventions: each takes what it knows from the cursor, or returns None ----


def _fence(cursor: Lines, page: Page, known: Apparatus) -> list[str] | None:
    opened = FENCE.match(cursor.line)
    if not opened:
        return None
    indent, start = opened["indent"], cursor.at
    cursor.at += 1
    while cursor and not _closes(cursor.line, opened["ticks"]):
        cursor.at += 1
    block = cursor.lines[start : cursor.at + 1]
    cursor.at += 1
    info = opened["info"].strip()
    source = listings.parse(info)
    cut = None
    if source:
        folder = page.path.parent
        try:
            file = listings.locate(known.book.root, folder, source["path"])
            cut = listings.cut(file, source["path"], source["section"])
        except listings.ListingError:
            return block
    caption = _caption(cursor, "lst")
    if cut is None and caption is None:
        return block
    callouts = _callouts(cursor, cut, indent) if cut else []
    if cut and source:
        block = _cut_fence(cut, source["language"], callouts, indent)
    if caption is None and not callouts:
        return block
    where = source["path"] if source and not source["path"].startswith("out") else ""
    return _listing(block, caption, callouts, where, indent, known)


def _closes(line: str, ticks: str) -> bool:
    return line.lstrip(" \t>").rstrip() == ticks


def _cut_fence(
    cut: listings.Cut, language: str, callouts: list[tuple[int, str]], indent: str
) -> list[str]:
    """A fence that holds the cut lines; code gets numbers, output gets none."""
    longest = max(map(len, TICKS.findall(cut.text)), default=0)
    ticks = "`" * max(3, longest + 1)
    head = f"{indent}{ticks}{language}"
    if language not in ("console", "output", "text"):
        head += f' lines="{listings.ranges([n for n, _ in cut.lines])}"'
    if callouts:
        marked = [cut.lines[index][0] for index, _ in callouts]
        head += ' callouts="' + ",".join(f"{n}-{n}" for n in marked) + '"'
    return [head, *(indent + text for _, text in cut.lines), indent + ticks]


def _callouts(cursor: Lines, cut: listings.Cut, indent: str) -> list[tuple[int, str]]:
    """The call-outs after a listing: for each the line it names and its text.

    A list with an item that names no line stays as typed; a check reports it.
    """
    items, end = listings.items(cursor.lines, cursor.at, indent)
    try:
        found = [(cut.find(item.code), item.text) for item in items]
    except listings.ListingError:
        return []
    cursor.at = end
    return found


def _listing(
    block: list[str],
    caption: tuple[str, str] | None,
    callouts: list[tuple[int, str]],
    where: str,
    indent: str,
    known: Apparatus,
) -> list[str]:
    text, label = caption or ("", "")
    shown = f' <code class="where">{where}</code>' if where else ""
    inner = _bare(block, indent)
    if caption:
        inner = [*_figcaption(text + shown, label, known), "", *inner]
    if callouts:
        inner += ["", "/// html | div.callouts", ""]
        inner += [f"{i}. {text}" for i, (_, text) in enumerate(callouts, 1)]
        inner += ["", "///"]
    return _figure("listing", label, inner, indent)


def _bare(lines: list[str], indent: str) -> list[str]:
    return [line.removeprefix(indent) for line in lines]


def _drawing(cursor: Lines, page: Page, known: Apparatus) -> list[str] | None:
    if not cursor.line.lstrip().startswith("!["):
        return None
    paragraph = cursor.paragraph()
    match = FIGURE.match("\n".join(paragraph))
    if not match:
        return None
    try:
        pair = figures.drawings(known.book.root, match["scheme"], match["name"])
    except figures.FigureError:
        return None
    indent = cursor.indent
    cursor.at += len(paragraph)
    caption = _caption(cursor, "fig")
    alt = typographic(" ".join(match["alt"].split()))
    images = " ".join(
        f"![{alt}](/{drawing.address}#only-{form})"
        f"{{ width={drawing.width:.0f} height={drawing.height:.0f} }}"
        for drawing, form in zip(pair, figures.SCHEMES, strict=True)
    )
    inner = [images]
    label = ""
    if caption:
        text, label = caption
        inner += ["", *_figcaption(text, label, known)]
    return _figure("figure", label, inner, indent)


def _table(cursor: Lines, page: Page, known: Apparatus) -> list[str] | None:
    if not cursor.line.lstrip().startswith("|"):
        return None
    rows = list(takewhile(lambda row: row.startswith("|"), cursor.paragraph()))
    if len(rows) < 2 or not TABLE_RULE.match(rows[1]):
        return None
    indent, at = cursor.indent, cursor.at
    cursor.at += len(rows)
    caption = _caption(cursor, "tbl")
    if caption is None:
        return cursor.lines[at : cursor.at]
    text, label = caption
    inner = [*_figcaption(text, label, known), "", *rows]
    return _figure("table", label, inner, indent)


def _formula(cursor: Lines, page: Page, known: Apparatus) -> list[str] | None:
    if not cursor.line.lstrip().startswith("$$"):
        return None
    match = DISPLAY.match("\n".join(cursor.paragraph()))
    if not match:
        return None
    indent = cursor.indent
    cursor.at += match[0].count("\n") + 1
    found = LABEL.search(match["label"] or "")
    name = found["id"] if found else ""
    number = known.labels.by_id[name].number if name in known.labels.by_id else ""
    attribute = f' number="{number}"' if number else ""
    lines = ["```math" + attribute, " ".join(match["tex"].split()), "```"]
    return _wrapped("div", f"{'#' + name if name else ''}.equation", lines, indent)


def _generated(cursor: Lines, page: Page, known: Apparatus) -> list[str] | None:
    match = GENERATED.match(cursor.line)
    make = backmatter.block(match["name"], known.book) if match else None
    if make is None:
        return None
    cursor.at += 1
    if cursor and cursor.line.strip() == ":::":
        cursor.at += 1
    return make(known)


def _title(cursor: Lines, page: Page, known: Apparatus) -> list[str] | None:
    """The page's title with its number; a chapter's opener gets its facts."""
    if not cursor.line.startswith("# "):
        return None
    line = cursor.line[2:].strip()
    cursor.at += 1
    text = TRAILING_LABEL.sub("", line)
    label = LABEL.search(line[len(text) :])
    number = f'<span class="num">{page.number}</span> ' if page.number else ""
    attributes = f" {{#{label['id']}}}" if label else ""
    out = [f"# {number}{text}{attributes}"]
    if page.kind == "chapter" and page.chapter:
        out += ["", *_facts_strip(known.book.chapter(page.chapter))]
        if cursor and cursor.line.strip():
            out.append("")
    return out


def _facts_strip(chapter: Chapter) -> list[str]:
    """Reading time, the code the chapter explains, the date of its facts."""
    meta = chapter.opener.meta
    if chapter.status == "planned":
        return [STATUS_NOTES["planned"], "{ .facts-strip .planned }"]
    parts = [f"{chapter.minutes} min"]
    if meta.get("code"):
        parts.append(f"`{meta['code']}`")
    if meta.get("facts_verified"):
        parts.append(f"facts verified {day(meta['facts_verified'])}")
    if chapter.status != "reviewed":
        parts.append(f"status: {chapter.status}")
    return [" · ".join(parts), "{ .facts-strip }"]


CONVENTIONS: tuple[Callable[[Lines, Page, Apparatus], list[str] | None], ...] = (
    _fence,
    _drawing,
    _table,
    _formula,
    _generated,
    _title,
)


# -- building blocks -----------------------------------------------------------


def _caption(cursor: Lines, kind: str) -> tuple[str, str] | None:
    """The caption paragraph after a block, as text and label; moves past it."""
    at = cursor.at
    cursor.skip_blank()
    paragraph = cursor.paragraph() if cursor else []
    text = " ".join(paragraph)
    label = LABEL.search(text)
    if not text.startswith(": ") or not label or not label["id"].startswith(kind):
        cursor.at = at
        return None
    cursor.at += len(paragraph)
    return TRAILING_LABEL.sub("", text[2:]).strip(), label["id"]


def _figcaption(text: str, label: str, known: Apparatus) -> list[str]:
    found = known.labels.by_id.get(label)
    lead = f'<span class="label">{found.text}</span> ' if found else ""
    return ["/// html | figcaption", "", f"{lead}{text}", "", "///"]


def _figure(kind: str, label: str, inner: list[str], indent: str) -> list[str]:
    return _wrapped("figure", f"{'#' + label if label else ''}.{kind}", inner, indent)


def _wrapped(tag: str, marks: str, inner: list[str], indent: str) -> list[str]:
    lines = [f"//// html | {tag}{marks}", "", *inner, "", "////", ""]
    return ["", *(indent + line if line else "" for line in lines)]
