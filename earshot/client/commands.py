"""The commands `earshot stream` and `earshot load`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from earshot.api.messages import Config
    from earshot.client.load import LoadReport
    from earshot.client.packets import Packet

SILENCE_S = 0.8

audio_file = click.Path(exists=True, dir_okay=False, path_type=Path)


def options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that both commands have."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        click.option(
            "--packet-ms",
            default=20,
            show_default=True,
            type=click.IntRange(1, 1000),
            help="Audio in a packet.",
        ),
        click.option(
            "--codec",
            default="pcm16",
            show_default=True,
            type=click.Choice(["pcm16", "mulaw", "opus"]),
            help="How audio is sent.",
        ),
        click.option(
            "--url",
            default="ws://127.0.0.1:8765/v1/stream",
            show_default=True,
            help="The server's stream.",
        ),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("file", type=audio_file)
@options
@click.option(
    "--paced/--unpaced",
    default=True,
    show_default=True,
    help="As fast as spoken, or as the server allows.",
)
def stream(
    file: Path, url: str, codec: str, packet_ms: int, paced: bool, as_json: bool
) -> None:
    """Stream an audio file to a server and show its words as they come."""
    from earshot.client.errors import ClientError  # heavy: only this command waits
    from earshot.client.screen import JsonLines, Screen, delays, speak

    config, packets = prepared((file,), codec, packet_ms)
    view = JsonLines() if as_json else Screen(sys.stdout.isatty())
    try:
        tally = asyncio.run(speak(url, config, packets, view, paced))
    except ClientError as error:
        raise click.ClickException(str(error)) from error
    if paced and not as_json:
        click.echo(delays(tally), err=True)


@click.command()
@click.option("--streams", default=1, show_default=True, type=click.IntRange(1))
@click.option(
    "--file",
    "files",
    required=True,
    multiple=True,
    type=audio_file,
    help="What is said. Repeatable.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0, min_open=True),
    help="Repeat the files for so long; without, they are played once.",
)
@click.option(
    "--spacing",
    default=0.37,
    show_default=True,
    type=click.FloatRange(0),
    help="Seconds from one stream's start to the next.",
)
@options
def load(
    streams: int,
    files: tuple[Path, ...],
    seconds: float | None,
    spacing: float,
    url: str,
    codec: str,
    packet_ms: int,
    as_json: bool,
) -> None:
    """Stream files many times at once and measure what their users would see.

    Exits with status 1 when no stream was let in, or when a stable word did
    not stay.
    """
    from earshot.client.errors import ClientError  # heavy: only this command waits
    from earshot.client.load import Plan
    from earshot.client.load import load as run

    config, packets = prepared(files, codec, packet_ms, SILENCE_S)
    plan = Plan(url, config, packets, streams, spacing, seconds)
    try:
        report = asyncio.run(run(plan))
    except ClientError as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(asdict(report), indent=2) if as_json else text(report))
    warn(report)


def prepared(
    files: tuple[Path, ...], codec: str, ms: int, silence_s: float = 0.0
) -> tuple[Config, list[Packet]]:
    """What to say first, and the files as packets with silence behind each."""
    import numpy as np

    from earshot.api.messages import Config
    from earshot.audio.errors import AudioError
    from earshot.audio.files import read_file
    from earshot.audio.formats import RATE
    from earshot.client.packets import FORMATS, packets

    form = FORMATS[codec]
    silence = np.zeros(round(silence_s * RATE), np.float32)
    try:
        pieces = [piece for file in files for piece in (read_file(file), silence)]
        sent = packets(np.concatenate(pieces), form, ms)
    except (AudioError, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    if not sent:
        raise click.ClickException(f"{files[0].name}: no audio in it")
    return Config(codec=form.codec, rate=form.rate), sent


def text(report: LoadReport) -> str:
    """A load's report for people."""
    from earshot.client.report import table

    head = (
        f"{report.streams} streams, {report.overall.audio_s:.1f} s of audio, "
        f"{report.codec} in packets of {report.packet_ms:g} ms"
    )
    lines = [head, "", table(report.overall)]
    if use := report.server:
        lines.append(
            f"server: {use.cores:.2f} cores, {use.cpu_per_stream_s:.4f} CPU s a second "
            f"of a stream, {use.memory_most_mb:.0f} MB at most"
        )
    return "\n".join(lines)


def warn(report: LoadReport) -> None:
    """Say what makes the figures worthless, or the server wrong."""
    late: Any = report.overall.late_s
    if report.late:
        click.echo(
            f"this client was the bottleneck: p95 of packets {late.p95:.3f} s late",
            err=True,
        )
    if report.overall.contradicted:
        raise click.ClickException(
            f"{report.overall.contradicted} stable words did not stay"
        )
