"""From manuscript to edition: build the outputs aside, then swap them in at once.

An edition is a folder `build/.editions/<name>` with the site, the PDF and the
EPUB. Readers' paths (`build/site`, `build/<slug>.pdf`, `build/<slug>.epub`) are
links through `build/.current`, which one rename moves to the new edition, so
they show the old edition or the new one and never a mixture.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import re
import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from press import book as books
from press import data
from press.book import Book
from press.findings import Finding, PressError, too_deep

if TYPE_CHECKING:
    import jinja2
    from mkdocs.config.defaults import MkDocsConfig

    from press.capture import CapturedPage, CapturePlugin

Report = Callable[[str], None]
OUTPUTS = ("site", "pdf", "epub")
INPUT_FOLDERS = ("theme", "diagrams", "experiments")
INPUT_FILES = ("mkdocs.yml", "uv.lock")
SKIPPED = ("__pycache__",)
DOCS = Path(__file__).parent / "docs"  # reports on the press, which print nothing
RECORD = "edition.json"
PAGE_MAP = "page-map.json"
DAY = 86_400
QUOTED = re.compile(r"'([^']+)'")


def epoch(book: Book) -> int:
    """Seconds of the edition's date, unless `SOURCE_DATE_EPOCH` says otherwise."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given and given.isdecimal():
        return int(given)
    return (book.edition.date.toordinal() - 719_163) * DAY


@contextmanager
def dated(book: Book) -> Iterator[None]:
    """Let MkDocs and the writers see the edition's date, and nobody afterwards."""
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = str(epoch(book))
    try:
        yield
    finally:
        del os.environ["SOURCE_DATE_EPOCH"]
        if before is not None:
            os.environ["SOURCE_DATE_EPOCH"] = before


def fingerprint(book: Book) -> str:
    """A digest of everything that the outputs are made from."""
    digest = hashlib.sha256()
    for name, path in sorted(set(_inputs(book))):
        digest.update(name.encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for name in ("BOOK_SITE_URL", "BOOK_REPO_URL", "PRESS_RELEASE_COMMIT"):
        digest.update(f"{name}={os.environ.get(name, '')}\0".encode())
    digest.update(str(epoch(book)).encode())
    return digest.hexdigest()


def _inputs(book: Book) -> Iterator[tuple[str, Path]]:
    """The book's files and the press's own, by names that no place is part of."""
    folders = {name: book.root / name for name in INPUT_FOLDERS}
    folders |= {"manuscript": book.docs, "press": Path(__file__).parent}
    for name, folder in folders.items():
        for path in folder.rglob("*"):
            skipped = DOCS in path.parents or any(p in SKIPPED for p in path.parts)
            if path.is_file() and not skipped:
                yield f"{name}/{path.relative_to(folder).as_posix()}", path
    for name in INPUT_FILES:
        if (book.root / name).is_file():
            yield name, book.root / name
    for path in listed(book):
        yield path.relative_to(book.root).as_posix(), path


def listed(book: Book) -> Iterator[Path]:
    """The files that listings are cut from."""
    from press import listings

    for page in book.pages:
        for fence in page.scan.fences:
            source = listings.parse(fence.info)
            if source is None:
                continue
            try:
                yield listings.locate(book.root, page.path.parent, source["path"])
            except listings.ListingError:
                continue


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the build folder; a second build waits until the first is done."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Editions:
    """The editions below `build/`, and which of them readers see."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.folder = book.root / "build"
        self.store = self.folder / ".editions"
        self.current = self.folder / ".current"
        self.names = {
            "site": "site",
            "pdf": f"{book.edition.slug}.pdf",
            "epub": f"{book.edition.slug}.epub",
        }

    def path(self, output: str) -> Path:
        """Where readers find an output."""
        return self.folder / self.names[output]

    def record(self) -> dict[str, str]:
        """The digests that the current edition's outputs were made from."""
        try:
            text = (self.current / RECORD).read_text(encoding="utf-8")
            kept = json.loads(text)
        except (OSError, ValueError):
            return {}
        return {
            output: digest
            for output, digest in kept.items()
            if (self.current / self.names.get(output, "")).exists()
            and self.path(output).exists()
        }

    def clear(self) -> None:
        """Remove what a crash left: editions that nobody sees, links half made."""
        kept = self.current.resolve() if self.current.exists() else None
        for left in self.store.glob("*"):
            if left.is_dir() and left.resolve() != kept:
                shutil.rmtree(left)
        for name in (self.current.name, *self.names.values()):
            _fresh(self.folder / name).unlink(missing_ok=True)

    @contextmanager
    def new(self) -> Iterator[Path]:
        """A fresh folder for an edition; it is gone again if making that fails.

        Raises `OSError` beforehand where it could not be promoted in the end.
        """
        self.store.mkdir(parents=True, exist_ok=True)
        self._try_to_link()
        folder = Path(tempfile.mkdtemp(prefix="edition-", dir=self.store))
        folder.chmod(0o755)
        try:
            yield folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _try_to_link(self) -> None:
        """Make a link beside those of the readers, and take it away."""
        fresh = _fresh(self.current)
        try:
            fresh.symlink_to(self.store)
            fresh.unlink()
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.folder)) from None

    def carry(self, folder: Path, outputs: set[str]) -> dict[str, str]:
        """Take outputs that weren't made over from the current edition."""
        record = self.record()
        for output in outputs & record.keys():
            old, new = self.current / self.names[output], folder / self.names[output]
            if old.is_dir():
                shutil.copytree(old, new, copy_function=os.link)
            else:
                os.link(old, new)
        if (self.current / PAGE_MAP).is_file():
            shutil.copyfile(self.current / PAGE_MAP, folder / PAGE_MAP)
        return {output: record[output] for output in outputs & record.keys()}

    def promote(self, folder: Path, record: dict[str, str]) -> None:
        """Make `folder` the edition that readers see."""
        (folder / RECORD).write_text(json.dumps(record, indent=1) + "\n")
        previous = self.current.resolve() if self.current.exists() else None
        _link(self.current, Path(".editions") / folder.name)
        for output, name in self.names.items():
            if output in record:
                _link(self.folder / name, Path(".current") / name)
        if previous and previous.parent == self.store.resolve():
            shutil.rmtree(previous, ignore_errors=True)
        for link in self.folder.iterdir():  # a former slug's
            if link.is_symlink() and not link.exists():
                link.unlink()


def _link(link: Path, target: Path) -> None:
    """Point `link` at `target` in one step, whatever stands there."""
    if link.is_symlink() and Path(os.readlink(link)) == target:
        return
    if link.is_dir() and not link.is_symlink():
        shutil.rmtree(link)
    fresh = _fresh(link)
    fresh.symlink_to(target)
    os.replace(fresh, link)


def _fresh(link: Path) -> Path:
    """Where a link is made before it takes the place of an old one."""
    return link.with_name(f".{link.name}.new")


def make(root: Path, outputs: tuple[str, ...], report: Report) -> list[Path]:
    """Build outputs of the book in `root`, if one is out of date, and promote them.

    Made together they know one another: the EPUB the PDF's pages, the site both.
    Returns the paths made; raises `PressError` and changes nothing that readers
    see when the manuscript has faults. What changes meanwhile is left to the
    next build: the edition is recorded as made of nothing that is known.
    """
    with locked(root / "build"):
        return _make(books.load(root), outputs, report)


def _make(book: Book, outputs: tuple[str, ...], report: Report) -> list[Path]:
    editions = Editions(book)
    editions.clear()
    with dated(book):
        wanted = fingerprint(book)
        record = editions.record()
        if all(record.get(output) == wanted for output in outputs):
            return []
        with editions.new() as folder:
            kept = editions.carry(folder, set(OUTPUTS) - set(outputs))
            _produce(book, editions, folder, outputs, report)
            made_of = wanted if fingerprint(book) == wanted else ""
            editions.promote(folder, kept | dict.fromkeys(outputs, made_of))
    return [editions.path(output) for output in outputs]


def preview_chapter(book: Book, number: int, report: Report) -> Path:
    """One chapter as a PDF in `build/preview/`, for the author's eyes."""
    from press import pdf
    from press.printing import engine

    if number not in [chapter.number for chapter in book.chapters]:
        raise PressError(
            Finding(
                book.root / "mkdocs.yml",
                1,
                "no-chapter",
                f"there is no chapter {number}",
                f"choose one from 1 to {len(book.chapters)}",
            )
        )
    folder = book.root / "build" / "preview"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"chapter-{number:02}.pdf"
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix=".") as work,
        dated(book),
        engine.unhindered(),
    ):
        report("Rendering the pages")
        pages = render_chapter(book, number, Path(work) / "site")
        fresh = Path(work) / path.name
        pdf.write_chapter(book, pages, number, fresh, report)
        os.replace(fresh, path)
    return path


def _produce(
    book: Book,
    editions: Editions,
    folder: Path,
    outputs: tuple[str, ...],
    report: Report,
) -> None:
    """Make the outputs in `folder`."""
    from press import capture

    report("Rendering the pages")
    site_folder = folder / ("site" if "site" in outputs else ".site")
    pages = render(book, site_folder)
    capture.save(pages, folder / "book")
    if "pdf" in outputs:
        from press import pdf

        report("Setting the PDF")
        page_map = pdf.write(book, pages, folder / editions.names["pdf"], report)
        text = json.dumps(page_map, indent=1, sort_keys=True)
        (folder / PAGE_MAP).write_text(text + "\n", encoding="utf-8")
    if "epub" in outputs:
        from press import epub

        report("Packing the EPUB")
        page_map = _page_map(folder)
        epub.write(book, pages, folder / editions.names["epub"], page_map)
    if "site" in outputs:
        for output in ("pdf", "epub"):
            made = folder / editions.names[output]
            if made.exists():
                _link_file(made, site_folder / "downloads" / made.name)
    else:
        shutil.rmtree(site_folder)


def _link_file(made: Path, place: Path) -> None:
    place.unlink(missing_ok=True)
    os.link(made, place)


def _page_map(folder: Path) -> dict[str, Any]:
    """The PDF's page map in this edition: a new one, or the last one's."""
    path = folder / PAGE_MAP
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def render(book: Book, site_folder: Path) -> list[CapturedPage]:
    """Run MkDocs once into `site_folder`; returns the captured pages.

    Raises `PressError` with what MkDocs warned of.
    """
    from mkdocs.commands.build import build

    return _captured(book, site_folder, build)


def render_chapter(book: Book, number: int, site_folder: Path) -> list[CapturedPage]:
    """All pages in the book's order, of which only the chapter's are rendered.

    Nothing is written. Raises `PressError` as `render` does.
    """
    from mkdocs.commands import build as steps
    from mkdocs.structure.files import get_files, set_exclusions
    from mkdocs.structure.nav import get_navigation

    mine = {page.src for page in book.chapter(number).pages}

    def populate(config: MkDocsConfig) -> None:
        config = config.plugins.on_config(config)
        config.plugins.on_pre_build(config=config)
        files = get_files(config)
        files = config.plugins.on_files(files, config=config)
        set_exclusions(files, config)
        pages = get_navigation(files, config).pages
        plugin_of(config).fragments = {p.file.src_uri: (p.url, "") for p in pages}
        for page in pages:
            if page.file.src_uri in mine:
                steps._populate_page(page, config, files)

    return _captured(book, site_folder, populate)


def _captured(
    book: Book, site_folder: Path, work: Callable[[MkDocsConfig], None]
) -> list[CapturedPage]:
    """The pages that some of MkDocs' work captured, its warnings heeded."""
    import jinja2
    from mkdocs.config import load_config
    from mkdocs.exceptions import MkDocsException

    path = book.root / "mkdocs.yml"
    plugin: CapturePlugin | None = None
    warnings = Warnings(book)
    logger = logging.getLogger("mkdocs")
    logger.addHandler(warnings)
    logger.propagate = False
    try:
        config = load_config(str(path), site_dir=str(site_folder), strict=False)
        plugin = plugin_of(config)
        work(config)
    except MkDocsException as error:
        alone = Finding(path, 1, "mkdocs", str(error), "mend it")
        raise PressError(*sorted(set(warnings.findings or [alone]))) from None
    except jinja2.TemplateError as error:
        raise PressError(template_fault(error)) from None
    except RecursionError:
        raise PressError(too_deep(plugin.at if plugin else path)) from None
    finally:
        logger.removeHandler(warnings)
    if warnings.findings:
        raise PressError(*sorted(set(warnings.findings)))
    return plugin.captured()


def template_fault(error: jinja2.TemplateError) -> Finding:
    """What is wrong in a template, at the last of its lines in the error's trace."""
    trace = traceback.extract_tb(error.__traceback__)
    lines = [place for place in trace if not place.filename.endswith(".py")]
    place = (lines or trace)[-1]
    what = f"the template fails: {error.message}"
    return Finding(Path(place.filename), place.lineno or 1, "template", what, "mend it")


def plugin_of(config: MkDocsConfig) -> CapturePlugin:
    """The press's own plug-in; raises `PressError` when it is not switched on."""
    plugin = config.plugins.get("press")
    if plugin is None:
        raise PressError(
            Finding(
                Path(config.config_file_path),
                1,
                "config",
                "the plug-in `press` is not switched on",
                "add `press` to `plugins:`",
            )
        )
    return plugin


class Warnings(logging.Handler):
    """Turns MkDocs' warnings into findings with the line of what they quote."""

    def __init__(self, book: Book) -> None:
        super().__init__(logging.WARNING)
        self.book = book
        self.findings: list[Finding] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a warning as a finding."""
        message = " ".join(record.getMessage().split())
        names = QUOTED.findall(message)
        page = next((self.book.by_src[n] for n in names if n in self.book.by_src), None)
        path, line, fix = self.book.root / "mkdocs.yml", 1, "mend the setting"
        if page is None:
            lines = enumerate(data.read_text(path).split("\n"), 1)
            settings = tuple(f"{name}:" for name in names)
            line = next((n for n, text in lines if text.startswith(settings)), 1)
        else:
            fix = "mend the link or the page"
            path = page.path
            name = next((name for name in names if name != page.src), "")
            link = page.text.find(f"]({name}")
            place = link if link >= 0 else page.text.find(name)
            line = page.text.count("\n", 0, max(0, place)) + 1
        self.findings.append(Finding(path, line, "mkdocs", message, fix))
