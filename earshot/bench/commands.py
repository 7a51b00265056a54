"""The command `earshot bench`."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

HEAD = (
    f"{'':<10}{'policy':<17}{'N':>3}{'first':>7}{'stable':>7}"
    f"{'partials/s':>11}{'final p50':>10}{'p95':>6}{'CPU':>7}{'MB':>5}"
)


@click.command()
@click.option("--seconds", default=30.0, show_default=True, help="Audio in a stream.")
@click.option("--rounds", default=3, show_default=True, help="Of recognisers alone.")
@click.option("--live/--simulated", default=True, help="Live streams too, or not.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def bench(seconds: float, rounds: int, live: bool, as_json: bool) -> None:
    """Measure recognisers alone, and streams that share one core.

    Live, the server has core 0 and the load client core 1; leave the machine
    alone meanwhile. About 15 minutes, or 3 with --simulated.
    """
    from earshot.bench.live import BenchError  # heavy: only this command waits
    from earshot.bench.suite import Suite, run
    from earshot.models.manifest import ModelError

    suite = Suite(seconds=seconds, rounds=rounds, live=live)
    try:
        found = run(suite, tell)
    except (BenchError, ModelError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(found, indent=2) if as_json else table(found))


def tell(what: str) -> None:
    """Show on a terminal what is being measured."""
    if sys.stderr.isatty():
        click.echo(f"{what} …", err=True)


def table(found: dict[str, Any]) -> str:
    """The bench as lines of at most 84 columns."""
    lines = [
        f"{row['model']}: {row['cpu_per_audio_s']:.3f} CPU s for a second of audio, "
        f"{row['word_errors']} errors in {row['words']} words"
        for row in found["engines"]
    ]
    return "\n".join([*lines, "", HEAD, *map(_line, found["streams"])])


def _line(row: dict[str, Any]) -> str:
    first, stable = (_p50(row[name]) for name in ("first_partial_s", "first_stable_s"))
    final = row["final_delay_s"] or {"p50": 0.0, "p95": 0.0}
    memory = f"{row['memory_mb']:.0f}" if "memory_mb" in row else ""
    return (
        f"{row['way']:<10}{row['policy']:<17}{row['streams']:>3}{first:>7}{stable:>7}"
        f"{row['partials_per_speech_s']:>11.2f}{final['p50']:>10.2f}"
        f"{final['p95']:>6.2f}{row['cpu_per_stream_s']:>7.3f}{memory:>5}"
    )


def _p50(spread: dict[str, float] | None) -> str:
    return f"{spread['p50']:.2f}" if spread else "–"
