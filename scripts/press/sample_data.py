"""What the invented book refers to: facts, terms, works, drawings and code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

from press import diagrams
from press.index import slug
from press.sample_prose import ACTIONS, QUALITIES, SUBJECTS, Prose
from press.theme import Theme

PARTS = (3, 3, 2, 3, 2)  # chapters in each part
FACTS = 6  # in each section's part of the ledger
TERMS, WORKS = 150, 160
OTHER_CHAPTERS, OTHER_SECTIONS = 14, 24
UNITS = ("ms", "%", "MB")
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 360" width="640" '
    'height="360"><rect width="640" height="360" fill="{paper}"/>\n{shapes}\n</svg>\n'
)
BOX = (
    '<rect x="{x}" y="{y}" width="120" height="40" fill="none" stroke="{ink}"/>'
    '<text x="{tx}" y="{ty}" fill="{ink}" font-family="Inter, sans-serif" '
    'font-size="14">{word}</text>'
)
BOXES = tuple((x, y) for y in range(20, 340, 80) for x in range(20, 600, 160))
CODE = '''\
"""Invented code for section {place}."""

LIMIT = {limit}


# --8<-- [start:shown]
def {name}({a}: float, {b}: float) -> float:
    """{doc}"""
    {c} = {a} / max({b}, LIMIT)
    total = {c} * {b}
    for step in range({count}):
        if step > LIMIT:
            break
        total += step * {c}
    return total - {a}


# --8<-- [end:shown]
'''


@dataclass(frozen=True)
class Size:
    """How much to invent: chapters, sections a chapter, words a section."""

    chapters: int = sum(PARTS)
    sections: int = 5
    words: int = 1_460

    def parts(self) -> list[list[int]]:
        """Chapter numbers by part."""
        ends = [sum(PARTS[: part + 1]) for part in range(len(PARTS))]
        dealt = [
            range(end - count + 1, min(end, self.chapters) + 1)
            for end, count in zip(ends, PARTS, strict=True)
        ]
        return [list(part) for part in dealt if part]

    @property
    def places(self) -> list[str]:
        """Every section as "chapter-section"."""
        numbers = range(1, self.sections + 1)
        return [f"{c}-{s}" for c in range(1, self.chapters + 1) for s in numbers]


@dataclass(frozen=True)
class Sample:
    """A project under way."""

    folder: Path
    seed: int
    size: Size

    def prose(self, place: str) -> Prose:
        """Words of their own for a place in the book."""
        return Prose(f"{self.seed}/{place}")

    def put(self, path: str, text: str) -> None:
        """Write a file of the project."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Code:
    """An invented function: its file's text and the names in it."""

    text: str
    leads: tuple[str, str, str]


def data_files(sample: Sample) -> None:
    """Write ledger, glossary, bibliography, the other book, drawings and code."""
    places = sample.size.places
    ledger = [fact(sample, place, n) for place in places for n in range(FACTS)]
    sample.put("manuscript/facts.yml", "\n".join(ledger))
    sample.put("manuscript/glossary.yml", _glossary(sample))
    sample.put("manuscript/references.bib", _bibliography(sample))
    sample.put("manuscript/book1.yml", _other_book(sample))
    theme = Theme.load(sample.folder / "theme")
    for place in places:
        _drawings(sample, place, theme)
        values = {str(n): quantity(sample, place, n)[0] for n in range(2)}
        text = json.dumps({"values": values}, indent=1) + "\n"
        sample.put(f"experiments/p-{place}/data.json", text)
        sample.put(f"service/s{place.replace('-', '_')}.py", code(sample, place).text)
    _lock(sample.folder, theme)


def quantity(sample: Sample, place: str, number: int) -> tuple[float, str]:
    """Value and unit of a section's fact."""
    dice = Random(f"{sample.seed}/fact {place} {number}")
    return round(dice.uniform(1, 900), 1), dice.choice(UNITS)


def fact(sample: Sample, place: str, number: int) -> str:
    """A ledger entry: two derived, two cited and two assumed a section."""
    prose = sample.prose(f"entry {place} {number}")
    value, unit = quantity(sample, place, number)
    lines = [f"f{place}-{number}:", f'  unit: "{unit}"', "  as_of: 2026-01-01"]
    lines.append(f'  conditions: "{prose.text(12)}"')
    if number < 2:
        lines += ["  kind: derived", f'  source: "experiments/p-{place}#{number}"']
    elif number < 4:
        key = f"work{prose.random.randrange(WORKS)}"
        lines += ["  kind: cited", f"  value: {value}", f"  cite: {key}"]
        lines.append(f'  locator: "§{prose.random.randint(1, 9)}"')
    else:
        lines += ["  kind: assumed", f"  value: {value}"]
        lines.append(f'  rationale: "{prose.text(10)}"')
    return "\n".join(lines) + "\n"


def term(number: int) -> str:
    """The name of a glossary term; no two are the same."""
    quality = QUALITIES[number % len(QUALITIES)]
    return f"{quality} {SUBJECTS[number * 7 % len(SUBJECTS)]}"


def _glossary(sample: Sample) -> str:
    entries = []
    for number in range(TERMS):
        meaning = sample.prose(f"term {number}").text(24)
        entries.append(f"t{number}:\n  term: {term(number)}\n  definition: {meaning}\n")
    return "".join(entries)


def _bibliography(sample: Sample) -> str:
    return "\n".join(_work(sample.prose(f"work {n}"), n) for n in range(WORKS))


def _work(prose: Prose, number: int) -> str:
    draw = prose.random
    people = [
        f"{draw.choice(SUBJECTS).title()}son, {draw.choice(QUALITIES).title()}"
        for _ in range(draw.randint(1, 4))
    ]
    fields = {
        "author": " and ".join(people),
        "title": prose.title(),
        "journal": f"Journal of {prose.noun()}s",
        "year": draw.randint(1975, 2025),
        "pages": f"{number + 1}--{number + 9}",
        "url": f"https://example.org/{number}",
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return f"@article{{work{number},\n{lines}}}\n"


def other_section(sample: Sample, chapter: int, section: int) -> tuple[str, str]:
    """Slug and title of a section of the other book."""
    title = sample.prose(f"other {chapter} {section}").title()
    return f"{slug(title)}-{section}", title


def _other_book(sample: Sample) -> str:
    out = ["title: Another Book", "url: https://example.org/book", "chapters:"]
    for chapter in range(1, OTHER_CHAPTERS + 1):
        out += [f"  ch{chapter:02}:", f"    title: The chapter {chapter}"]
        out += [f"    file: {chapter:02}.md", "    sections:"]
        for number in range(OTHER_SECTIONS):
            name, title = other_section(sample, chapter, number)
            out.append(f'      - {{title: "{title}", slug: "{name}", level: 2}}')
    return "\n".join(out) + "\n"


def code(sample: Sample, place: str) -> Code:
    """A section's function; the leads are what its call-outs quote."""
    prose = sample.prose(f"code {place}")
    a, b, c = prose.random.sample(SUBJECTS, 3)
    text = CODE.format(
        place=place,
        limit=prose.random.randint(2, 99),
        name=f"{prose.random.choice(ACTIONS)}_{a}",
        doc=prose.sentence(),
        count=prose.random.randint(3, 30),
        a=f"{a}_ms",
        b=f"{b}_ms",
        c=f"per_{c}",
    )
    return Code(text, (f"/ max({b}_ms, LIMIT)", "total += step", "return total"))


def _drawings(sample: Sample, place: str, theme: Theme) -> None:
    """Two diagrams and a plot, light and dark; the diagrams with their sources."""
    for number in (1, 2):
        prose = sample.prose(f"diagram {place} {number}")
        words = prose.random.sample(SUBJECTS, len(BOXES))
        chain = "\n".join(f"  {a} --> {b}" for a, b in pairwise(words))
        text = f"%% title: {prose.title()}\nflowchart TB\n{chain}\n"
        sample.put(f"diagrams/d-{place}-{number}.mmd", text)
        for form, colours in theme.palette.items():
            path = f"diagrams/rendered/d-{place}-{number}.{form}.svg"
            sample.put(path, _svg(colours, _boxes(words, colours["ink"])))
    for form, colours in theme.palette.items():
        shapes = _curve(Random(f"{sample.seed}/{place}/plot"), colours["ink"])
        sample.put(f"experiments/p-{place}/plot.{form}.svg", _svg(colours, shapes))


def _svg(colours: dict[str, str], shapes: str) -> str:
    return SVG.format(paper=colours["paper"], shapes=shapes)


def _lock(folder: Path, theme: Theme) -> None:
    """Say of every diagram that it was drawn from its source as it is."""
    gallery = diagrams.Gallery(folder, theme)
    lock = {source.name: gallery.entry(source) for source in gallery.sources()}
    gallery.lock_path.write_text(json.dumps(lock, indent=2) + "\n", encoding="utf-8")


def _boxes(words: list[str], ink: str) -> str:
    return "\n".join(
        BOX.format(x=x, y=y, tx=x + 8, ty=y + 25, ink=ink, word=word)
        for (x, y), word in zip(BOXES, words, strict=True)
    )


def _curve(dice: Random, ink: str) -> str:
    height = 180.0
    points = []
    for step in range(1_200):
        height = min(340, max(20, height + dice.gauss(0, 6)))
        points.append(f"{step * 0.53:.2f},{height:.2f}")
    line = " ".join(points)
    return f'<polyline points="{line}" fill="none" stroke="{ink}"/>'
