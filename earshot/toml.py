"""Files in TOML, with errors for whoever wrote them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any


def read(path: Path, wrong: type[ValueError]) -> dict[str, Any]:
    """The tables of a file; raises `wrong` with its name when it has none to give."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise wrong(f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise wrong(f"{path} is not UTF-8 (at line {line})") from None
    except ValueError as error:
        raise wrong(f"{path} is not TOML: {error}") from None
