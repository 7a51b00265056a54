"""One page of the manuscript as text: front matter, body and the marks in it.

The scan finds every mark with its line, skipping code, comments and escaped
characters, so that a finding can name the place and the numbering can be known
before Markdown is rendered.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

FRONT_MATTER = re.compile(r"\A---\n(?P<yaml>.*?)^---[ \t]*(?:\n|\Z)", re.S | re.M)
FENCE = re.compile(
    r"^(?P<indent>[ \t>]*)(?P<ticks>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)$"
)
CODE_SPAN = re.compile(r"(?<![\\`])(`+)(?!`)((?:(?!\n[ \t]*\n).)+?)(?<!`)\1(?!`)", re.S)
COMMENT = re.compile(r"<!--.*?-->", re.S)
KINDS = ("fig", "tbl", "lst", "eq", "sec", "ch")
LABEL = re.compile(r"\{[^{}\n]*?#(?P<id>[A-Za-z][\w:.-]*)[^{}\n]*\}")
REFERENCE = re.compile(
    rf"(?<![\w\\@/.`-])@(?P<id>(?:{'|'.join(KINDS)})-[A-Za-z0-9](?:[\w-]*\w)?)"
)
CITATION = re.compile(r"(?<![\\\]!])\[(?P<body>@[^\[\]\n]+(?:\n[^\[\]\n]+)*)\](?!\()")
CITED = re.compile(r"^@(?P<key>[A-Za-z0-9][\w:.+/-]*)(?:,\s*(?P<locator>.+))?$", re.S)
LINK = re.compile(
    r"(?P<image>!?)(?<!\\)\[(?P<text>(?:\\.|[^\[\]\\]|\[[^\[\]]*\])*)\]"
    r"\((?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<target>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)"
    r"(?:\s+\"[^\"]*\")?\)"
)
HEADING = re.compile(r"^(?P<marks>#{1,6})[ \t]+(?P<text>.+?)[ \t]*#*[ \t]*$", re.M)
# U+0003 ends what Python-Markdown has already set aside, such as a code span.
APOSTROPHE = re.compile(r"(?<=[\w\u0003])'")
TRAILING_LABEL = re.compile(r"[ \t]*\{[^{}]*\}[ \t]*$")
GENERATED = re.compile(r"^:::[ \t]*\{#(?P<name>[\w-]+)\}[ \t]*$", re.M)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
DISPLAY = re.compile(
    r"^[ \t]*\$\$(?P<tex>(?:(?!\n[ \t]*\n).)*?)\$\$[ \t]*"
    r"(?P<label>\{[^{}\n]*\})?[ \t]*$",
    re.S | re.M,
)
FORMULA = re.compile(
    r"(?<![\\$\w])\$(?![\s\d$])(?P<tex>(?:\\.|[^\\$\n]|\n(?![ \t]*\n))+?)(?<![\s\\])\$"
    r"(?![\w$])|(?<!\\)\\\((?P<paren>.+?)\\\)",
    re.S,
)
INLINE = re.compile(
    r"\\(?P<escaped>[\\`*_{}\[\]()#+\-.!|@$~^<>])"
    r"|(?P<ticks>`+)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)"
    r"|(?P<entity>&#?\w+;)|\*+(?=\S)|(?<=\S)\*+|(?<!\w)_+(?=\S)|(?<=\S)_+(?!\w)"
)


@dataclass(frozen=True)
class Mark:
    """A convention used in a page: its kind, target, given text, line and place.

    `start` is the offset in the page's body, without its front matter.
    """

    kind: str
    target: str
    text: str
    line: int
    start: int


@dataclass(frozen=True)
class Heading:
    """A heading with its level, plain text, label (or "") and line."""

    level: int
    text: str
    label: str
    line: int


@dataclass(frozen=True)
class Fence:
    """A fenced block: info string, body lines, the line it opens on."""

    info: str
    body: tuple[str, ...]
    line: int
    closed: bool


@dataclass(frozen=True)
class Scan:
    """Everything that a page's text holds, with line numbers from its top."""

    masked: str
    marks: tuple[Mark, ...]
    labels: tuple[Mark, ...]
    headings: tuple[Heading, ...]
    fences: tuple[Fence, ...]
    words: int
    first_line: int = 1
    by_kind: dict[str, tuple[Mark, ...]] = field(default_factory=dict, compare=False)

    def of(self, kind: str) -> tuple[Mark, ...]:
        """The marks of one kind, in order."""
        return self.by_kind.get(kind, ())


def split_front_matter(text: str) -> tuple[str, str, int]:
    """Front matter as YAML text, the body, and the line the body starts on."""
    match = FRONT_MATTER.match(text)
    if not match:
        return "", text, 1
    return match["yaml"], text[match.end() :], text[: match.end()].count("\n") + 1


def replaced(text: str, changes: Iterable[tuple[int, str, str]]) -> str:
    """A page's text after changes, each an offset in its body, an old and a new text.

    They come in their order and don't overlap.
    """
    _, body, _ = split_front_matter(text)
    before = len(text) - len(body)
    parts, end = [], 0
    for start, old, new in changes:
        parts += [text[end : before + start], new]
        end = before + start + len(old)
    return "".join([*parts, text[end:]])


def blank(text: str) -> str:
    """The text with every character but newlines replaced by a space."""
    return re.sub(r"[^\n]", " ", text)


@lru_cache(maxsize=4096)
def scan(text: str) -> Scan:
    """Find all marks of a page's text (front matter included)."""
    _, body, first = split_front_matter(text)
    fences, unfenced = _fences(body, first)
    last = unfenced.rfind("-->") + 3  # what opens behind it never ends
    masked = COMMENT.sub(lambda m: blank(m[0]), unfenced[:last]) + unfenced[last:]
    masked = CODE_SPAN.sub(lambda m: blank(m[0]), masked)
    starts = _line_starts(masked)

    def line(offset: int) -> int:
        return first + _line_of(starts, offset)

    ordered = tuple(sorted(_marks(masked, line), key=lambda mark: mark.start))
    kinds: dict[str, list[Mark]] = {}
    for mark in ordered:
        kinds.setdefault(mark.kind, []).append(mark)
    labels = tuple(
        Mark("label", m["id"], "", line(m.start()), m.start())
        for m in LABEL.finditer(masked)
    )
    headings = tuple(_headings(unfenced, masked, line))
    return Scan(
        masked,
        ordered,
        labels,
        headings,
        fences,
        len(masked.split()),
        first,
        {kind: tuple(found) for kind, found in kinds.items()},
    )


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", text))]


def _line_of(starts: list[int], offset: int) -> int:
    return bisect_right(starts, offset) - 1


def _fences(body: str, first: int) -> tuple[tuple[Fence, ...], str]:
    """The fenced blocks of a body, and the body with them blanked out."""
    fences: list[Fence] = []
    out: list[str] = []
    opened: tuple[str, str, int, list[str]] | None = None
    for number, text in enumerate(body.split("\n"), first):
        match = FENCE.match(text)
        if opened is None:
            if match:
                opened = (match["ticks"], match["info"].strip(), number, [])
                out.append(blank(text))
            else:
                out.append(text)
            continue
        ticks, info, line, lines = opened
        out.append(blank(text))
        if match and not match["info"].strip() and match["ticks"] == ticks:
            fences.append(Fence(info, tuple(lines), line, True))
            opened = None
        else:
            lines.append(text)
    if opened is not None:
        _, info, line, lines = opened
        fences.append(Fence(info, tuple(lines), line, False))
    return tuple(fences), "\n".join(out)


def _marks(masked: str, line) -> Iterator[Mark]:
    def mark(kind: str, target: str, text: str, start: int) -> Mark:
        return Mark(kind, target, text, line(start), start)

    for match in REFERENCE.finditer(masked):
        yield mark("ref", match["id"], "", match.start())
    for match in CITATION.finditer(masked):
        for part in match["body"].split(";"):
            item = CITED.match(part.strip())
            target = item["key"] if item else part.strip()
            kind = "cite" if item else "cite-malformed"
            locator = (item["locator"] or "").strip() if item else ""
            yield mark(kind, target, locator, match.start())
    for match in LINK.finditer(masked):
        kind = ("image-" if match["image"] else "") + match["scheme"]
        text = " ".join(match["text"].split())
        yield mark(kind, match["target"], text, match.start())
    for match in DISPLAY.finditer(masked):
        label = LABEL.search(match["label"] or "")
        name = label["id"] if label else ""
        yield mark("math-display", match["tex"].strip(), name, match.start("tex") - 2)
    for match in FORMULA.finditer(masked):
        tex = (match["tex"] or match["paren"]).strip()
        yield mark("math", tex, "", match.start())


def _headings(unfenced: str, masked: str, line):
    """Headings; the text keeps its code spans, the search skips comments."""
    for match in HEADING.finditer(unfenced):
        if masked[match.start()] != "#":
            continue
        label = LABEL.search(match["text"])
        text = TRAILING_LABEL.sub("", match["text"])
        yield Heading(
            len(match["marks"]),
            plain(text),
            label["id"] if label else "",
            line(match.start()),
        )


def plain(text: str) -> str:
    """Markdown text without its inline marks, for titles and index entries."""
    text = LINK.sub(lambda m: m["text"] or m["target"], text)
    return typographic(INLINE.sub(_unmarked, text).strip())


def _unmarked(match: re.Match[str]) -> str:
    """What stays of an inline mark: the sign escaped, the code, the character."""
    if match["entity"]:
        return html.unescape(match["entity"])
    return match["escaped"] or (match["code"] or "").strip()


def typographic(text: str) -> str:
    """The text with ’ for an apostrophe that ends or joins a word."""
    return APOSTROPHE.sub("’", text)
