"""A book project of book size, invented from a seed, to measure the press with.

The pages have the density of a real section: per 1,700 words two diagrams, a
plot, a listing with call-outs, a recorded output, a table, a formula, and some
forty citations, facts, terms, index marks and references. Settings and theme
are those of the project that it is made from.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from press import data
from press.index import slug
from press.sample_data import (
    FACTS,
    OTHER_CHAPTERS,
    OTHER_SECTIONS,
    TERMS,
    WORKS,
    Sample,
    Size,
    code,
    data_files,
    other_section,
    quantity,
    term,
)
from press.sample_prose import QUALITIES, SUBJECTS, Prose

ROMAN = ("I", "II", "III", "IV", "V")
BACK = {
    "glossary": "Glossary",
    "evidence": "Evidence",
    "refs": "References",
    "list-of-figures": "List of figures",
    "list-of-tables": "List of tables",
    "list-of-listings": "List of listings",
    "index": "Index",
}
CALLOUTS = ("incident", "tradeoff", "pitfall", "measured")
LABELS = ("fig-{}-1", "fig-{}-2", "fig-{}-p", "tbl-{}", "lst-{}", "eq-{}", "sec-{}")
SIDE_WORDS = 280  # in an opener, in exercises
TOP_LEVEL = re.compile(r"(?m)^(?=\w)")
PARTICULAR = ("site_name:", "site_description:", "docs_dir:", "nav:")
ABOUT = re.compile(r"(?m)^  book:\n(?:    .*\n)+")
OWN_ABOUT = """\
  book:
    slug: sample
    author: Nobody
    version: "1"
    date: 2026-01-01
    identifier: urn:uuid:00000000-0000-4000-8000-000000000000
"""
UNNUMBERED = "---\nunnumbered: true\n---\n\n"


def write(folder: Path, project: Path, seed: int = 1, size: Size | None = None) -> None:
    """Invent a book in the new folder `folder` with the settings of `project`.

    The same seed and size give the same bytes.
    """
    sample = Sample(folder, seed, size or Size())
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(project / "theme", folder / "theme")
    data_files(sample)
    nav = _front(sample)
    for part, chapters in enumerate(sample.size.parts()):
        title = sample.prose(f"part {part}").title()
        nav.append(f"  - Part {ROMAN[part]}. {title}:\n")
        for number in chapters:
            nav += _chapter(sample, number)
    nav += _back(sample)
    settings = _settings(data.read_text(project / "mkdocs.yml"))
    sample.put("mkdocs.yml", settings + "nav:\n" + "".join(nav))


def _settings(text: str) -> str:
    """A project's `mkdocs.yml` with an invented book in the place of its own."""
    blocks = [b for b in TOP_LEVEL.split(text) if not b.startswith(PARTICULAR)]
    shared = ABOUT.sub(lambda _: OWN_ABOUT, "".join(blocks)).rstrip("\n")
    return f"site_name: A Sample of a Book\ndocs_dir: manuscript\n{shared}\n"


def _front(sample: Sample) -> list[str]:
    nav = ["  - Home: index.md\n", "  - Front matter:\n"]
    home = sample.prose("home").text(SIDE_WORDS)
    sample.put("manuscript/index.md", f"{UNNUMBERED}# Home {{#sec-home}}\n\n{home}\n")
    for name in ("preface", "how-to-read"):
        title = name.replace("-", " ").capitalize()
        text = sample.prose(name).text(SIDE_WORDS)
        head = f"{UNNUMBERED}# {title} {{#sec-{name}}}"
        sample.put(f"manuscript/front/{name}.md", f"{head}\n\n{text}\n")
        nav.append(f"      - front/{name}.md\n")
    page = f"{UNNUMBERED}# Contents {{#sec-contents}}\n\n::: {{#contents}}\n:::\n"
    sample.put("manuscript/front/contents.md", page)
    return [*nav, "      - front/contents.md\n"]


def _back(sample: Sample) -> list[str]:
    nav = ["  - Back matter:\n"]
    for block, title in BACK.items():
        name = slug(title)
        head = f"{UNNUMBERED}# {title} {{#sec-{name}}}"
        text = f"{head}\n\n::: {{#{block}}}\n:::\n"
        sample.put(f"manuscript/back/{name}.md", text)
        nav.append(f"      - back/{name}.md\n")
    return nav


def _chapter(sample: Sample, number: int) -> list[str]:
    prose = sample.prose(f"chapter {number}")
    title, folder = prose.title(), f"{number:02}-chapter"
    nav = [f"      - {number}. {title}:\n", f"          - {folder}/index.md\n"]
    meta = "---\nstatus: draft\nfacts_verified: 2026-01-01\n---\n\n"
    marks = _marks(sample, f"{number}-1", prose)[:12]
    text = "\n\n".join(_body(prose, marks, [], SIDE_WORDS))
    head = f"{meta}# {title} {{#ch-{number}}}"
    sample.put(f"manuscript/{folder}/index.md", f"{head}\n\n{text}\n")
    for section in range(1, sample.size.sections + 1):
        name = f"{folder}/{section:02}-section.md"
        sample.put(f"manuscript/{name}", _section(sample, number, section))
        nav.append(f"          - {name}\n")
    tasks = f'!!! exercise "Try it"\n    {prose.text(SIDE_WORDS // 2)}'
    head = f"{UNNUMBERED}# Exercises {{#sec-{number}-exercises}}"
    text = f"{head}\n\n{prose.text(SIDE_WORDS // 2)}\n\n{tasks}\n"
    sample.put(f"manuscript/{folder}/exercises.md", text)
    return [*nav, f"          - {folder}/exercises.md\n"]


def _section(sample: Sample, chapter: int, section: int) -> str:
    place = f"{chapter}-{section}"
    prose = sample.prose(f"section {place}")
    marks = _marks(sample, place, prose)
    marks += ["[^1]", "[^2]", rf"with $\rho_{section} = \lambda / \mu_{chapter}$"]
    prose.random.shuffle(marks)
    blocks = list(_blocks(sample, chapter, section, prose))
    body = _body(prose, marks, blocks, sample.size.words)
    notes = [f"[^{n}]: {prose.text(18)}" for n in (1, 2)]
    head = f"# {prose.title()} {{#sec-{place}}}"
    return "\n\n".join([head, *body, *notes]) + "\n"


def _body(
    prose: Prose, marks: list[str], blocks: list[str], words: int
) -> Iterator[str]:
    """Paragraphs that use up `marks`, with `blocks` spread among them."""
    due = words - sum(len(block.split()) for block in blocks)
    paragraphs: list[str] = []
    while due > 0 or marks:
        paragraphs.append(prose.paragraph(marks))
        due -= len(paragraphs[-1].split())
    for index, paragraph in enumerate(paragraphs):
        yield paragraph
        first = index * len(blocks) // len(paragraphs)
        yield from blocks[first : (index + 1) * len(blocks) // len(paragraphs)]


def _marks(sample: Sample, place: str, prose: Prose) -> list[str]:
    """Inline marks in a section's number, in a random order."""
    draw, places = prose.random, sample.size.places
    marks = [f"[@work{draw.randrange(WORKS)}, §{draw.randint(1, 9)}]" for _ in range(6)]
    pair = draw.sample(range(WORKS), 2)
    marks.append(f"[@work{pair[0]}; @work{pair[1]}]")
    facts = [(place, n) for n in range(FACTS)]
    facts += [(draw.choice(places), draw.randrange(FACTS)) for _ in range(3)]
    for index, (where, number) in enumerate(facts):
        value, unit = quantity(sample, where, number)
        given = f"{value}{unit}" if unit == "%" else f"about {value} {unit}"
        marks.append(f"at [{given if index % 2 else ''}](fact:f{where}-{number})")
    for number in draw.sample(range(TERMS), 8):
        marks.append(f"as a [{term(number)}](term:t{number})")
    for _ in range(8):
        noun, quality = draw.choice(SUBJECTS), draw.choice(QUALITIES)
        marks.append(f"past the [{quality} {noun}](index:{noun}/{quality})")
    for _ in range(3):
        chapter = draw.randint(1, OTHER_CHAPTERS)
        name, title = other_section(sample, chapter, draw.randrange(OTHER_SECTIONS))
        marks.append(f"as in [“{title}”](book1:ch{chapter:02}#{name})")
    for where in (place, place, place, *draw.choices(places, k=3)):
        marks.append(f"(see @{draw.choice(LABELS).format(where)})")
    draw.shuffle(marks)
    return marks


def _blocks(sample: Sample, chapter: int, section: int, prose: Prose) -> Iterator[str]:
    """A section's figures, code, table, formula, call-outs and headings."""
    place, draw = f"{chapter}-{section}", prose.random
    shown = code(sample, place)
    output = f"$ sample {place}\n" + "".join(
        f"{draw.choice(SUBJECTS):<12}{draw.uniform(0, 99):8.2f}\n" for _ in range(8)
    )
    folder = f"manuscript/{chapter:02}-chapter"
    sample.put(f"{folder}/outputs/{section}.console", output)
    kinds = iter(CALLOUTS)

    def callout() -> str:
        return f'!!! {next(kinds)} "{prose.title()}"\n    {prose.text(50)}'

    yield _figure(prose, f"diagram:d-{place}-1", f"fig-{place}-1")
    yield callout()
    yield f"## {prose.title()} {{#sec-{place}-a}}"
    yield _table(sample, place, prose)
    calls = [f"{n}. `{c}` {prose.clause()}." for n, c in enumerate(shown.leads, 1)]
    fence = f"```python service/s{chapter}_{section}.py:shown\n```"
    yield "\n\n".join(
        [fence, f": {prose.sentence()} {{#lst-{place}}}", "\n".join(calls)]
    )
    yield callout()
    yield f"## {prose.title()} {{#sec-{place}-b}}"
    yield _figure(prose, f"plot:p-{place}", f"fig-{place}-p")
    count = draw.randint(2, 9)
    yield rf"$$ T_{{{place}}} = \sum_{{i=1}}^{{{count}}} x_i^2 $$ {{#eq-{place}}}"
    yield callout()
    yield f"## {prose.title()} {{#sec-{place}-c}}"
    caption = f": {prose.sentence()} {{#lst-{place}-run}}"
    yield f"```console outputs/{section}.console\n```\n\n{caption}"
    yield _figure(prose, f"diagram:d-{place}-2", f"fig-{place}-2")
    yield callout()


def _figure(prose: Prose, target: str, label: str) -> str:
    return f"![{prose.text(30)}]({target})\n\n: {prose.sentence()} {{#{label}}}"


def _table(sample: Sample, place: str, prose: Prose) -> str:
    rows = ["| What | Why | Before | After |", "|---|---|---:|---:|"]
    for number in range(FACTS):
        value = prose.random.randint(1, 999)
        row = (
            f"{prose.noun()} | {prose.clause()} | {value} | [](fact:f{place}-{number})"
        )
        rows.append(f"| {row} |")
    return "\n".join(rows) + f"\n\n: {prose.sentence()} {{#tbl-{place}}}"
