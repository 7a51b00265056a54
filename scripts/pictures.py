"""The README's pictures, taken from the outputs that `make book` built.

usage: python scripts/pictures.py

Needs Chromium and poppler's `pdftoppm`. Writes three PNG files to
`.github/pictures/`: a page of the site, two facing pages of the PDF, two pages
of the EPUB, narrow as on a phone.
"""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
PICTURES = ROOT / ".github" / "pictures"
CHAPTER = "01-the-serving-problem"
SECTION = f"{CHAPTER}/01-after-training"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
QUIET = ("--disable-background-networking", "--no-first-run", "--disable-sync")
PDF_DPI = 80
COLOURS = 128


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder's files on a loopback port; gives the address."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    handler = functools.partial(Handler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def screenshot(address: str, width: int, height: int) -> Image.Image:
    """A page as Chromium shows it, `width` × `height` CSS pixels."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit("Chromium is missing; install it")
    with tempfile.TemporaryDirectory() as work:
        shot = Path(work) / "shot.png"
        size = f"--window-size={width},{height}"
        profile = f"--user-data-dir={work}/profile"
        command = [browser, *FLAGS, *QUIET, profile, size]
        subprocess.run(
            [*command, f"--screenshot={shot}", address], check=True, capture_output=True
        )
        return Image.open(shot).convert("RGB")


def site() -> Image.Image:
    """The top of section 1.1."""
    with served(BUILD / "site") as address:
        return screenshot(f"{address}/{SECTION}/", 1280, 1000)


def pdf(first: int) -> Image.Image:
    """Two facing pages of the PDF, the left one with this physical number."""
    (book,) = BUILD.glob("*.pdf")
    with tempfile.TemporaryDirectory() as work:
        pages = ["-f", str(first), "-l", str(first + 1)]
        subprocess.run(
            ["pdftoppm", "-png", "-r", str(PDF_DPI), *pages, book, f"{work}/p"],
            check=True,
        )
        shots = [
            Image.open(path).convert("RGB") for path in sorted(Path(work).iterdir())
        ]
    return beside(shots, "#888888", 1)


def epub() -> Image.Image:
    """An opener and a section of the EPUB, narrow as on a phone."""
    (book,) = BUILD.glob("*.epub")
    with tempfile.TemporaryDirectory() as work:
        with zipfile.ZipFile(book) as archive:
            archive.extractall(work)
        with served(Path(work) / "EPUB") as address:
            pages = (f"{CHAPTER}-index.xhtml", f"{SECTION.replace('/', '-')}.xhtml")
            shots = [screenshot(f"{address}/text/{page}", 500, 900) for page in pages]
    return beside(shots, "#888888", 1)


def beside(shots: list[Image.Image], ground: str, gap: int) -> Image.Image:
    """Pictures of one height side by side."""
    width = sum(shot.width for shot in shots) + gap * (len(shots) - 1)
    sheet = Image.new("RGB", (width, shots[0].height), ground)
    left = 0
    for shot in shots:
        sheet.paste(shot, (left, 0))
        left += shot.width + gap
    return sheet


def main() -> None:
    """Take the three pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, shot in (("site", site()), ("pdf", pdf(24)), ("epub", epub())):
        shot.quantize(COLOURS).save(PICTURES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
