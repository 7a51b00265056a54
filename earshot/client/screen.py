"""A stream's events on a terminal, or as lines for another program."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from time import monotonic
from typing import Protocol

import click

from earshot.api.messages import (
    Config,
    Error,
    Final,
    Partial,
    ServerEvent,
    WarningEvent,
    encode,
)
from earshot.client.errors import ClientError
from earshot.client.meter import Meter, Tally
from earshot.client.packets import Packet
from earshot.client.player import converse
from earshot.client.report import figures
from earshot.client.stream import Client

CLEAR = "\r\x1b[K"


# --8<-- [start:speak]
class View(Protocol):
    """Where events are shown."""

    def show(self, event: ServerEvent) -> None:
        """Take the next event."""

    def end(self) -> None:
        """Leave the terminal as it should be."""


async def speak(
    url: str,
    config: Config,
    packets: Sequence[Packet],
    view: View,
    paced: bool,
) -> Tally:
    """Stream packets and show what comes; raises `ClientError`.

    Also where the session ended otherwise than by its client.
    """
    meter = Meter(monotonic())
    try:
        async with Client(url, config) as client:
            await converse(client, packets, meter, view.show, paced)
    finally:
        view.end()
    if client.ended and client.ended.reason != "closed":
        raise ClientError(f"the session ended early: {client.ended.reason}")
    return meter.tally


# --8<-- [end:speak]
class JsonLines:
    """Every event as a line of JSON."""

    def show(self, event: ServerEvent) -> None:
        """Print the event."""
        click.echo(encode(event))

    def end(self) -> None:
        """Nothing is left to do."""


# --8<-- [start:screen]
class Screen:
    """Finals as lines; on a live terminal also partials, partly dimmed."""

    def __init__(self, live: bool) -> None:
        self._live = live

    def show(self, event: ServerEvent) -> None:
        """Change the last line, or begin a new one."""
        match event:
            case Partial() if self._live:
                width = shutil.get_terminal_size().columns - 1
                stable, unstable = tail(event.stable, event.unstable, width)
                line = f"{CLEAR}{stable}{click.style(unstable, dim=True)}"
                click.echo(line, nl=False, color=True)
            case Final():
                self.end()
                if event.text:
                    click.echo(event.text)
            case WarningEvent() | Error():
                self.end()
                click.echo(f"{event.type}: {event.message}", err=True)

    def end(self) -> None:
        """Take back the words that are not yet final."""
        if self._live:
            click.echo(CLEAR, nl=False, color=True)


def tail(stable: str, unstable: str, width: int) -> tuple[str, str]:
    """What fits of a line's end, still in two parts."""
    gap = " " if stable and unstable else ""
    line = f"{stable}{gap}{unstable}"
    cut = max(len(line) - width, 0)
    border = len(stable) + len(gap)
    return line[cut : max(border, cut)], line[max(border, cut) :]


# --8<-- [end:screen]
def delays(tally: Tally) -> str:
    """How long the words took, in one line."""
    found = figures(tally)
    named = {
        "first words": found.first_partial_s,
        "first stable word": found.first_stable_s,
        "final": found.final_delay_s,
    }
    parts = [f"{name} {s.p50:.2f} s" for name, s in named.items() if s]
    return ", ".join(parts)
