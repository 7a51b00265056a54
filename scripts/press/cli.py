"""The command line of the press: one verb a job, findings as the only errors."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout
from functools import wraps
from pathlib import Path

import click

from press.findings import Finding, PressError, refuse

SET_UP = "run `make book` where the press is"
FOLDER = click.Path(path_type=Path, file_okay=False)
ROOT = click.option(
    "--root",
    type=FOLDER,
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
            if "root" in options:
                _book_in(root)
            with redirect_stdout(sys.stderr) if as_json else nullcontext():
                command(*args, **options)
            if as_json:
                tell((), root, as_json)
        except PressError as error:
            tell(error.findings, root, as_json)
            sys.exit(1)
        except BrokenPipeError:  # who read the output has seen enough
            raise
        except (OSError, ModuleNotFoundError) as error:
            tell([_refused(error, root)], root, as_json)
            sys.exit(1)
        except KeyboardInterrupt:
            sys.exit(130)

    return wrapper


def _refused(error: OSError | ModuleNotFoundError, root: Path) -> Finding:
    """What the system refuses: a file's rights, a full disk, a library, a package."""
    place = Path(sys.prefix)
    if isinstance(error, ModuleNotFoundError):
        problem = f"the package “{error.name}” is not installed"
        return Finding(place, 1, "missing", problem, f"{SET_UP}, which installs it")
    if error.errno is None:  # from the loader of shared libraries
        problem = f"{str(error).partition(':')[0]}, which WeasyPrint needs"
        return Finding(place, 1, "missing", problem, f"install Pango, or {SET_UP}")
    name = error.filename2 or error.filename  # the place that something goes to
    path = Path(name) if name else root
    problem = (error.strerror or str(error)).lower()
    fix = "see to its rights, its kind and the space on the disk"
    return Finding(path, 1, "system", f"the system says “{problem}”", fix)


def _book_in(root: Path) -> None:
    config = root / "mkdocs.yml"
    if not config.is_file():
        fix = "name the folder that holds the book: --root FOLDER"
        raise PressError(Finding(config, 1, "no-book", "there is no book here", fix))


def tell(findings: Sequence[Finding], root: Path, as_json: bool) -> None:
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


# -- outputs ---------------------------------------------------------------------


@main.command()
@ROOT
@JSON
@told
def book(root: Path) -> None:
    """Build the site, the PDF and the EPUB into build/."""
    from press import build

    _make(root, build.OUTPUTS)


@main.command()
@ROOT
@JSON
@click.option("--chapter", type=int, help="Only this chapter, for a quick look.")
@told
def pdf(root: Path, chapter: int | None) -> None:
    """Build the PDF alone, or a preview of one chapter."""
    if chapter is None:
        _make(root, ("pdf",))
    else:
        _preview_chapter(root, chapter)


@main.command()
@ROOT
@JSON
@told
def epub(root: Path) -> None:
    """Build the EPUB alone, with the page numbers of the last PDF."""
    _make(root, ("epub",))


def _make(root: Path, outputs: tuple[str, ...]) -> None:
    from press import build

    began = time.perf_counter()
    with progress() as report:
        made = build.make(root, outputs, report)
    _made(made, root.resolve(), began)


def _preview_chapter(root: Path, number: int) -> None:
    from press import book as books
    from press import build

    began = time.perf_counter()
    loaded = books.load(root)
    with progress() as report:
        path = build.preview_chapter(loaded, number, report)
    _made([path], loaded.root, began)


def _made(paths: list[Path], root: Path, began: float) -> None:
    for path in paths:
        click.echo(f"{_size(path)}  {path.relative_to(root)}")
    seconds = time.perf_counter() - began
    click.echo(f"built in {seconds:.1f} s" if paths else "nothing has changed")


def _size(path: Path) -> str:
    files = [f for f in path.rglob("*") if f.is_file()] if path.is_dir() else [path]
    return f"{sum(f.stat().st_size for f in files) / 1e6:6.1f} MB"


@main.command()
@ROOT
@click.option("--host", default="127.0.0.1", show_default=True, help="Address.")
@click.option("--port", default=8000, show_default=True, help="Port.")
@told
def site(root: Path, host: str, port: int) -> None:
    """Show the site while you write; every save reloads the page."""
    from press import preview

    preview.serve(root, host, port, lambda text: click.echo(text, err=True))


@main.command()
@ROOT
@JSON
@click.option("--release", is_flag=True, help="Refuse what a release refuses.")
@click.option("--outputs", is_flag=True, help="Check what is built in build/ instead.")
@click.option("--write", is_flag=True, help="With --outputs: write docs/checks.md.")
@told
def check(root: Path, release: bool, outputs: bool, write: bool) -> None:
    """Check the manuscript, or the built site, EPUB and PDF (--outputs).

    The outputs are asked by every rule and by the validators of others (Java,
    Chromium and npm are needed); a table says what each looks at and its time.
    """
    if outputs:
        _check_outputs(root, write)
        return
    from press import apparatus, checks
    from press import release as releases

    known = apparatus.load(root)
    found = [*checks.run(known), *checks.review(known)]
    later = list(releases.refusals(known, datetime.date.today()))
    if release:
        refuse([*found, *later])
    refuse(found)
    for finding in later:
        if finding.code == "fact-expired":
            click.echo(f"warning: {finding.relative(known.book.root)}", err=True)


def _check_outputs(root: Path, write: bool) -> None:
    from press.checks.outputs import built, report, suite

    book = built.load(root)
    with progress() as tell:
        results = suite.run(book, tell)
    click.echo(report.table(results))
    if write:
        report.write(results, len(book.pdf.labels))
    refuse(found for one in results for found in one.findings)


@main.command()
@ROOT
@JSON
@click.argument("folder", type=FOLDER)
@told
def expand(root: Path, folder: Path) -> None:
    """Write the block-expanded Markdown to FOLDER, for any other engine."""
    from press import apparatus, blocks, checks

    known = apparatus.load(root)
    if folder.resolve() == known.book.docs.resolve():
        problem, fix = "the manuscript lies here", "name another folder"
        raise PressError(Finding(known.book.docs, 1, "expand", problem, fix))
    refuse(checks.run(known))
    blocks.write(known, folder)
    click.echo(f"{len(known.book.pages)} pages in {folder}")


# -- sources -----------------------------------------------------------------------


@main.command()
@ROOT
@JSON
@told
def diagrams(root: Path) -> None:
    """Draw the Mermaid diagrams whose sources changed (needs Chromium)."""
    from press import diagrams as drawings
    from press.theme import Theme

    with progress() as report:
        names = drawings.render(
            root.resolve(), Theme.load(root / "theme"), report=report
        )
    for name in names:
        click.echo(f"drew {name}")


@main.command()
@ROOT
@JSON
@told
def figures(root: Path) -> None:
    """Draw the plots again from the data that their experiments recorded."""
    found = []
    for script in sorted(root.resolve().glob("experiments/*/plot.py")):
        done = subprocess.run(
            [sys.executable, script], cwd=root, capture_output=True, text=True
        )
        if done.returncode:
            problem = (done.stderr.strip().splitlines() or ["no message"])[-1]
            found.append(Finding(script, 1, "plot", f"fails: {problem}", "mend it"))
    refuse(found)


@main.command()
@ROOT
@JSON
@told
def listings(root: Path) -> None:
    """Run the commands of all recorded outputs again and keep what they print."""
    from press import book as books
    from press import recordings

    for path in recordings.record(books.load(root)):
        click.echo(f"recorded {path.relative_to(root.resolve())}")


# -- writing -----------------------------------------------------------------------


@main.command()
@ROOT
@click.option("--json", "listed", is_flag=True, help="Print the labels as JSON.")
@told
def labels(root: Path, listed: bool) -> None:
    """List all labels with their numbers, places and titles."""
    from press import book as books
    from press import labels as numbering

    loaded = books.load(root)
    rows = [
        {
            "label": label.id,
            "text": label.text,
            "title": label.title,
            "path": str(label.page.path.relative_to(loaded.root)),
            "line": label.line,
        }
        for label in numbering.collect(loaded).by_id.values()
    ]
    if listed:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    width = max((len(str(row["label"])) for row in rows), default=0)
    for row in rows:
        place = f"{row['path']}:{row['line']}"
        click.echo(f"{row['label']!s:<{width}}  {place}  {row['text']}  {row['title']}")


@main.command()
@ROOT
@JSON
@click.option("--write", is_flag=True, help="Write the new numbers into the pages.")
@told
def facts(root: Path, write: bool) -> None:
    """Find typed numbers that are no rounding of their facts any more.

    A number is rounded again to as many digits and written as it was. Words
    around it are the author's: read the difference that --write makes.
    """
    from press import roundings

    found = roundings.of_book(root)
    for one in roundings.write(found) if write else ():
        place = one.finding.relative(root.resolve())
        click.echo(f"{place.path}:{place.line}: {one.mark.text} → {one.fresh}")
    refuse(one.finding for one in found if not (write and one.old))


@main.command()
@ROOT
@click.option("--json", "as_data", is_flag=True, help="Print the report as JSON.")
@told
def prose(root: Path, as_data: bool) -> None:
    """Count what a reviewer looks at in the words of each begun chapter."""
    from press import book as books
    from press import prose as counting
    from press import words

    loaded = books.load(root)
    reports = counting.report(loaded, words.load(loaded.docs))
    if as_data:
        rows = [report.as_json() for report in reports]
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    for report in reports:
        click.echo("\n".join(counting.lines(report)))


@main.command()
@ROOT
@JSON
@click.argument("old")
@click.argument("new")
@told
def rename(root: Path, old: str, new: str) -> None:
    """Rename the label OLD to NEW, with all references to it."""
    from press import projects

    for path in projects.rename(root, old, new):
        click.echo(path.relative_to(root.resolve()))


@main.command()
@ROOT
@JSON
@click.option(
    "--seed", default=1, show_default=True, help="Another seed, another book."
)
@click.argument("folder", type=FOLDER)
@told
def sample(root: Path, seed: int, folder: Path) -> None:
    """Invent a book of real size in FOLDER, to measure the press with."""
    from press import book as books
    from press import projects
    from press import sample as samples

    project = books.load(root).root
    projects.refuse_filled(folder)
    samples.write(folder, project, seed=seed)
    click.echo(f"next: press book --root {folder}")


@main.command()
@ROOT
@click.option("--json", "as_data", is_flag=True, help="Print the data as JSON.")
@told
def bench(root: Path, as_data: bool) -> None:
    """Measure the press over an invented book of full size (some minutes)."""
    from press import sample as samples
    from press.bench import child, report, suite

    try:
        with progress() as tell:
            found = suite.Suite(root.resolve(), samples.Size(), tell).run()
    except child.BenchError as error:
        raise click.ClickException(str(error)) from error
    found = {"about": report.about(), **found}
    report.write(found)
    click.echo(json.dumps(found, indent=1) if as_data else report.table(found))


@main.group()
def new() -> None:
    """Begin a book or a section."""


@new.command("book")
@JSON
@click.option(
    "--theme",
    type=FOLDER,
    default=Path("theme"),
    show_default=True,
    help="Folder of the look to copy.",
)
@click.argument("folder", type=FOLDER)
@told
def new_book(folder: Path, theme: Path) -> None:
    """Lay out a small book in FOLDER that builds as it is."""
    from press import projects

    for path in projects.new_book(folder, theme):
        click.echo(path)
    click.echo(f"next: press book --root {folder}")


@new.command("section")
@ROOT
@JSON
@click.argument("chapter", type=int)
@click.argument("title")
@told
def new_section(root: Path, chapter: int, title: str) -> None:
    """Add a section called TITLE to the end of CHAPTER, page and navigation."""
    from press import projects

    click.echo(projects.new_section(root, chapter, title).relative_to(root.resolve()))


if __name__ == "__main__":
    main()
