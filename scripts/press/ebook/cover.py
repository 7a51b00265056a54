"""The EPUB's cover: drawn from title and palette, kept as pixels for shelves."""

from __future__ import annotations

import math
import textwrap
from html import escape
from pathlib import Path

from press.book import Edition
from press.theme import Theme

WIDTH, HEIGHT = 1600, 2400
MARGIN = 140
TITLE_COLUMNS, SUBTITLE_COLUMNS = 16, 38
BARS = 48


def svg(edition: Edition, theme: Theme) -> str:
    """The cover as SVG: title, subtitle, a spoken line turning into text, author."""
    colours = theme.values("dark")
    title = textwrap.wrap(edition.title, TITLE_COLUMNS)
    subtitle = textwrap.wrap(edition.subtitle, SUBTITLE_COLUMNS)
    below = 380 + 170 * len(title)
    lines = [
        _text(line, 380 + 170 * i, 150, 600, colours["ink"], "Source Serif 4")
        for i, line in enumerate(title)
    ]
    lines += [
        _text(line, below + 72 * i, 54, 400, colours["muted"], "Inter")
        for i, line in enumerate(subtitle)
    ]
    foot = HEIGHT - MARGIN - 20
    lines.append(_text(edition.author, foot, 64, 600, colours["ink"], "Inter"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{colours["paper"]}"/>'
        f'<rect width="{WIDTH}" height="24" fill="{colours["accent"]}"/>'
        f"{_wave(1640, colours)}{''.join(lines)}</svg>"
    )


def _text(words: str, y: int, size: int, weight: int, colour: str, family: str) -> str:
    return (
        f'<text x="{MARGIN}" y="{y}" font-family="{family}" font-size="{size}" '
        f'font-weight="{weight}" fill="{colour}">{escape(words)}</text>'
    )


def _wave(middle: int, colours: dict[str, str]) -> str:
    """Bars of a waveform, the last of them settled into even steps."""
    step = (WIDTH - 2 * MARGIN) / BARS
    bars = []
    for number in range(BARS):
        swing = math.sin(number * 0.55) * math.sin(number * 0.17 + 0.6)
        height = 40 + 420 * abs(swing) * math.exp(-((number - 18) ** 2) / 420)
        settled = number >= BARS * 2 // 3
        height = 40 if settled else height
        colour = colours["ochre"] if settled else colours["accent"]
        bars.append(
            f'<rect x="{MARGIN + number * step:.1f}" y="{middle - height / 2:.1f}" '
            f'width="{step * 0.55:.1f}" height="{height:.1f}" rx="6" fill="{colour}"/>'
        )
    return "".join(bars)


def png(drawing: str, fonts: Path) -> bytes:
    """The cover as pixels; only the typefaces in `fonts` are used."""
    import resvg_py

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=drawing,
            width=WIDTH,
            font_dirs=[str(fonts)],
            skip_system_fonts=True,
        )
    )
