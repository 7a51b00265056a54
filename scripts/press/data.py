"""The book's data files: YAML mappings whose keys know their line."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from press.findings import Finding, PressError, too_deep
from press.source import CONTROL

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Record:
    """One top-level entry of a data file: its value, its line, its keys' lines."""

    value: Any
    line: int
    lines: dict[str, int] = field(default_factory=dict, compare=False)


def read_text(path: Path) -> str:
    """The file's text, its lines ended by `\\n`.

    Raises `PressError` when it isn't there, isn't UTF-8 or holds a control
    character, which neither XHTML nor a PDF can.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
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
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    control = CONTROL.search(text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        message = f"a control character, U+{ord(control[0]):04X}"
        raise PressError(Finding(path, line, "control", message, "delete it"))
    return text


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
    return parse_mapping(path, read_text(path))


@lru_cache(maxsize=1024)
def parse_mapping(path: Path, text: str) -> dict[str, Record]:
    """A YAML mapping given as text; raises `PressError` as `load_mapping` does."""
    try:
        loader = Loader(text)
        node = loader.get_single_node()
    except yaml.YAMLError as error:
        raise malformed(path, error) from None
    except RecursionError:
        raise PressError(too_deep(path)) from None
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise PressError(
            Finding(path, 1, "yaml", "expected a mapping of names", "write `name: …`")
        )
    records: dict[str, Record] = {}
    for (key, line), (_, value_node) in zip(_keys(path, node), node.value, strict=True):
        nested = isinstance(value_node, yaml.MappingNode)
        lines = dict(_keys(path, value_node)) if nested else {}
        try:
            value = loader.construct_object(value_node, deep=True)
        except (yaml.YAMLError, ValueError) as error:
            raise malformed(path, error, line) from None
        except RecursionError:
            raise PressError(too_deep(path, line)) from None
        records[key] = Record(value, line, lines)
    return records


def _keys(path: Path, node: yaml.MappingNode) -> list[tuple[str, int]]:
    """A mapping's keys with their lines; raises `PressError` for a double one."""
    lines: dict[str, int] = {}
    for key_node, _ in node.value:
        line, key = key_node.start_mark.line + 1, str(key_node.value)
        if key in lines:
            raise PressError(
                Finding(
                    path,
                    line,
                    "duplicate-key",
                    f"“{key}” is defined again (first on line {lines[key]})",
                    "keep one",
                )
            )
        lines[key] = line
    return list(lines.items())


def malformed(path: Path, error: Exception, line: int = 1) -> PressError:
    """What the YAML reader says, as a finding at its line (or at `line`)."""
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error)
    line = mark.line + 1 if mark else line
    return PressError(
        Finding(path, line, "yaml", f"malformed YAML: {what}", "mend the syntax")
    )
