"""The commands `earshot serve` and `earshot settings`."""

from __future__ import annotations

import asyncio
import dataclasses
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from earshot.inference.recogniser import Recogniser
    from earshot.settings import Settings

config = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Settings in TOML. [default: EARSHOT_CONFIG]",
)


@click.command()
@config
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def settings(config: Path | None, as_json: bool) -> None:
    """Print the settings that hold, from file and environment, as TOML."""
    from earshot.settings import SettingsError, load  # heavy: only this waits

    try:
        held = load(config)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    click.echo(held.model_dump_json(indent=2) if as_json else held.as_toml())


@click.command()
@config
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port.  [default: 8765]")
@click.option("--model", help="Which weights.  [default: moonshine-tiny]")
@click.option("--fake", is_flag=True, default=None, help="Say words without a model.")
@click.option("--trace", help="Write spans to the console or a file.")
@click.option("--open", "in_browser", is_flag=True, help="Open the demo page.")
def serve(config: Path | None, in_browser: bool, **chosen: Any) -> None:
    """Serve the streaming API, the probes, the metrics and the demo page.

    Ends on SIGTERM or Ctrl-C after it has delivered the finals of all audio. On
    SIGHUP it reads the settings again and changes the model without a pause.
    """
    from earshot import server  # heavy: only this waits
    from earshot.models.coldstart import PROCESS
    from earshot.models.manifest import ModelError
    from earshot.models.store import Store
    from earshot.settings import SettingsError, load
    from earshot.slo import logs
    from earshot.slo.tracing import TracingError

    PROCESS.mark("imports")
    given = {name: value for name, value in chosen.items() if value is not None}

    def held_now() -> Settings:
        held = load(config)
        server = dataclasses.replace(held.server, **given)
        return held.model_copy(update={"server": server})

    def find() -> Callable[[], Recogniser]:
        return server.recogniser(held_now().server, Store())

    try:
        held = held_now()
        logs.configure(held.server.log)
        make = server.build(held, Store())
        sock = server.listen(held.server.host, held.server.port)
    except (SettingsError, ModelError, TracingError, server.AddressTaken) as error:
        raise click.ClickException(str(error)) from error
    host, port = sock.getsockname()[:2]
    page = f"http://{host}:{port}"
    click.echo(f"Earshot: {page}")

    def ready() -> None:
        PROCESS.mark("loop", last=True)
        if in_browser:
            webbrowser.open(page)

    try:
        asyncio.run(server.serve(make, sock, ready, find))
    except server.Stopped as error:
        raise click.ClickException(str(error)) from error
