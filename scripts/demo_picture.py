"""The picture of the demo page in Earshot's README, taken from the page itself.

usage: python scripts/demo_picture.py

Needs Chromium, the weights and a quiet machine: the latencies in the picture
are those of the moment. Writes `.github/pictures/earshot.png`.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import wave
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from earshot.audio import pcm
from earshot.audio.formats import RATE
from earshot.bench.live import server
from earshot.bench.reading import reading

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / ".github" / "pictures" / "earshot.png"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-background-networking", "--no-first-run")
SIZE = {"width": 1280, "height": 900}
FINALS = 3
"""Sentences that are finished before the picture is taken."""


def spoken(folder: Path) -> Path:
    """A WAV file of the clips, long enough for the picture."""
    path = folder / "spoken.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm.encode(reading(20.0)))
    return path


def take(page: Page, address: str, file: Path) -> None:
    """Stream the file, and take the picture in the middle of a sentence."""
    page.goto(address)
    page.set_input_files("#file", file)
    page.locator("#finals p").nth(FINALS - 1).wait_for(timeout=60_000)
    page.locator("#live .unstable:not(:empty)").wait_for(timeout=20_000)
    page.wait_for_timeout(1500)
    page.locator("#live .unstable:not(:empty)").wait_for(timeout=20_000)
    page.screenshot(path=PICTURE)


def main() -> int:
    """Take the picture; 1 where there is no browser."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("no Chromium; install it, then try again", file=sys.stderr)
        return 1
    with (
        tempfile.TemporaryDirectory() as folder,
        server({}) as address,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=browser, args=FLAGS)
        page = chromium.new_page(viewport=SIZE)
        take(page, address, spoken(Path(folder)))
        chromium.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
