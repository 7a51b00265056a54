"""The command `earshot`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from earshot.api.commands import schema
from earshot.bench.commands import bench
from earshot.client.commands import load, stream
from earshot.commands import serve, settings
from earshot.inference.commands import coldstart, transcribe
from earshot.models.commands import models
from earshot.scaling.commands import cost
from earshot.slo.budget import DEFAULT, Budget, BudgetError, Report, evaluate

HEADINGS = ("stage", "place", "p50", "p95", "known how")


@click.group()
def main() -> None:
    """Earshot: a small real-time speech service, built in the book."""


for command in (
    models,
    transcribe,
    coldstart,
    serve,
    stream,
    load,
    bench,
    cost,
    settings,
    schema,
):
    main.add_command(command)


@main.command()
@click.option(
    "--file",
    default=DEFAULT,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Another budget in TOML, for example earshot/slo/measured.toml.",
)
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="NAME=MS",
    help="Override a parameter, for example step_ms=400. Repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def budget(file: Path, changes: tuple[str, ...], as_json: bool) -> None:
    """Spend the latency budget: spoken word to stable word on the screen.

    Exits with status 1 when the total misses the target.
    """
    try:
        report = evaluate(Budget.load(file, _parameters(changes)))
    except BudgetError as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(report.as_data(), indent=2) if as_json else table(report))
    if report.left < 0:
        raise SystemExit(1)


def table(report: Report) -> str:
    """The report as lines of at most 76 columns; times in ms."""
    data = report.as_data()
    rows = [
        (
            row["name"],
            row["place"],
            f"{row['p50']:.1f}",
            f"{row['p95']:.1f}",
            row["kind"],
        )
        for row in data["stages"]
    ]
    together = f"{data['added_p50']:.1f}", f"{data['added_p95']:.1f}"
    rows.append(("column added up", "", *together, ""))
    rows.append(
        ("words, simulated", "", f"{data['p50']:.1f}", f"{data['p95']:.1f}", "")
    )
    lines = [_line(row) for row in (HEADINGS, *rows)]
    rule = "-" * max(map(len, lines))
    lines[1:1] = [rule]
    lines[-2:-2] = [rule]
    verdict = f"{data['share']:.1f}% of words within {data['target']:.0f} ms"
    spare = f"{abs(data['left']):.1f} ms {'left' if data['left'] >= 0 else 'over'}"
    return "\n".join([*lines, "", f"{verdict}; p95 has {spare}"])


def _line(cells: tuple[str, ...]) -> str:
    name, place, p50, p95, kind = cells
    return f"{name:<20}{place:<9}{p50:>9}{p95:>9}   {kind}".rstrip()


def _parameters(settings: tuple[str, ...]) -> dict[str, float]:
    """`name=value` pairs as numbers; raises `BudgetError` on anything else."""
    parameters = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        try:
            parameters[name] = float(value)
        except ValueError:
            raise BudgetError(f"{setting!r} is not NAME=MS") from None
    return parameters
