"""Work on the manuscript's files: new books, new sections, renamed labels."""

from __future__ import annotations

import re
import shutil
import uuid
from pathlib import Path

from press import book as books
from press import data, labels
from press.book import Book, Page
from press.findings import Finding, PressError
from press.index import slug
from press.source import KINDS, replaced

STARTER = Path(__file__).parent / "starter"
PLACEHOLDER = "00000000-0000-0000-0000-000000000000"
NAMED = r"(?<=#){0}(?![\w:.-])|(?<=@)(?<![\w\\@/.`-]@){0}(?!-*\w)"
LABEL_NAME = re.compile(rf"^(?:{'|'.join(KINDS)})-[a-z0-9]+(?:-[a-z0-9]+)*$")


def refuse_filled(folder: Path) -> None:
    """Raise `PressError` when `folder` already holds something."""
    if folder.exists() and any(folder.iterdir()):
        raise PressError(
            Finding(folder, 1, "not-empty", "the folder isn't empty", "name a new one")
        )


def new_book(folder: Path, theme: Path) -> list[Path]:
    """Lay out a book of two short chapters in `folder`, ready to build.

    The look is a copy of the folder `theme`. Raises `PressError` when `folder`
    already holds something or there is no theme to copy.
    """
    refuse_filled(folder)
    if not (theme / "theme.yml").is_file():
        raise PressError(
            Finding(theme, 1, "no-theme", "no theme here to copy", "name one: --theme")
        )
    shutil.copytree(STARTER, folder, dirs_exist_ok=True)
    shutil.copytree(theme, folder / "theme")
    config = folder / "mkdocs.yml"
    identifier = str(uuid.uuid5(uuid.NAMESPACE_URL, folder.resolve().name))
    data.write_text(config, data.read_text(config).replace(PLACEHOLDER, identifier))
    return sorted((folder / "manuscript").rglob("*.md"))


def new_section(root: Path, chapter: int, title: str) -> Path:
    """Add a section's page to a chapter, on disk and in the navigation.

    Raises `PressError` when there is no such chapter or the page exists.
    """
    book = books.load(root)
    config = book.root / "mkdocs.yml"
    try:
        pages = book.chapter(chapter).pages
    except KeyError:
        raise PressError(
            Finding(
                config, 1, "no-chapter", f"there is no chapter {chapter}", "see `nav:`"
            )
        ) from None
    label = f"sec-{slug(title)}"
    if not LABEL_NAME.match(label) or label in labels.collect(book).by_id:
        problem = f"“{title}” gives the label “{label}”, which can't be used"
        raise PressError(Finding(config, 1, "title", problem, "choose another title"))
    name = f"{len(pages):02}-{slug(title)}.md"
    path = pages[0].path.parent / name
    if path.exists():
        raise PressError(
            Finding(path, 1, "exists", "the page is already there", "edit it")
        )
    _into_nav(config, pages[-1].src, path.relative_to(book.docs).as_posix())
    data.write_text(path, f"# {title} {{#{label}}}\n")
    return path


def _into_nav(config: Path, after: str, src: str) -> None:
    """Write an entry below the one for `after`, indented alike."""
    lines = data.read_text(config).split("\n")
    for number, line in enumerate(lines):
        if line.strip() == f"- {after}":
            indent = line[: len(line) - len(line.lstrip())]
            lines.insert(number + 1, f"{indent}- {src}")
            data.write_text(config, "\n".join(lines))
            return
    raise PressError(
        Finding(
            config,
            1,
            "nav",
            f"no line of its own for “{after}”",
            f"add `- {src}` to the chapter's entries",
        )
    )


def rename(root: Path, old: str, new: str) -> list[Path]:
    """Rename a label and every reference to it; returns the pages changed.

    Code is left alone. Raises `PressError` when `old` isn't there, `new` is
    taken or their kinds differ.
    """
    book = books.load(root)
    known = labels.collect(book).by_id
    _renamable(book, known, old, new)
    changed = []
    for page in book.pages:
        text = _renamed(page, old, new)
        if text != page.text:
            data.write_text(page.path, text)
            changed.append(page.path)
    return changed


def _renamed(page: Page, old: str, new: str) -> str:
    """The page's text with the label renamed wherever it isn't code."""
    pattern = re.compile(NAMED.format(re.escape(old)))
    found = pattern.finditer(page.scan.masked)
    return replaced(page.text, ((match.start(), old, new) for match in found))


def _renamable(book: Book, known: dict[str, object], old: str, new: str) -> None:
    problem = ""
    if old not in known:
        problem = f"no label “{old}” is defined"
    elif new in known:
        problem = f"“{new}” is already a label"
    elif not LABEL_NAME.match(new):
        problem = f"“{new}” is no label ({', '.join(f'{k}-…' for k in KINDS)})"
    elif old.split("-")[0] != new.split("-")[0]:
        problem = f"“{old}” and “{new}” are of different kinds"
    if problem:
        raise PressError(
            Finding(book.docs, 1, "rename", problem, "see `press labels` for all")
        )
