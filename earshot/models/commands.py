"""The commands `earshot models list`, `pull` and `verify`."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from earshot.models.manifest import ModelError, find
from earshot.models.store import Store

MB = 1_000_000

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
names = click.argument("names", nargs=-1, metavar="[MODEL]...")


@click.group()
def models() -> None:
    """Weights: which there are, fetching and verifying them."""


@models.command("list")
@as_json
def list_(as_json: bool) -> None:
    """Show the models that Earshot knows, and which are here."""
    store = Store()
    rows = [describe(store, id) for id in store.models]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        size = f"{row['bytes'] / MB:.1f} MB"
        start = f"{row['id']:<20}{size:>9}  {row['licence']:<5}{row['state']:<9}"
        click.echo(f"{start}{row['name']}")


@models.command()
@names
@as_json
def pull(names: tuple[str, ...], as_json: bool) -> None:
    """Fetch models; without a name, those that `earshot serve` needs."""
    store = Store()
    chosen = names or tuple(m.id for m in store.models.values() if m.default)
    try:
        for id in chosen:
            find(id, store.models)
        for id in chosen:
            meter = Meter(id)
            store.pull(id, meter, lambda why: click.echo(why, err=True))
            meter.end()
            if not as_json:
                click.echo(f"{id}: in {store.folder(id)}")
    except ModelError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps([describe(store, id) for id in chosen], indent=2))


@models.command()
@names
@as_json
def verify(names: tuple[str, ...], as_json: bool) -> None:
    """Hash models again; without a name, all that are here.

    Exits with status 1 when one is missing or not what the manifest pins.
    """
    store = Store()
    present = tuple(id for id in store.models if store.folder(id).exists())
    if not names and not present:
        raise click.ClickException("no model is here; run `earshot models pull`")
    faults: dict[str, str] = {}
    for id in names or present:
        try:
            store.verify(id)
        except ModelError as error:
            faults[id] = str(error)
    if as_json:
        verdicts = [{"id": id, "fault": faults.get(id)} for id in names or present]
        click.echo(json.dumps(verdicts, indent=2))
    else:
        for id in names or present:
            click.echo(faults.get(id) or f"{id}: every file has the digest pinned")
    if faults:
        raise SystemExit(1)


def describe(store: Store, id: str) -> dict[str, Any]:
    """What the manifest and the disk say of a model, ready for JSON."""
    model = store.models[id]
    return {
        "id": id,
        "name": model.name,
        "version": model.version,
        "licence": model.licence,
        "copyright": list(model.copyright),
        "home": model.home,
        "bytes": model.bytes,
        "sha256": model.digest,
        "state": store.state(id),
        "folder": str(store.folder(id)),
    }


class Meter:
    """How far a download is, on one line of a terminal and nowhere else."""

    def __init__(self, id: str) -> None:
        self.id = id
        self.begun = False

    def __call__(self, came: int, size: int) -> None:
        if sys.stderr.isatty():
            self.begun = True
            line = f"\r{self.id}: {came / MB:.0f} of {size / MB:.0f} MB"
            click.echo(line, nl=False, err=True)

    def end(self) -> None:
        """Leave the line, if there is one."""
        if self.begun:
            click.echo(err=True)
