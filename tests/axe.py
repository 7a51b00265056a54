"""axe-core, which looks for what shuts readers out of a page, by its digest."""

from __future__ import annotations

import hashlib
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

CACHE = Path(__file__).parents[2] / ".cache"
VERSION = "4.14.1"
SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}


@cache
def source() -> str:
    """The text of `axe.min.js`, fetched into `.cache/` by npm the first time."""
    path = CACHE / f"axe-{VERSION}.min.js"
    if not path.exists():
        CACHE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            command = ["npm", "pack", "--silent", f"axe-core@{VERSION}"]
            subprocess.run(command, cwd=folder, check=True, timeout=300)
            with tarfile.open(Path(folder) / f"axe-core-{VERSION}.tgz") as tar:
                tar.extract("package/axe.min.js", folder, filter="data")
            (Path(folder) / "package" / "axe.min.js").replace(path)
    data = path.read_bytes()
    assert hashlib.sha256(data).hexdigest() == SHA256, f"delete {path} and try again"
    return data.decode()


def violations(page: Any) -> list[str]:
    """What axe finds wrong with a page as it is now: rule and elements."""
    page.evaluate(source() + ";0")
    found = page.evaluate("rules => axe.run(rules)", RULES)["violations"]
    return [f"{one['id']}: {[node['html'] for node in one['nodes']]}" for one in found]
