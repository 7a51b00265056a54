"""What the checks of a run found, as a table to read and as a page of all rules."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

from press import checks
from press.checks import catalogue
from press.checks.outputs.suite import Result

PAGE = Path(__file__).parents[2] / "docs" / "checks.md"
HEAD = ("output", "rule or tool", "what it looks at", "findings", "seconds")
TEXT = """\
# What is checked

Written by `press check --outputs --write`; the rules and their codes are read from
the sources in `scripts/press/checks/`.

## The manuscript

`press check` asks these. What the first table refuses stops a build, too; the
second holds for `begun` and `draft` chapters and never stops one.

{refused}

{reviewed}

## The outputs

`press check --outputs` asks these of `build/`. Measured on {date}: {machine}, over
{pages} pages of the PDF; {seconds:.0f} s in all.

{outputs}
"""


def rows(results: Iterable[Result]) -> list[tuple[str, ...]]:
    """A line for each check: output, rule, what it looks at, findings, seconds."""
    return [
        (
            one.check.output,
            one.check.entry.place.removeprefix("outputs."),
            one.check.entry.looks_at,
            str(len(one.findings)),
            f"{one.seconds:.1f}",
        )
        for one in results
    ]


def table(results: Iterable[Result]) -> str:
    """The lines for a terminal."""
    shown = [HEAD, *rows(results)]
    widths = [max(len(row[column]) for row in shown) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in shown
    )


def page(results: Sequence[Result], pages: int) -> str:
    """All rules as Markdown, those of outputs with the seconds of this run."""
    shown = [
        (*row[:3], _codes(one.check.entry), row[4])
        for one, row in zip(results, rows(results), strict=True)
    ]
    return TEXT.format(
        refused=_rules((*checks.PAGE_RULES, *checks.BOOK_RULES)),
        reviewed=_rules(checks.REVIEW_RULES),
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        machine=f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}",
        pages=pages,
        seconds=sum(one.seconds for one in results),
        outputs=_markdown((*HEAD[:3], "codes", HEAD[4]), shown),
    )


def write(results: Sequence[Result], pages: int, path: Path = PAGE) -> None:
    """Write the page of all rules."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(page(results, pages), encoding="utf-8")


def _rules(rules: Iterable[checks.Rule]) -> str:
    entries = map(catalogue.entry, rules)
    lines = [(e.place, e.looks_at, _codes(e)) for e in entries]
    return _markdown(("where", "what holds", "codes"), lines)


def _codes(entry: catalogue.Entry) -> str:
    return ", ".join(f"`{code}`" for code in entry.codes)


def _markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    shown = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in shown)
