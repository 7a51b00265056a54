"""`make faults`: every fault, one after another, and a table of how they were told."""

from __future__ import annotations

import datetime
import os
import platform
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from faults.campaign import Verdict, attempt, prepare
from faults.cases import cases

KEPT = Path(__file__).parents[2] / "scripts" / "press" / "docs" / "faults.md"
SOON = 3.0
"""Seconds within which most faults are to be told, for nothing is rendered first."""
HEAD = """\
# Faults of a book, and how the press tells them

Written by `make faults` on {date}: {cpus} cores, {system}, Python {python}. Each
fault is put into a copy of the real book, and `press book` runs over it. It has to
exit with status 1 and say the place, what is wrong and what to do, without a
traceback, and leave the outputs that readers see as they were.

{count} faults, {soon} of them told within {limit:g} s; {families}.
"""


@click.command()
@click.option("--only", default="", help="Faults whose name or family has this in it.")
def main(only: str) -> None:
    """Build copies of the book, each with something wrong, and judge what is said.

    Without --only the table is kept in scripts/press/docs/faults.md.
    """
    verdicts = []
    wanted = [one for one in cases() if only in f"{one.family}: {one.name}"]
    if not wanted:
        raise click.ClickException(f"no fault has “{only}” in its name")
    with tempfile.TemporaryDirectory(prefix="faults-") as work:
        folder = Path(work)
        folder.chmod(0o755)
        click.echo("building the book", err=True)
        whole = prepare(folder / "whole")
        for number, fault in enumerate(wanted, 1):
            verdict = attempt(fault, whole, folder)
            click.echo(line(verdict, number, len(wanted)))
            verdicts.append(verdict)
    if not only:
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_text(page(verdicts), encoding="utf-8")
    failed = [verdict for verdict in verdicts if verdict.objections]
    click.echo(f"{len(verdicts) - len(failed)} of {len(verdicts)} told as they should")
    sys.exit(bool(failed))


def line(verdict: Verdict, number: int, of: int) -> str:
    """A verdict for a terminal, objections beneath."""
    fault = verdict.fault
    mark = "✗" if verdict.objections else "✓"
    told = f"{mark} {number}/{of} {fault.family}: {fault.name}, {verdict.seconds:.1f} s"
    return "\n    ".join([told, *verdict.objections])


def page(verdicts: Sequence[Verdict]) -> str:
    """All verdicts as a page of Markdown."""
    families = Counter(verdict.fault.family for verdict in verdicts)
    head = HEAD.format(
        date=datetime.datetime.now(datetime.UTC).date(),
        cpus=os.cpu_count(),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        count=len(verdicts),
        soon=sum(verdict.seconds <= SOON for verdict in verdicts),
        limit=SOON,
        families=", ".join(f"{name} {count}" for name, count in families.items()),
    )
    rows = ["| family | fault | what the press says | s |", "| --- | --- | --- | --: |"]
    rows += map(row, verdicts)
    return "\n".join([head, *rows, ""])


def row(verdict: Verdict) -> str:
    """A verdict as a row: the message, or what was wrong with it."""
    fault = verdict.fault
    said = "; ".join(verdict.objections) or verdict.said
    said = said.replace("|", "\\|").replace("`", "'")
    return f"| {fault.family} | {fault.name} | `{said}` | {verdict.seconds:.1f} |"


if __name__ == "__main__":
    main()
