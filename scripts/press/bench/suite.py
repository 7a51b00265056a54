"""All measurements of the bench, each a line: what, how much, and how much it may.

The sources are a book of full size, invented from a seed in a temporary folder.
Ratios are taken in one run, the press and its peer in turn.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from press import sample
from press.bench import child, servers, stock

BUILDS, RELOADS = 3, 5
CHAPTER = 5
PAGE, SOURCE = "05-chapter/02-section/", "05-chapter/02-section.md"

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Line:
    """One measured value; `bar` is the most that it may be."""

    what: str
    value: float
    unit: str
    bar: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the bar holds; None without one."""
        return None if self.bar is None else self.value <= self.bar


class Suite:
    """The bench of the press over an invented book of `size`."""

    def __init__(self, project: Path, size: sample.Size, tell: Tell) -> None:
        self.project = project
        self.size = size
        self.tell = tell

    def run(self) -> dict[str, Any]:
        """Measure everything; raises `BenchError` when a child fails."""
        with tempfile.TemporaryDirectory(prefix="press-bench-") as work:
            self.work = Path(work)
            self.book, self.stock = self.work / "book", self.work / "stock"
            self.tell("inventing a book")
            sample.write(self.book, self.project, size=self.size)
            stock.write(self.book, self.stock)
            lines = [*self.sites(), *self.reloads(), *self.whole(), *self.again()]
            written, stages = self.writers()
        shown = [{**asdict(line), "met": line.met} for line in lines + written]
        return {"lines": shown, "pdf_stages": stages}

    def sites(self) -> list[Line]:
        """A site built from nothing, against stock MkDocs."""
        spent: dict[str, list[child.Spent]] = {"ours": [], "stock": []}
        for number in range(1, BUILDS + 1):
            for name, root in (("ours", self.book), ("stock", self.stock)):
                self.tell(f"site build, {name}, {number} of {BUILDS}")
                command = child.mkdocs("build", "--quiet", "--config-file")
                spent[name].append(
                    child.run(
                        [*command, str(root / "mkdocs.yml"), "-d", f"{self.work}/out"]
                    )
                )
        ours, peer = (median(s.wall_s for s in spent[n]) for n in ("ours", "stock"))
        return [
            Line("site build", ours, "s"),
            Line("site build, stock MkDocs", peer, "s"),
            Line("site build against stock", ours / peer, "×", 1.3),
        ]

    def reloads(self) -> list[Line]:
        """From a saved page to the page in the browser."""
        self.tell("save to reload, ours")
        with servers.served(child.press("site", "--root", self.book), "--port") as url:
            source = self.book / "manuscript" / SOURCE
            ours = median(servers.reload_s(url, PAGE, source, RELOADS))
        self.tell("save to reload, stock")
        config = self.stock / "mkdocs.yml"
        command = child.mkdocs("serve", "--quiet", "--config-file", config)
        with servers.served(command, "--dev-addr") as url:
            source = self.stock / "docs" / SOURCE
            peer = median(servers.reload_s(url, PAGE, source, BUILDS))
        return [
            Line("save to reload", ours, "s", 0.7),
            Line("save to reload, stock MkDocs", peer, "s"),
            Line("save to reload against stock", ours / peer, "×", 0.25),
        ]

    def whole(self) -> list[Line]:
        """All outputs from nothing."""
        self.tell("site, PDF and EPUB from nothing")
        spent = child.run(child.press("book", "--root", self.book))
        return [
            Line("whole book: site, PDF, EPUB", spent.wall_s, "s"),
            Line("whole book, memory at most", spent.memory_mb, "MB"),
        ]

    def again(self) -> list[Line]:
        """What an author runs again and again; the book is built already."""
        chapter = ("pdf", "--root", self.book, "--chapter", str(CHAPTER))
        return [
            self._command("book, nothing changed", 2.0, "book", "--root", self.book),
            self._command("check", None, "check", "--root", self.book),
            self._command("PDF of one chapter", 5.0, *chapter),
        ]

    def _command(self, what: str, bar: float | None, *arguments: str | Path) -> Line:
        """Seconds of a verb of the press; the first of some runs isn't counted.

        `press check` ends with 1 where it has found something, as in this book.
        """
        self.tell(what)
        fine = (0, 1) if "check" in arguments else (0,)
        runs = [child.run(child.press(*arguments), fine=fine) for _ in range(BUILDS)]
        return Line(what, median(run.wall_s for run in runs[1:]), "s", bar)

    def writers(self) -> tuple[list[Line], dict[str, float]]:
        """The PDF and the EPUB alone, and the shares of the PDF's time."""
        self.tell("PDF and EPUB alone")
        command = [sys.executable, "-m", "press.bench.writers", str(self.book)]
        spent = child.run(command)
        found = json.loads(spent.output.splitlines()[-1])
        pdf, epub = found["pdf"], found["epub"]
        lines = [
            Line("PDF", pdf["wall_s"], "s"),
            Line("PDF, CPU", pdf["cpu_s"], "s"),
            Line("PDF, pages", pdf["pages"], ""),
            Line("PDF, CPU a page", 1000 * pdf["cpu_s"] / pdf["pages"], "ms"),
            Line("PDF, size", pdf["size_mb"], "MB"),
            Line("PDF and EPUB, memory at most", spent.memory_mb, "MB"),
            Line("EPUB, CPU", epub["cpu_s"], "s", 5.0),
        ]
        return lines, found["stages"]
