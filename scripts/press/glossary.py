"""The glossary: terms with a definition each, from `glossary.yml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from press.data import load_mapping
from press.findings import Finding, refuse


@dataclass(frozen=True)
class Term:
    """A term: its full name, its short form (or ""), its definition."""

    id: str
    term: str
    short: str
    definition: str
    line: int

    @property
    def name(self) -> str:
        """The name with its short form: "voice activity detection (VAD)"."""
        return f"{self.term} ({self.short})" if self.short else self.term


def load(path: Path) -> dict[str, Term]:
    """Read the glossary; raises `PressError` for entries that lack something."""
    terms: dict[str, Term] = {}
    found: list[Finding] = []
    for name, record in load_mapping(path).items():
        given = record.value if isinstance(record.value, dict) else {}
        lacking = [key for key in ("term", "definition") if not given.get(key)]
        found += [
            Finding(path, record.line, "term", f"“{name}” has no `{key}`", "add it")
            for key in lacking
        ]
        if not lacking:
            terms[name] = Term(
                name,
                str(given["term"]),
                str(given.get("short") or ""),
                " ".join(str(given["definition"]).split()),
                record.line,
            )
    refuse(found)
    return terms
