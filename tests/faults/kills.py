"""`make kills`: builds of the real book, killed at random moments of their span."""

from __future__ import annotations

import datetime
import os
import platform
import sys
import tempfile
from pathlib import Path

import click
from changes import add
from killed import KILLS, State, kill, leftovers, moments, run, shown

from faults.campaign import prepare
from faults.cases import PREFACE

KEPT = Path(__file__).parents[2] / "scripts" / "press" / "docs" / "kills.md"
OLD, NEW, MIXED = "the old edition", "the new edition", "a mixture"
EVERY = 3  # kills, and then a build that is let alone
HEAD = """\
# Builds of the book that were killed

Written by `make kills` on {date}: {cpus} cores, {system}, Python {python}. `press
book` was killed by SIGKILL at {kills} random moments, one in each of {kills} equal
parts of the time that a whole build had just taken; the last took {seconds:.0f} s.
After each the site, the PDF and the EPUB have to be those of one edition, the old
or the new, to the byte; a build that follows has to give the new one and leave
nothing of the killed ones.

{right} of {tries} kills and {whole} of {builds} builds after them did.

| after s | still running | what readers see |
| --: | --- | --- |
"""


def edition(state: State, old: State, new: State) -> str:
    """Which edition readers see."""
    if state in (old, new):
        return OLD if state == old else NEW
    return MIXED


@click.command()
def main() -> None:
    """Kill builds of a copy of the book, and keep what readers saw after each."""
    rows: list[tuple[float, bool, str]] = []
    builds: list[bool] = []
    with tempfile.TemporaryDirectory(prefix="kills-") as work:
        click.echo("building the book twice", err=True)
        root = prepare(Path(work) / "book")
        page = root / PREFACE
        texts, seen = [page.read_text(encoding="utf-8")], [shown(root)]
        add("More.", PREFACE)(root)
        texts.append(page.read_text(encoding="utf-8"))
        takes = run(root)
        seen.append(shown(root))
        assert seen[0] != seen[1]
        target = 1
        for number, part in enumerate(moments(1), 1):
            if shown(root) == seen[target]:
                target = 1 - target
            page.write_text(texts[target], encoding="utf-8")
            running = kill(root, part * takes)
            what = edition(shown(root), seen[1 - target], seen[target])
            rows.append((part * takes, running, what))
            click.echo(f"{number}/{KILLS} after {rows[-1][0]:.1f} s: {what}")
            if number % EVERY == 0 or number == KILLS:
                took = run(root)
                takes = took if what == OLD else takes
                builds.append(shown(root) == seen[target] and not leftovers(root))
    KEPT.write_text(report(rows, builds, takes), encoding="utf-8")
    right = all(what != MIXED for _, _, what in rows)
    sys.exit(not (right and all(builds)))


def report(
    rows: list[tuple[float, bool, str]], builds: list[bool], takes: float
) -> str:
    """What was seen, as a page of Markdown."""
    head = HEAD.format(
        date=datetime.datetime.now(datetime.UTC).date(),
        cpus=os.cpu_count(),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        kills=KILLS,
        seconds=takes,
        right=sum(what != MIXED for _, _, what in rows),
        tries=len(rows),
        whole=sum(builds),
        builds=len(builds),
    )
    lines = [
        f"| {moment:.1f} | {'yes' if running else 'no'} | {what} |"
        for moment, running, what in sorted(rows)
    ]
    return head + "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
