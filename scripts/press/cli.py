"""The command line of the press: one verb a job, findings as the only errors."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path

import click

from press.findings import Finding, PressError

ROOT = click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("."),
    show_default=True,
    help="Folder that holds mkdocs.yml.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print findings as JSON.")


def told(command: Callable) -> Callable:
    """Print a `PressError`'s findings and exit with status 1, no traceback."""

    @wraps(command)
    def wrapper(*args, as_json: bool = False, **options):
        root = Path(options.get("root") or ".").resolve()
        try:
            command(*args, **options)
        except PressError as error:
            tell(error.findings, root, as_json)
            sys.exit(1)
        except KeyboardInterrupt:
            sys.exit(130)

    return wrapper


def tell(findings: tuple[Finding, ...], root: Path, as_json: bool) -> None:
    """Print findings, in file order, to standard error or as JSON to output."""
    shown = sorted(finding.relative(root) for finding in findings)
    if as_json:
        click.echo(json.dumps([finding.as_json() for finding in shown], indent=1))
        return
    for finding in shown:
        click.echo(str(finding), err=True)
    count = len(shown)
    click.echo(f"{count} finding{'s' if count != 1 else ''}", err=True)


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Show what is being done, on a terminal as one moving line."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda text: click.echo(text, err=True)
        return
    with console.status("…") as status:
        yield lambda text: status.update(text)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="productionizing-ml-inference-apis")
def main() -> None:
    """Build a book: one manuscript to a site, a PDF and an EPUB."""


@main.command()
@ROOT
@JSON
@click.option("--only", type=click.Choice(["site", "pdf", "epub"]), multiple=True)
@told
def book(root: Path, only: tuple[str, ...]) -> None:
    """Build the site, the PDF and the EPUB into build/."""
    from press import book as books
    from press import build

    began = time.perf_counter()
    loaded = books.load(root)
    with progress() as report:
        made = build.make(loaded, only or build.OUTPUTS, report)
    for path in made:
        click.echo(f"{_size(path)}  {path.relative_to(loaded.root)}")
    if made:
        click.echo(f"built in {time.perf_counter() - began:.1f} s")
    else:
        click.echo("nothing has changed")


def _size(path: Path) -> str:
    if path.is_dir():
        size = sum(f.stat().st_size for f in path.rglob("*") if f.is_file())
    else:
        size = path.stat().st_size
    return f"{size / 1e6:6.1f} MB"


if __name__ == "__main__":
    main()
