"""A Mermaid source: its title and kind, what it may not hold, what is sent."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from press.data import read_text
from press.findings import Finding
from press.mermaid.config import CLASSES

NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
TITLE = re.compile(r"^[ \t]*%%[ \t]*title:[ \t]*(?P<title>\S.*?)[ \t]*$", re.M)
COMMENT = re.compile(r"\s*%%(?!\{)")
COLOUR = re.compile(
    r"#(?:[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})(?![\w;])|\b(?:rgb|hsl)a?\(", re.I
)
STYLING = re.compile(r"\s*(classDef|linkStyle|style|%%\{|---\s*$)")
CLASSED = re.compile(r":::(?P<inline>[\w-]+)|^\s*class\s+[\w,]+\s+(?P<line>[\w-]+)\s*$")
KINDS_WITH_CLASSES = frozenset(
    ("flowchart", "graph", "stateDiagram", "classDiagram", "block")
)
KINDS = KINDS_WITH_CLASSES | frozenset(
    (
        "sequenceDiagram",
        "erDiagram",
        "gantt",
        "xychart",
        "quadrantChart",
        "packet",
        "pie",
    )
)
KIND = re.compile(r"\s*(?P<kind>[A-Za-z0-9]+)(?:-v2|-beta)?\b")
CARET = re.compile(r"-*\^")
NEAR = 16  # characters shown on each side of a parse error
ERROR_LINE = re.compile(r"\bline:?\s+(?P<line>\d+)")


@dataclass(frozen=True)
class Prepared:
    """The text that Mermaid gets, and the source's line for each of its lines."""

    text: str
    lines: tuple[int, ...]

    def line_of(self, message: str) -> int:
        """The source's line that a parser's message speaks of (else the first)."""
        found = ERROR_LINE.search(message)
        index = min(int(found["line"]), len(self.lines)) if found else 1
        return self.lines[max(index, 1) - 1]


@dataclass(frozen=True)
class Source:
    """One `diagrams/NAME.mmd`."""

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path) -> Source:
        """Read a source; raises `PressError` when it isn't UTF-8."""
        return cls(path, read_text(path))

    @property
    def name(self) -> str:
        """The name by which the manuscript asks for it."""
        return self.path.stem

    @property
    def title(self) -> str:
        """The title from `%% title: …`, or ""."""
        found = TITLE.search(self.text)
        return found["title"] if found else ""

    @cached_property
    def statements(self) -> tuple[tuple[int, str], ...]:
        """The lines that are neither blank nor comments, with their numbers."""
        lines = enumerate(self.text.splitlines(), 1)
        return tuple((n, s) for n, s in lines if s.strip() and not COMMENT.match(s))

    @property
    def kind(self) -> str:
        """Mermaid's name of the diagram's type, or ""."""
        found = KIND.match(self.statements[0][1]) if self.statements else None
        return found["kind"] if found else ""

    def prepare(self, classes: tuple[str, ...]) -> Prepared:
        """Add the house classes after the first line, where its kind has classes.

        Comments and blank lines go, since Mermaid drops them before it counts.
        """
        (first, header), *rest = self.statements
        added = classes if self.kind in KINDS_WITH_CLASSES else ()
        lines = [(first, header), *((first, text) for text in added), *rest]
        return Prepared(
            "\n".join(text for _, text in lines) + "\n", tuple(n for n, _ in lines)
        )

    def faults(self) -> Iterator[Finding]:
        """What an author has to mend before the diagram can be drawn."""
        if not NAME.fullmatch(self.name):
            yield self._fault(
                1,
                "diagram-name",
                f"“{self.name}” isn't a diagram's name",
                "use small letters, digits and hyphens, e.g. 01-path-of-a-word.mmd",
            )
        if not self.title:
            yield self._fault(
                1,
                "diagram-title",
                "the diagram has no title",
                "add a first line `%% title: …`",
            )
        yield from self._kind_faults()
        yield from self._colour_faults()
        yield from self._class_faults()

    def _kind_faults(self) -> Iterator[Finding]:
        line = self.statements[0][0] if self.statements else 1
        if self.kind not in KINDS:
            yield self._fault(
                line,
                "diagram-kind",
                f"“{self.kind}” isn't a type that the house draws",
                "use a flowchart, or one of " + ", ".join(sorted(KINDS)),
            )

    def _colour_faults(self) -> Iterator[Finding]:
        for number, text in self.statements:
            found = COLOUR.search(text) or STYLING.match(text)
            if found:
                yield self._fault(
                    number,
                    "diagram-colour",
                    f"“{found[0].strip()}” sets a look of its own",
                    "use a house class, e.g. `:::model` (see diagrams/README.md)",
                )

    def _class_faults(self) -> Iterator[Finding]:
        for number, text in self.statements:
            for found in CLASSED.finditer(text):
                name = found["inline"] or found["line"]
                if name not in CLASSES:
                    yield self._fault(
                        number,
                        "diagram-class",
                        f"“{name}” isn't a house class",
                        "use one of " + ", ".join(CLASSES),
                    )

    def refusal(self, prepared: Prepared, message: str) -> Finding:
        """What Mermaid says of the prepared text, as a finding at its line."""
        return self._fault(
            prepared.line_of(message),
            "diagram-error",
            f"Mermaid can't draw this: {_gist(message)}",
            "mend the syntax",
        )

    def _fault(self, line: int, code: str, message: str, fix: str) -> Finding:
        return Finding(self.path, line, code, message, fix)


def _gist(message: str) -> str:
    """A parser's message on one line: what it says first, and the text around."""
    lines = [line for line in message.splitlines() if line.strip()]
    said = lines[0].rstrip(":") if lines else "it gives no reason"
    for text, mark in itertools.pairwise(lines):
        if CARET.fullmatch(mark):
            at = len(mark)
            near = text[max(at - NEAR, 0) : at + NEAR].strip(" .")
            return f"parse error near “{near}”"
    return said
