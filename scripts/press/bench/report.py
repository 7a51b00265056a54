"""What the bench found, as data, as a table to read and as a page."""

from __future__ import annotations

import datetime
import json
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1] / "docs"
PACKAGES = ("mkdocs", "mkdocs-material", "Markdown", "lxml", "weasyprint", "pikepdf")
VERDICTS = {True: "met", False: "missed", None: ""}
HEAD = ("what", "measured", "bar", "verdict")
PAGE = """\
# How fast the press is

Written by `press bench` on {date}; the numbers are in `speed.json`. The book is
invented by `press sample`: 13 chapters, 110,000 words. Stock is MkDocs with
Material, the same theme options and Markdown extensions over the pages that
`press expand` writes, measured in turn in the same run; its fences are without the
press's options, or it would take listings for text. Times are by the clock unless
CPU is said; builds are medians of three, reloads of five (stock: three), other
commands the mean of two after a first. Compiled Python modules are kept between
runs, as Python does unless told not to. The EPUB is written after the PDF.

Machine: {machine}. Python {python}; {packages}.

{table}

Where the PDF's CPU time goes, from a look at the stack every 5 ms, which the PDF's
times above include (see [pdf-time.md](pdf-time.md) for what was done about it):

{stages}
"""


def about() -> dict[str, Any]:
    """The day and the machine of a measurement."""
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in PACKAGES},
    }


def _cpu() -> str:
    """The processor's name, where the system tells it."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.is_file() else []
    names = (line.partition(": ")[2] for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def rows(found: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """The lines as text: what, measured, bar, verdict."""
    return [
        (
            line["what"],
            _quantity(line["value"], line["unit"]),
            f"≤ {line['bar']:g} {line['unit']}" if line["bar"] is not None else "",
            VERDICTS[line["met"]],
        )
        for line in found["lines"]
    ]


def _quantity(value: float, unit: str) -> str:
    number = f"{value:.0f}" if value >= 100 or not unit else f"{value:.2f}"
    return f"{number} {unit}".rstrip()


def table(found: dict[str, Any]) -> str:
    """The lines for a terminal."""
    shown = [HEAD, *rows(found)]
    widths = [max(len(row[column]) for row in shown) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in shown
    )


def write(found: dict[str, Any], folder: Path = DOCS) -> None:
    """Write `speed.json` and `speed.md`, made from it."""
    folder.mkdir(exist_ok=True)
    text = json.dumps(found, indent=1, ensure_ascii=False)
    (folder / "speed.json").write_text(text + "\n", encoding="utf-8")
    (folder / "speed.md").write_text(page(found), encoding="utf-8")


def page(found: dict[str, Any]) -> str:
    """The lines as a page."""
    told = found["about"]
    stages = [(name, f"{share:.0%}") for name, share in found["pdf_stages"].items()]
    return PAGE.format(
        date=told["date"],
        machine=f"{told['cpu']}, {told['cores']} cores, {told['system']}",
        python=told["python"],
        packages=", ".join(f"{n} {v}" for n, v in told["packages"].items()),
        table=_markdown([HEAD, *rows(found)]),
        stages=_markdown([("stage", "share"), *stages]),
    )


def _markdown(shown: list[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in shown]
    return "\n".join([lines[0], "|---" * len(shown[0]) + "|", *lines[1:]])
