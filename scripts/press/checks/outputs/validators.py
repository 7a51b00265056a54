"""Programs that others keep, asked about an output: vnu, EPUBCheck, Ace, veraPDF."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from press import npm
from press.checks.outputs import archive, tools
from press.findings import Finding, PressError
from press.mermaid import chromium

TIMEOUT = 300  # s
PDF_UA = Path(__file__).parent / "verapdf" / "PdfUa.java"
POLICY = "Content Security Policy"  # vnu doesn't know what 'self' is; a browser does
SEVERE = ("FATAL", "ERROR", "WARNING")


def html(folder: Path) -> Iterator[Finding]:
    """Every page is valid HTML, in the W3C's validator's eyes."""
    jar = npm.fetch(tools.VNU)
    command = ["java", "-jar", str(jar), "--format", "json", "--skip-non-html"]
    done = _run([*command, "--exit-zero-always", str(folder)])
    for message in _json(done.stderr, folder)["messages"]:
        kind = message.get("subType", message["type"])
        if kind in ("error", "fatal", "warning") and POLICY not in message["message"]:
            path = Path(message.get("url", str(folder)).removeprefix("file:"))
            line = message.get("lastLine", 1)
            yield Finding(
                path, line, "site-html", message["message"], "mend the markup"
            )


def epubcheck(path: Path, jar: Path) -> Iterator[Finding]:
    """The EPUB keeps its specification, in the W3C's validator's eyes."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        _run(["java", "-jar", str(jar), "--json", str(report), str(path)])
        messages = _json(report.read_text("utf-8"), path)["messages"]
    for message in messages:
        if message["severity"] in SEVERE:
            place = next(iter(message["locations"]), {})
            file = path / place.get("path", "")
            line = max(1, place.get("line", 1))
            what = f"{message['ID']}: {message['message']}"
            yield Finding(file, line, "epub-check", what, "mend the EPUB's writer")


def ace(path: Path) -> Iterator[Finding]:
    """The EPUB is accessible, in the DAISY Consortium's checker's eyes."""
    script = tools.ace()
    browser = {"PUPPETEER_EXECUTABLE_PATH": chromium.executable()}
    with tempfile.TemporaryDirectory() as folder:
        command = ["node", str(script), "--force", "--silent", "--outdir", folder]
        done = _run([*command, str(path)], os.environ | browser)
        report = Path(folder) / "report.json"
        if not report.is_file():
            lines = (done.stdout + done.stderr).strip().splitlines() or ["no message"]
            what = f"Ace gave up: {lines[-1]}"
            yield Finding(path, 1, "epub-ace", what, "mend what it names")
            return
        read = _json(report.read_text("utf-8"), path)
    book = archive.read(path)
    for document in read["assertions"]:
        url = document["earl:testSubject"]["url"].lstrip("/")
        file = url if url in book.files else book.target(book.package_name, url)[0]
        for found in document["assertions"]:
            test = found["earl:test"]
            what = f"{test['dct:title']}: {found['earl:result']['dct:description']}"
            place = book.place(file)
            yield Finding(place, 1, "epub-ace", what, "mend the EPUB's writer")


def verapdf(path: Path, jar: Path) -> Iterator[Finding]:
    """The PDF keeps PDF/UA-1, in veraPDF's eyes."""
    done = _run(["java", "-cp", str(jar), str(PDF_UA), str(path)])
    made, *failed = done.stdout.splitlines() or [""]
    if done.returncode or not made.isdecimal():
        lines = done.stderr.strip().splitlines() or ["no message"]
        what = f"veraPDF failed: {lines[0]}"
        raise PressError(Finding(path, 1, "tools", what, "run it by hand"))
    told = [line.split("\t") for line in failed]
    for clause, count in Counter(fields[0] for fields in told).items():
        _, message, place = next(fields for fields in told if fields[0] == clause)
        what = f"{clause}, {count} times: {message} First at {place}"
        yield Finding(path, 1, "pdf-ua", what, "see `press/printing`")


def _run(
    command: Sequence[str], environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=TIMEOUT
        )
    except FileNotFoundError:
        what = f"checks need {command[0]}, and there is none"
        found = Finding(npm.cache(), 1, "tools", what, "install it")
        raise PressError(found) from None


def _json(text: str, path: Path) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        lines = text.strip().splitlines() or ["no message"]
        what = f"the validator failed: {lines[-1]}"
        found = Finding(path, 1, "tools", what, "run it by hand")
        raise PressError(found) from None
