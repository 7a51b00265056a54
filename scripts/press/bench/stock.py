"""The peer: MkDocs and Material as they come, over the book's expanded pages.

Its settings are the book's own without the press: the same theme options,
search and Markdown extensions. Fences lose the options that only the press
knows, or it would take listings for text. It sets no formula, resolves no
reference and knows no citation, so it has less to do than the press.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from press.bench import child

KEPT = ("site_name", "nav")
OWN_THEME = ("custom_dir", "favicon")
FENCES = "custom_fences"
OPTIONS = re.compile(r"^(\s*`{3,}\w+) .*$", re.M)


class Loader(yaml.SafeLoader):
    """Reads settings whose own tags (`!ENV`, `!!python/name`) don't matter here."""


Loader.add_multi_constructor("", lambda loader, tag, node: None)


def write(book: Path, folder: Path) -> None:
    """Lay out in `folder` what stock MkDocs can build of the book in `book`."""
    child.run(child.press("expand", "--root", book, folder / "docs"))
    for page in (folder / "docs").rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        page.write_text(OPTIONS.sub(r"\1", text), encoding="utf-8")
    text = (book / "mkdocs.yml").read_text(encoding="utf-8")
    settings = yaml.load(text, Loader)  # a safe loader
    stock = {name: settings[name] for name in KEPT} | {
        "theme": {k: v for k, v in settings["theme"].items() if k not in OWN_THEME},
        "plugins": ["search"],
        "markdown_extensions": list(filter(None, map(_stock, _extensions(settings)))),
    }
    made = yaml.safe_dump(stock, allow_unicode=True, sort_keys=False)
    (folder / "mkdocs.yml").write_text(made, encoding="utf-8")


def _extensions(settings: dict[str, Any]) -> list[dict[str, Any]]:
    given = settings["markdown_extensions"]
    return [each if isinstance(each, dict) else {each: {}} for each in given]


def _stock(extension: dict[str, Any]) -> dict[str, Any]:
    """An extension without what the press adds to it; nothing for the press's own."""
    return {
        name: {k: v for k, v in (options or {}).items() if k != FENCES}
        for name, options in extension.items()
        if name != "press"
    }
