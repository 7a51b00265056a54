"""What is wrong in a manuscript, and how it is told to a person.

A check yields findings; it never prints and never stops at the first one.
The command line collects all findings of a run, prints them in file order
and exits with status 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Finding:
    """One fault at `path:line`, with a stable `code` and a way to mend it."""

    path: Path
    line: int
    code: str
    message: str
    fix: str = ""

    def relative(self, root: Path) -> Finding:
        """The same finding with its path shown from `root` where it lies below."""
        path = self.path
        if path.is_absolute() and path.is_relative_to(root):
            path = path.relative_to(root)
        return Finding(path, self.line, self.code, self.message, self.fix)

    def __str__(self) -> str:
        tail = f"; {self.fix}" if self.fix else ""
        return f"{self.path}:{self.line}: {self.message}{tail} [{self.code}]"

    def as_json(self) -> dict[str, object]:
        """The finding as plain data for `--json`."""
        return {**asdict(self), "path": str(self.path)}


def too_deep(path: Path, line: int = 1, where: str = "here") -> Finding:
    """What nests deeper than programs can follow, as a fault of its file."""
    what = f"too many levels stand in one another {where}"
    return Finding(path, line, "too-deep", what, "take some of the levels out")


class PressError(Exception):
    """A user's mistake: one or more findings, shown without a traceback."""

    def __init__(self, *findings: Finding) -> None:
        self.findings = findings
        super().__init__("\n".join(map(str, findings)))


def refuse(findings: Iterable[Finding]) -> None:
    """Raise `PressError` with all findings, sorted, if there are any."""
    found = sorted(set(findings))
    if found:
        raise PressError(*found)
