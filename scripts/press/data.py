"""The book's data files: YAML mappings whose keys know their line."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from press.findings import Finding, PressError

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Record:
    """One top-level entry of a data file: its value and where it stands."""

    value: Any
    line: int


def read_text(path: Path) -> str:
    """The file's text; raises `PressError` when it isn't there or isn't UTF-8."""
    try:
        return path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except FileNotFoundError:
        raise PressError(
            Finding(path, 1, "file-missing", "the file does not exist", "create it")
        ) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise PressError(
            Finding(
                path,
                line,
                "encoding",
                f"byte 0x{error.object[error.start]:02x} is not UTF-8",
                "save the file as UTF-8",
            )
        ) from None


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text beside `path`, then put it in its place in one step."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, path)


def load_mapping(path: Path) -> dict[str, Record]:
    """Read a YAML mapping; a missing file is an empty one.

    Raises `PressError` for malformed YAML, for a file that isn't a mapping and
    for a key given twice.
    """
    if not path.exists():
        return {}
    return _parse(path, read_text(path))


@lru_cache(maxsize=64)
def _parse(path: Path, text: str) -> dict[str, Record]:
    try:
        node = yaml.compose(text, Loader=Loader)
        data = yaml.load(text, Loader=Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error)
        line = mark.line + 1 if mark else 1
        raise PressError(
            Finding(path, line, "yaml", f"malformed YAML: {what}", "mend the syntax")
        ) from None
    if node is None:
        return {}
    if not isinstance(data, dict):
        raise PressError(
            Finding(path, 1, "yaml", "expected a mapping of names", "write `name: …`")
        )
    records: dict[str, Record] = {}
    for key_node, _ in node.value:
        line, key = key_node.start_mark.line + 1, str(key_node.value)
        if key in records:
            raise PressError(
                Finding(
                    path,
                    line,
                    "duplicate-key",
                    f"“{key}” is defined again (first on line {records[key].line})",
                    "keep one",
                )
            )
        records[key] = Record(data.get(key_node.value, data.get(key)), line)
    return records
