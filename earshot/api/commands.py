"""The command `earshot schema`."""

from __future__ import annotations

import click

from earshot.api import asyncapi


@click.command()
def schema() -> None:
    """Print the AsyncAPI document of the stream, messages and all."""
    click.echo(asyncapi.text(), nl=False)
