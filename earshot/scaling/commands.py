"""The command `earshot cost`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from earshot.scaling.cost import (
    PRICES,
    CostError,
    Demand,
    Fleet,
    Price,
    fleet,
    prices,
)

HEADINGS = (
    "machine",
    "$/hour",
    "holds",
    "fleet",
    "used",
    "$/month",
    "$/audio h",
    "known how",
)


@dataclass(frozen=True)
class Choice:
    """A fleet of one kind of machine, and the machine's price."""

    price: Price
    fleet: Fleet


@click.command()
@click.argument("machines", nargs=-1, required=True, metavar="MACHINE=STREAMS...")
@click.option("--hours", default=1000.0, show_default=True, help="Audio a day.")
@click.option(
    "--peak",
    default=Demand.peak_factor,
    show_default=True,
    help="The busiest hour against the mean one.",
)
@click.option(
    "--spare",
    default=1,
    show_default=True,
    type=click.IntRange(0),
    help="Machines beyond the busiest hour.",
)
@click.option(
    "--prices",
    "file",
    default=PRICES,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Another price list in TOML, instead of earshot/scaling/prices.toml.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def cost(
    machines: tuple[str, ...],
    hours: float,
    peak: float,
    spare: int,
    file: Path,
    as_json: bool,
) -> None:
    """Derive fleets and their cost from hours of audio a day.

    A MACHINE is one of the price list, and STREAMS what you measured it to
    hold within your objective, for example core=16. Every fleet runs day and
    night.
    """
    try:
        demand, listed = Demand(hours, peak), prices(file)
        choices = [_choice(text, demand, listed, spare) for text in machines]
    except CostError as error:
        raise click.ClickException(str(error)) from error
    shown = report(demand, spare, choices)
    click.echo(json.dumps(shown, indent=2) if as_json else table(shown))


def report(demand: Demand, spare: int, choices: Sequence[Choice]) -> dict[str, Any]:
    """Plain data for JSON: money in US dollars, `used_percent` over the day."""
    return {
        "audio_hours_per_day": demand.audio_hours_per_day,
        "peak_factor": demand.peak_factor,
        "mean_streams": round(demand.mean_streams, 1),
        "peak_streams": demand.peak_streams,
        "spare": spare,
        "fleets": [_fleet_data(choice) for choice in choices],
    }


def table(data: dict[str, Any]) -> str:
    """The report as lines of at most 76 columns."""
    rows = [
        (
            row["machine"],
            f"{row['usd_per_hour']:.2f}",
            f"{row['streams']:,}",
            f"{row['machines']:,}",
            f"{row['used_percent']:.0f}%",
            f"{row['usd_per_month']:,.0f}",
            f"{row['usd_per_audio_hour']:.4f}",
            row["kind"],
        )
        for row in data["fleets"]
    ]
    lines = [_line(row) for row in (HEADINGS, *rows)]
    lines.insert(1, "-" * max(map(len, lines)))
    dates = sorted({row["as_of"] for row in data["fleets"]})
    days = " to ".join(dict.fromkeys((dates[0], dates[-1])))
    return "\n".join(
        [
            *lines,
            "",
            f"{data['audio_hours_per_day']:,.0f} audio hours a day: "
            f"{data['mean_streams']:,.0f} streams on average, "
            f"room for {data['peak_streams']:,}",
            f"spare machines in a fleet: {data['spare']}; prices of {days}",
        ]
    )


def _line(cells: tuple[str, ...]) -> str:
    name, price, holds, count, used, month, hour, kind = cells
    return (
        f"{name:<16}{price:>7}{holds:>7}{count:>7}{used:>6}"
        f"{month:>10}{hour:>11}   {kind}"
    ).rstrip()


def _choice(
    text: str, demand: Demand, listed: Mapping[str, Price], spare: int
) -> Choice:
    """The fleet that `MACHINE=STREAMS` asks for; raises `CostError` for others."""
    name, _, streams = text.partition("=")
    if not streams.isdecimal() or not int(streams):
        raise CostError(f"{text!r} is not MACHINE=STREAMS, for example core=16")
    if name not in listed:
        raise CostError(f"no price for {name!r}; there are {', '.join(listed)}")
    return Choice(listed[name], fleet(demand, int(streams), listed[name], spare))


def _fleet_data(choice: Choice) -> dict[str, Any]:
    price, found = choice.price, choice.fleet
    return {
        "machine": price.name,
        "usd_per_hour": price.usd_per_hour,
        "kind": price.kind,
        "source": price.source,
        "as_of": price.as_of.isoformat(),
        "streams": found.per_machine,
        "machines": found.machines,
        "used_percent": round(100 * found.utilisation, 1),
        "usd_per_month": round(found.usd_per_month, 2),
        "usd_per_audio_hour": round(found.usd_per_audio_hour, 5),
    }
