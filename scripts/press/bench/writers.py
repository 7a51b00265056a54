"""The PDF and the EPUB alone, from pages that are rendered once.

`python -m press.bench.writers FOLDER` is a child of the bench, so that its
memory is the writers' own. It prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from press import book as books
from press import build, epub, pdf
from press.bench import profile


def measure(root: Path) -> dict[str, Any]:
    """What both writers take for the book in `root`, and where the PDF's time goes."""
    book = books.load(root)
    with tempfile.TemporaryDirectory() as work, build.dated(book):
        folder = Path(work)
        pages = build.render(book, folder / "site")
        with profile.stages() as looks:
            page_map, pdf_s = _spent(
                lambda: pdf.write(book, pages, folder / "pdf", lambda _: None)
            )
        _, epub_s = _spent(lambda: epub.write(book, pages, folder / "epub", page_map))
        size = (folder / "pdf").stat().st_size
    seen = looks.total()
    return {
        "pdf": {**pdf_s, "pages": len(page_map["pages"]), "size_mb": size / 1e6},
        "stages": {name: count / seen for name, count in looks.most_common()},
        "epub": epub_s,
    }


def _spent(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """What the work gives, and its seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    return made, {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
    }


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
