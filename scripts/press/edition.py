"""The edition: what `mkdocs.yml` says of the book as a whole."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
import yaml_env_tag

from press import data
from press.findings import Finding, PressError, refuse, too_deep

REQUIRED = ("slug", "version", "date", "identifier", "author")
WORDS = (
    *("slug", "subtitle", "author", "language"),
    *("identifier", "publisher", "rights"),
)
SLUG = re.compile(r"^\w[\w.-]*$")


@dataclass(frozen=True)
class Edition:
    """What the title page, the imprint and the packages say of the book."""

    slug: str
    title: str
    subtitle: str
    description: str
    author: str
    language: str
    version: str
    date: datetime.date
    site_url: str
    repo_url: str
    identifier: str
    publisher: str
    subjects: tuple[str, ...]
    rights: str
    notices: tuple[str, ...]
    series: dict[str, Any]


class _ConfigLoader(data.Loader):
    """A loader that passes over MkDocs' own YAML tags."""


_ConfigLoader.add_multi_constructor("", lambda *_: None)
_ConfigLoader.add_constructor("!ENV", yaml_env_tag.construct_env_tag)


def read_config(path: Path) -> dict[str, Any]:
    """`mkdocs.yml` as plain data; raises `PressError` when it can't be used."""
    text = data.read_text(path)
    try:
        config = yaml.load(text, Loader=_ConfigLoader)
    except (yaml.YAMLError, ValueError) as error:
        raise data.malformed(path, error) from None
    except RecursionError:
        raise PressError(too_deep(path)) from None
    missing = [
        Finding(path, 1, "config", f"`{key}` is missing", f"add `{key}:`")
        for key in ("site_name", "docs_dir", "nav")
        if not isinstance(config, dict) or not config.get(key)
    ]
    refuse(missing)
    for key, kind in (("nav", list), ("docs_dir", str)):
        if not isinstance(config[key], kind):
            name = {list: "list", str: "text"}[kind]
            message, fix = f"`{key}` is no {name}", f"make it a {name}"
            raise PressError(Finding(path, 1, "config", message, fix))
    return config


def read(config: dict[str, Any], path: Path) -> Edition:
    """What the configuration says of the edition; raises `PressError`."""
    extra = config.get("extra") or {}
    about = extra.get("book") if isinstance(extra, dict) else None
    about = about if isinstance(about, dict) else {}
    refuse(
        Finding(path, 1, "config", f"`extra.book.{key}` {problem}", fix)
        for key, problem, fix in _unusable(about)
    )
    return Edition(
        slug=about["slug"],
        title=config["site_name"],
        subtitle=about.get("subtitle") or "",
        description=config.get("site_description") or "",
        author=about["author"],
        language=about.get("language") or "en",
        version=str(about["version"]),
        date=about["date"],
        site_url=config.get("site_url") or "",
        repo_url=config.get("repo_url") or "",
        identifier=about["identifier"],
        publisher=about.get("publisher") or about["author"],
        subjects=tuple(map(str, about.get("subjects") or ())),
        notices=tuple(map(str, about.get("notices") or ())),
        rights=about.get("rights") or "",
        series=about.get("series") or {},
    )


def _unusable(about: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What the edition lacks or can't be: key, what is wrong, what to do."""
    for key in REQUIRED:
        if not about.get(key):
            yield key, "is missing", "add it"
    for key in WORDS:
        if about.get(key) and not isinstance(about[key], str):
            yield key, f"is “{about[key]}”, which is no text", "put it in quotes"
    if about.get("date") and type(about["date"]) is not datetime.date:
        yield (
            "date",
            f"is “{about['date']}”, which is no date",
            "write it as 2026-11-23",
        )
    if not SLUG.match(str(about.get("slug", "x"))):
        fix = "use letters, digits, hyphens"
        yield "slug", f"is “{about['slug']}”, which can't name a file", fix
    for key in ("subjects", "notices"):
        if not isinstance(about.get(key) or [], list):
            yield key, "is no list", "write `[first, second]`"
    series = about.get("series") or {"name": "none"}
    if not isinstance(series, dict) or not isinstance(series.get("name"), str):
        yield (
            "series",
            "names no series",
            "give it `name`, and `position` if it has one",
        )
