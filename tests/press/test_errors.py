"""What an author can get wrong, and the place and words that the press gives it.

Each case changes a copy of the fixture book and names the findings that follow:
file, a text of the line that is at fault, code. No other finding may come along.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from changes import PAGE, add, both, expected, remove, swap, write
from click.testing import CliRunner, Result

from press import apparatus, checks
from press import book as books
from press.build import Editions
from press.cli import main

OPENER = "manuscript/01-queues/index.md"
SECTION = "manuscript/01-queues/01-waiting.md"
FACTS = "manuscript/facts.yml"
BIB = "manuscript/references.bib"
GLOSSARY = "manuscript/glossary.yml"
INDEX = "manuscript/index.yml"
BOOK1 = "manuscript/book1.yml"
DATA = "experiments/queue/data.json"
CODE = "examples/queue.py"
NAV = "mkdocs.yml"
FINDING = re.compile(r"^(?P<path>[^:]+):(?P<line>\d+): .+; .+ \[(?P<code>[\w-]+)\]$")

FIGURE = "![Three people wait in one line before a counter.](diagram:line)"
LISTING = "```python examples/queue.py:mean\n```\n\n: Mean. {#lst-x}"

LABELS = {
    "unknown label": (
        add("See @fig-nowhere."),
        (PAGE, "@fig-nowhere", "label-unknown"),
    ),
    "unknown label, second line": (
        add("Two lines,\nsee @tbl-nowhere."),
        (PAGE, "see @tbl-nowhere", "label-unknown"),
    ),
    "duplicate label": (
        add(f"{FIGURE}\n\n: Again. {{#fig-line}}"),
        (PAGE, "{#fig-line}", "label-twice"),
    ),
    "unknown prefix": (
        add("## Picture {#pic-line}"),
        (PAGE, "{#pic-line}", "label-kind"),
    ),
    "prefix alone": (add("## Picture {#queue}"), (PAGE, "{#queue}", "label-kind")),
    "caption under nothing": (
        add("Text.\n\n: A caption. {#fig-x}"),
        (PAGE, ": A caption", "label-place"),
    ),
    "label right under a table": (
        add("| a |\n|---|\n| 1 |\n{#tbl-x}"),
        (PAGE, "{#tbl-x}", "label-place"),
    ),
    "label of another kind": (
        add(f"{FIGURE}\n\n: A caption. {{#tbl-x}}"),
        (PAGE, "{#tbl-x}", "label-place"),
    ),
    "table labelled as listing": (
        add("| a |\n|---|\n| 1 |\n\n: A caption. {#lst-x}"),
        (PAGE, "{#lst-x}", "label-place"),
    ),
    "caption without label": (
        add(f"{FIGURE}\n\n: A caption."),
        (PAGE, ": A caption", "caption-label"),
    ),
    "equation label in text": (
        add("A formula. {#eq-x}"),
        (PAGE, "{#eq-x}", "label-place"),
    ),
    "section label in text": (add("Text {#sec-x}"), (PAGE, "{#sec-x}", "label-place")),
    "section called a chapter": (
        swap(PAGE, "{#sec-exercises-queues}", "{#ch-exercises}"),
        (PAGE, "{#ch-exercises}", "label-place"),
    ),
    "reference in a link": (
        add("Look [at @fig-line there](01-waiting.md)."),
        (PAGE, "at @fig-line", "link-nested"),
    ),
    "citation in a link": (
        add("Look\n[at [@erlang1917] there](01-waiting.md)."),
        (PAGE, "[at [@erlang1917]", "link-nested"),
    ),
}

REFERENCES = {
    "unknown citation": (
        add("As [@nobody2000]."),
        (PAGE, "@nobody2000", "cite-unknown"),
    ),
    "malformed citation": (
        add("As [@erlang1917; see others]."),
        (PAGE, "see others", "cite-malformed"),
    ),
    "unknown fact": (
        add("It is [](fact:height)."),
        (PAGE, "fact:height", "fact-unknown"),
    ),
    "no rounding": (
        add("It is [about 12 min](fact:mean-wait)."),
        (PAGE, "about 12", "fact-text"),
    ),
    "text for a fact in words": (
        add("It is [four](fact:patience)."),
        (PAGE, "[four]", "fact-text"),
    ),
    "unknown term": (
        add("A [thing](term:thing)."),
        (PAGE, "term:thing", "term-unknown"),
    ),
    "unknown section of Book 1": (
        add("See [that](book1:ch05#connection-polling)."),
        (PAGE, "polling", "book1"),
    ),
    "wrong chapter of Book 1": (
        add("See [chapter 6](book1:ch05#connection-pooling)."),
        (PAGE, "[chapter 6]", "book1"),
    ),
    "wrong title of Book 1": (
        add("See [“Connection Pools”](book1:ch05#connection-pooling)."),
        (PAGE, "“Connection Pools”", "book1"),
    ),
    "unknown scheme": (
        add("A [joke](joke:one)."),
        (PAGE, "joke:one", "scheme-unknown"),
    ),
    "unknown image scheme": (
        add("![A drawing of nothing at all.](drawing:one)"),
        (PAGE, "drawing:one", "scheme-unknown"),
    ),
    "broken link": (
        add("Not `gone.md`, but\n[gone](gone.md)."),
        (PAGE, "[gone](gone.md)", "mkdocs"),
    ),
    "unknown anchor": (
        add("See\n[there](01-waiting.md#sec-nowhere)."),
        (PAGE, "[there]", "mkdocs"),
    ),
    "unknown anchor on the page": (
        add("See\n[there](#sec-nowhere)."),
        (PAGE, "[there]", "mkdocs"),
    ),
    "pointer to nothing": (
        add('  "queues":\n    - "no such entry"', INDEX),
        (INDEX, '"queues"', "index-see"),
    ),
    "inline formula": (add(r"So $\frac{1$ is."), (PAGE, r"\frac{1", "formula")),
    "unknown command": (add(r"So $\nothing x$ is."), (PAGE, r"\nothing", "formula")),
    "displayed formula": (
        add("So\n\n$$ y =\n\\nothing x\n$$ {#eq-x}"),
        (PAGE, "$$ y", "formula"),
    ),
    "displayed formula on one line": (
        add("$$ \\left( x $$"),
        (PAGE, "\\left(", "formula"),
    ),
    "open formula": (add("$$\nx = y\n\nText."), (PAGE, "$$", "formula-open")),
    "text behind a formula": (
        add("$$ x = y $$ and more."),
        (PAGE, "$$ x = y", "formula-open"),
    ),
}

DATA_FILES = {
    "malformed BibTeX": (
        swap(BIB, "{Telephone Waiting Times}", "{Telephone Waiting Times"),
        (BIB, "@misc{erlang1917", "bibtex"),
    ),
    "BibTeX without a comma": (
        add("@book{x,\n  author = {A}\n  title = {B},\n}\n", BIB),
        (BIB, "title = {B}", "bibtex"),
    ),
    "key twice in BibTeX": (
        add("@book{Erlang1917,\n author={A},\n title={B}\n}", BIB),
        (BIB, "@book{Erlang1917", "bib-twice"),
    ),
    "no author": (
        add("@book{x,\n title={B}\n}\n@book{y,\n author={A}\n}", BIB),
        (BIB, "@book{x", "bib-incomplete"),
        (BIB, "@book{y", "bib-incomplete"),
    ),
    "malformed facts.yml": (write(FACTS, "a: b\nx: [1\n"), (FACTS, 3, "yaml")),
    "malformed glossary.yml": (
        add("x: {term: y: z}", GLOSSARY),
        (GLOSSARY, "y: z", "yaml"),
    ),
    "malformed index.yml": (add("\tx: y", INDEX), (INDEX, "\tx: y", "yaml")),
    "malformed book1.yml": (write(BOOK1, "x: 'y\n"), (BOOK1, 2, "yaml")),
    "malformed mkdocs.yml": (
        swap(NAV, "site_name: The", "site_name: The:"),
        (NAV, "site_name", "yaml"),
    ),
    "malformed front matter": (
        swap(OPENER, "status: begun", "status: [begun"),
        (OPENER, "promises:", "yaml"),
    ),
    "no such day": (
        swap(FACTS, "as_of: 2026-11-20\n  review", "as_of: 2026-11-31\n  review"),
        (FACTS, "arrivals:", "yaml"),
    ),
    "no such day in front matter": (
        swap(OPENER, "facts_verified: 2026-11-23", "facts_verified: 2026-11-31"),
        (OPENER, "facts_verified:", "yaml"),
    ),
    "no day in front matter": (
        swap(OPENER, "facts_verified: 2026-11-23", "facts_verified: lately"),
        (OPENER, "facts_verified:", "facts-verified"),
    ),
    "a list for a mapping": (write(GLOSSARY, "- a\n"), (GLOSSARY, 1, "yaml")),
    "key twice": (
        add("patience:\n  kind: assumed\n  value: 3\n  rationale: r", FACTS),
        (FACTS, "patience:", "duplicate-key"),
    ),
    "key twice in an entry": (
        add("x:\n  kind: assumed\n  value: 3\n  rationale: r\n  value: 4", FACTS),
        (FACTS, "value: 4", "duplicate-key"),
    ),
    "unknown kind": (
        add("x: {kind: guessed, value: 3}\ny: 4", FACTS),
        (FACTS, "x: {", "fact"),
        (FACTS, "y: 4", "fact"),
    ),
    "no experiment": (
        add('x: {kind: measured, source: "experiments/none#a"}', FACTS),
        (FACTS, "experiments/none", "fact"),
    ),
    "no such value": (
        add('x: {kind: measured, source: "experiments/queue#wait.most"}', FACTS),
        (FACTS, "wait.most", "fact"),
    ),
    "no single value": (
        add('x: {kind: measured, source: "experiments/queue#wait"}', FACTS),
        (FACTS, "queue#wait", "fact"),
    ),
    "typed value": (
        add('x: {kind: measured, source: "experiments/queue#load", value: 3}', FACTS),
        (FACTS, "value: 3", "fact"),
    ),
    "no locator": (
        add("x: {kind: cited, value: 3, cite: erlang1917}", FACTS),
        (FACTS, "x: {", "fact"),
    ),
    "no number": (
        add("x: {kind: assumed, value: .nan, rationale: r}", FACTS),
        (FACTS, ".nan", "fact"),
    ),
    "no count of digits": (
        add("x: {kind: assumed, value: 1, digits: few, rationale: r}", FACTS),
        (FACTS, "few", "fact"),
    ),
    "fact from an unknown source": (
        add("x: {kind: cited, value: 3, cite: nobody, locator: p. 1}", FACTS),
        (FACTS, "nobody", "cite-unknown"),
    ),
    "data that is no JSON": (
        write(DATA, "{"),
        (FACTS, "mean-wait:", "fact"),
        (FACTS, "utilisation:", "fact"),
    ),
    "data without values": (
        write(DATA, '{"date": "2026-11-20"}'),
        (FACTS, "mean-wait:", "fact"),
        (FACTS, "utilisation:", "fact"),
    ),
    "term without definition": (
        add("x: {term: y}", GLOSSARY),
        (GLOSSARY, "x: {", "term"),
    ),
    "unknown key in index.yml": (
        add("sea: {a: b}", INDEX),
        (INDEX, "sea:", "index"),
    ),
    "pointers of no shape": (write(INDEX, "see: [a]\n"), (INDEX, "see:", "index")),
    "chapters of no shape": (
        write(BOOK1, "title: T\nurl: u\nchapters: [a]\n"),
        (BOOK1, "chapters:", "book1"),
    ),
    "chapter without file": (
        add('  ch06: {title: "T"}', BOOK1),
        (BOOK1, "ch06", "book1"),
    ),
    "bytes in a page": (
        write(PAGE, b"---\nunnumbered: true\n---\n\n# E\n\nna\xefve [w](term:wait)\n"),
        (PAGE, 7, "encoding"),
    ),
    "bytes in a data file": (
        write(GLOSSARY, b"fifo:\n  term: \xe9\n  definition: d\n"),
        (GLOSSARY, 2, "encoding"),
    ),
    "bytes in the bibliography": (write(BIB, b"% \xe9\n"), (BIB, 1, "encoding")),
}

SOURCES = {
    "missing section mark": (
        add("```python examples/queue.py:median\n```"),
        (PAGE, "median", "listing"),
    ),
    "section without end": (
        both(
            add("# --8<-- [start:open]\nx = 1", CODE),
            add("```python examples/queue.py:open\n```"),
        ),
        (PAGE, ":open", "listing"),
    ),
    "outside the project": (
        add("```python ../../outside.py\n```"),
        (PAGE, "outside", "listing"),
    ),
    "missing file": (
        add("```python examples/none.py\n```"),
        (PAGE, "none.py", "listing"),
    ),
    "missing output": (
        add("```console outputs/none.console\n```"),
        (PAGE, "none.console", "listing"),
    ),
    "listing with a body": (
        add("```python examples/tiny.py\nx = 1\n```"),
        (PAGE, "tiny.py", "listing-body"),
    ),
    "fence with options": (
        add('```python title="x"\nx = 1\n```'),
        (PAGE, "title=", "fence-info"),
    ),
    "call-out for no line": (
        add(f"{LISTING}\n\n1. `median` is not there."),
        (PAGE, "`median`", "callout"),
    ),
    "call-out for two lines": (
        add(f"{LISTING}\n\n1. `def mean_wait` begins.\n2. `total` is everywhere."),
        (PAGE, "`total`", "callout"),
    ),
    "call-out of a listing without caption": (
        add("```python examples/queue.py:mean\n```\n\n1. `median` is not there."),
        (PAGE, "`median`", "callout"),
    ),
    "missing diagram": (
        add("![Nothing to be seen here.](diagram:none)"),
        (PAGE, "diagram:none", "figure-missing"),
    ),
    "missing plot": (
        remove("experiments/queue/plot.dark.svg"),
        ("manuscript/front/preface.md", "plot:queue", "figure-missing"),
        ("manuscript/01-queues/02-shared-lines.md", "plot:queue", "figure-missing"),
    ),
    "drawing without size": (
        write("diagrams/rendered/line.dark.svg", "<svg/>"),
        (SECTION, "diagram:line", "figure-missing"),
    ),
    "no description": (
        add("![](diagram:line)"),
        (PAGE, "![]", "figure-description"),
    ),
    "figure in a sentence": (
        add("Look: ![A line of people.](diagram:line)"),
        (PAGE, "Look:", "figure-alone"),
    ),
    "figure and caption as one": (
        add(f"{FIGURE}\n: Caption. {{#fig-x}}"),
        (PAGE, "diagram:line", "figure-alone"),
        (PAGE, "{#fig-x}", "label-place"),
    ),
    "diagram that is not drawn": (
        write("diagrams/fresh.mmd", "%% title: Fresh\nflowchart LR\n  a --> b\n"),
        ("diagrams/fresh.mmd", 1, "diagram-stale"),
    ),
}

PAGES = {
    "unknown call-out": (
        add("!!! danger\n    Text."),
        (PAGE, "!!! danger", "callout-unknown"),
    ),
    "call-out that folds": (
        add("??? aside\n    Text."),
        (PAGE, "??? aside", "callout-unknown"),
    ),
    "footnote that is not there": (add("Text.[^no]"), (PAGE, "[^no]", "footnote")),
    "footnote that is never called": (
        add("[^no]: A note."),
        (PAGE, "[^no]:", "footnote"),
    ),
    "footnote that is there twice": (
        add("Text.[^n]\n\n[^n]: A note.\n\n[^n]: Another."),
        (PAGE, "Another", "footnote"),
    ),
    "HTML that does not nest": (
        add("Some <b>bold <i>text</b></i>."),
        (PAGE, "<b>bold", "html-nesting"),
    ),
    "HTML that is not closed": (
        add('Text.\n\n<div class="x">\n\nText.'),
        (PAGE, "<div", "html-nesting"),
    ),
    "HTML that was not opened": (add("Text</em>."), (PAGE, "</em>", "html-nesting")),
    "HTML that is none": (add("Text <![x y."), (PAGE, "<![x", "html-nesting")),
    "page not in the navigation": (
        write("manuscript/01-queues/new.md", "# New {#sec-new}\n"),
        ("manuscript/01-queues/new.md", 1, "not-in-nav"),
    ),
    "entry without file": (
        swap(NAV, "- back/tables.md", "- back/no.md"),
        (NAV, "back/no.md", "nav-no-file"),
        ("manuscript/back/tables.md", 1, "not-in-nav"),
    ),
    "page twice": (
        swap(NAV, "      - back/tables.md\n", "      - back/tables.md\n" * 2),
        (NAV, "back/tables.md", "nav-twice"),
    ),
    "wrong title": (
        swap(NAV, "1. Queues:", "1. Lines:"),
        (NAV, "1. Lines", "nav-title"),
    ),
    "wrong number": (
        swap(NAV, "2. Signals:", "3. Signals:"),
        (NAV, "3. Signals", "nav-title"),
    ),
    "page in a part": (
        swap(NAV, "  - Part II. Later:\n", "  - Part II. Later:\n      - more.md\n"),
        (NAV, "more.md", "nav-shape"),
    ),
    "nested too deep": (
        swap(
            NAV,
            "          - 02-signals/index.md\n",
            "          - 02-signals/index.md\n          - Deep: [x.md]\n",
        ),
        (NAV, "Deep: [x.md]", "nav-shape"),
    ),
    "skipped level": (
        add("### Skipped\n\n#### Not skipped\n\n## Back\n\n#### Skipped again"),
        (PAGE, "#### Skipped again", "heading-skip"),
    ),
    "second title": (add("# Again {#sec-again}"), (PAGE, "# Again", "title-twice")),
    "no title": (
        swap(PAGE, "# Exercises {#sec-exercises-queues}", "Exercises"),
        (PAGE, 1, "no-title"),
    ),
    "too many cells": (
        add("| a | b |\n|---|---|\n| 1 | 2 |\n| 1 | 2 | 3 |"),
        (PAGE, "| 3 |", "table-cells"),
    ),
    "open fence": (
        add("````python\nx = 1\n```\nText."),
        (PAGE, "````python", "fence-open"),
    ),
    "fence closed by a longer one": (
        add("```text\nx = 1\n````\nText."),
        (PAGE, "```text", "fence-open"),
    ),
    "unknown block": (
        add("::: {#bibliography}\n:::"),
        (PAGE, "#biblio", "block-unknown"),
    ),
    "unknown status": (
        swap(OPENER, "status: begun", "status: ready"),
        (OPENER, "status: ready", "status"),
    ),
}

AUTHOR = "    author: Ada Example\n    language: en\n"
SERIES = "    series:\n      name: Fixtures\n      position: 1"
SETTINGS = {
    name: (swap(NAV, old, new), (NAV, 1, "config"))
    for name, old, new in (
        ("slug with a slash", "slug: fixture-book", "slug: fixture/book"),
        ("slug that is a number", "slug: fixture-book", "slug: 5"),
        ("empty slug", "slug: fixture-book", "slug:"),
        ("list of authors", AUTHOR, AUTHOR.replace("Ada Example", "[Ada, Bea]")),
        ("no author", AUTHOR, AUTHOR.replace("Ada Example", "")),
        ("language that is a number", AUTHOR, AUTHOR.replace("en", "5")),
        ("rights that are a mapping", "rights: © 2026 Ada Example", "rights: {a: b}"),
        ("day with a time", "date: 2026-11-23", "date: 2026-11-23 10:00:00"),
        ("day in words", "date: 2026-11-23", "date: soon"),
        ("one subject", "\n      - Computers / Publishing", " Computers"),
        ("series that is a word", SERIES, "    series: Fixtures"),
        ("series without a name", SERIES, "    series:\n      position: 1"),
        ("manuscript in a number", "docs_dir: manuscript", "docs_dir: 5"),
    )
} | {
    "theme that is not there": (
        swap(NAV, "name: material", "name: nothing"),
        (NAV, "theme:", "mkdocs"),
    ),
}

HEAD = "# Exercises {#sec-exercises-queues}"
FAR = "\n".join(f"   Line {number} of the first." for number in range(45))
CONVENTIONS = {
    "control character in a page": (add("A \x02 b."), (PAGE, "\x02", "control")),
    "control character in a data file": (
        add("# \x1b[31m", GLOSSARY),
        (GLOSSARY, "\x1b", "control"),
    ),
    "control character in the bibliography": (
        add("% \x00", BIB),
        (BIB, "\x00", "control"),
    ),
    "control character in a listing": (
        both(add('x = "\x0c"', CODE), add("```python examples/queue.py\n```")),
        (PAGE, "```python", "listing"),
    ),
    "empty listing": (
        both(write("examples/none.py", ""), add("```python examples/none.py\n```")),
        (PAGE, "```python", "listing"),
    ),
    "call-out below a blank line": (
        add(f"{LISTING}\n\n1. `def mean_wait` begins.\n\n2. `median` isn't there."),
        (PAGE, "`median`", "callout"),
    ),
    "call-out far below its listing": (
        add(f"{LISTING}\n\n1. `def mean_wait` begins.\n{FAR}\n2. `median` ends."),
        (PAGE, "`median`", "callout"),
    ),
    "call-out without code": (
        add(f"{LISTING}\n\n1. `def mean_wait` begins.\n2. Nothing named."),
        (PAGE, "Nothing named", "callout"),
    ),
    "call-out of two paragraphs": (
        add(f"{LISTING}\n\n1. `def mean_wait` begins.\n\n    There is more."),
        (PAGE, "There is more", "callout"),
    ),
    "listing in a list indented by a tab": (
        add("- one\n\n\t```python examples/none.py\n\t```"),
        (PAGE, "none.py", "listing"),
    ),
    "text behind a caption's label": (
        add(f"{FIGURE}\n\n: Caption {{#fig-x}} and more."),
        (PAGE, "and more", "label-last"),
    ),
    "caption's label before its last line": (
        add(f"{FIGURE}\n\n: Caption {{#fig-x}}\nand more."),
        (PAGE, "{#fig-x}", "label-last"),
    ),
    "two labels of a caption": (
        add(f"{FIGURE}\n\n: Caption {{#fig-x}} {{#fig-y}}"),
        (PAGE, "{#fig-x}", "label-last"),
    ),
    "open block": (
        add("::: {#refs}\n\nText."),
        (PAGE, "{#refs}", "block-shape"),
    ),
    "block that holds text": (
        add("::: {#refs}\nText.\n:::"),
        (PAGE, "{#refs}", "block-shape"),
        (PAGE, ":::", "block-shape"),
    ),
    "block without a name": (
        add("::: warning\nText.\n:::"),
        (PAGE, "::: warning", "block-shape"),
        (PAGE, ":::", "block-shape"),
    ),
    "indented block": (
        add("- one\n\n    ::: {#refs}\n    :::"),
        (PAGE, "{#refs}", "block-shape"),
        (PAGE, "    :::", "block-shape"),
    ),
    "call-out that holds nothing": (
        add("!!! aside\nText."),
        (PAGE, "!!! aside", "callout-empty"),
    ),
    "call-out at the end that holds nothing": (
        add('!!! pitfall "Title"'),
        (PAGE, "!!! pitfall", "callout-empty"),
    ),
    "call-out in a list that holds nothing": (
        add("- one\n\n    !!! aside\n\n    Text."),
        (PAGE, "!!! aside", "callout-empty"),
    ),
    "unknown call-out without a space": (
        add("!!!danger\n    Text."),
        (PAGE, "!!!danger", "callout-unknown"),
    ),
    "head wider than its rule": (
        add("| a | b | c |\n|---|---|\n| 1 | 2 |"),
        (PAGE, "| c |", "table-cells"),
    ),
    "rule wider than its head": (
        add("| a | b |\n|---|---|---|\n| 1 | 2 |"),
        (PAGE, "| b |", "table-cells"),
    ),
    "citation outside brackets": (
        add("As @erlang1917 says."),
        (PAGE, "As @erlang1917", "cite-malformed"),
    ),
    "citation behind words": (
        add("So it is [see @erlang1917]."),
        (PAGE, "[see @", "cite-malformed"),
    ),
    "empty title": (
        swap(PAGE, HEAD, "# {#sec-exercises-queues}"),
        (PAGE, 1, "no-title"),
    ),
    "index entry without a name": (
        add("A [thing](index:)."),
        (PAGE, "(index:)", "index-empty"),
    ),
    "index sub-entry without a name": (
        add("A [thing](index:line/)."),
        (PAGE, "(index:line/)", "index-empty"),
    ),
    "index sub-entry of nothing": (
        add("A [thing](index:/line)."),
        (PAGE, "(index:/line)", "index-empty"),
    ),
    "reference in a heading": (
        add("## See @fig-line"),
        (PAGE, "## See", "heading-mark"),
    ),
    "citation in a heading": (
        add("## As [@erlang1917]"),
        (PAGE, "## As", "heading-mark"),
    ),
    "formula in a heading": (add("## Of $x$"), (PAGE, "## Of", "heading-mark")),
    "fact in a heading": (
        add("## They are [](fact:patience)"),
        (PAGE, "## They", "heading-mark"),
    ),
    "empty link to Book 1 in a heading": (
        add("## From [](book1:preface)"),
        (PAGE, "## From", "heading-mark"),
    ),
    "footnote in a caption": (
        add(f"{FIGURE}\n\n: Caption.[^n] {{#fig-x}}\n\n[^n]: A note."),
        (PAGE, ": Caption.", "caption-note"),
    ),
    "link in a definition": (
        add("x:\n  term: x\n  definition: See [it](https://example.org).", GLOSSARY),
        (GLOSSARY, "x:", "tooltip"),
    ),
    "HTML in a definition": (
        add("y:\n  term: y\n  definition: It is <b>bold</b>.", GLOSSARY),
        (GLOSSARY, "y:", "tooltip"),
    ),
    "reference in a fact's conditions": (
        swap(FACTS, "one counter, a morning", "as in @fig-line"),
        (FACTS, "mean-wait:", "tooltip"),
    ),
    "formula in a fact's rationale": (
        swap(FACTS, "more would leave", "it follows from $x$"),
        (FACTS, "patience:", "tooltip"),
    ),
    "fact reviewed at a time of day": (
        swap(FACTS, "review_by: 2099-05-01", "review_by: 2099-05-01 10:00:00"),
        (FACTS, "arrivals:", "fact"),
    ),
    "unknown command in BibTeX": (
        add("@book{x,\n author={A},\n title={The \\nothing},\n}", BIB),
        (BIB, "@book{x", "bib-incomplete"),
    ),
    "formula in BibTeX that is no text": (
        add("@book{x,\n author={A},\n title={T},\n note={a $ b},\n}", BIB),
        (BIB, "@book{x", "bib-incomplete"),
    ),
    "front matter that is never closed": (
        swap(OPENER, "code: examples\n---\n", "code: examples\n"),
        (OPENER, 1, "front-matter"),
    ),
    "label on the landing page": (
        add("| a |\n|---|\n| 1 |\n\n: Caption. {#tbl-x}", "manuscript/index.md"),
        ("manuscript/index.md", "{#tbl-x}", "label-place"),
    ),
}

CASES = {
    **LABELS,
    **REFERENCES,
    **DATA_FILES,
    **SOURCES,
    **PAGES,
    **SETTINGS,
    **CONVENTIONS,
}


def press(root: Path, *arguments: str) -> Result:
    """`press book` in this process."""
    return CliRunner().invoke(main, ["book", "--root", str(root), *arguments])


def told(result: Result) -> list[tuple[str, int, str]]:
    """The findings that a run printed."""
    lines = result.stderr.splitlines()
    found = [match for line in lines if (match := FINDING.match(line))]
    return [(match["path"], int(match["line"]), match["code"]) for match in found]


def publish(root: Path) -> dict[str, str]:
    """Give readers an edition whose outputs hold a word each."""
    editions = Editions(books.load(root))
    with editions.new() as folder:
        (folder / "site").mkdir()
        (folder / "site" / "index.html").write_text("site")
        for kind in ("pdf", "epub"):
            (folder / editions.names[kind]).write_text(kind)
        editions.promote(folder, dict.fromkeys(editions.names, "earlier"))
    return seen(root)


def seen(root: Path) -> dict[str, str]:
    """What readers find in `build/`."""
    return {
        path.relative_to(root).as_posix(): path.read_text()
        for name in ("site/index.html", "fixture-book.pdf", "fixture-book.epub")
        if (path := root / "build" / name).exists()
    }


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_told_at_its_place(name, copied):
    change, *places = CASES[name]
    before = publish(copied)
    change(copied)
    result = press(copied)
    assert told(result) == expected(copied, tuple(places)), result.output
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    assert seen(copied) == before
    assert len(before) == 3


SOUND = {
    "a fence indented by a tab": "- one\n\n\t```text\n\ta\n\n\t(@fig-none) <b>\n\t```",
    "a block at the margin": "::: {#refs}\n:::",
    "a call-out in a list": "- one\n\n    !!! aside\n        Text.",
    "a call-out below a blank line": "!!! aside\n\n    Text.",
    "an address with an @": "Write to erlang1917@example.org, \\@erlang1917.",
    "a list below a listing": f"{LISTING}\n\n1. Nothing named.\n2. Nor here.",
    "words in a heading": "## A [wait](term:wait) of [three](fact:patience) {#sec-x}",
    "a pipe in a cell": "| a | b |\n|---|---|\n| x\\|y | `a` |",
    "closing hashes behind a label": "## Title {#sec-x} ##",
}


@pytest.mark.parametrize("name", SOUND)
def test_what_the_press_can_print_is_no_fault(name, copied):
    add(SOUND[name])(copied)
    assert checks.run(apparatus.load(copied)) == []


def test_a_build_that_is_a_file_is_told(copied):
    write("build", "mine")(copied)
    result = press(copied)
    assert [(path, code) for path, _, code in told(result)] == [("build", "system")]
    assert result.exit_code == 1
    assert (copied / "build").read_text() == "mine"


def test_all_findings_of_a_run_come_together(copied):
    names = [
        "unknown label",
        "malformed BibTeX",
        "malformed facts.yml",
        "pointers of no shape",
        "missing diagram",
        "wrong title",
        "bytes in a data file",
    ]
    for name in names:
        CASES[name][0](copied)
    places = tuple(place for name in names for place in CASES[name][1:])
    assert told(press(copied)) == expected(copied, places)


def test_findings_as_json(copied):
    for name in ("unknown label", "no rounding"):
        CASES[name][0](copied)
    result = press(copied, "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [f["code"] for f in found] == ["label-unknown", "fact-text"]
    assert {f["path"] for f in found} == {PAGE}
    assert all(f["message"] and f["fix"] and f["line"] for f in found)


def test_an_installed_press_shows_no_traceback(copied):
    CASES["unknown label"][0](copied)
    command = [Path(sys.executable).with_name("press"), "check", "--root", copied]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "label-unknown" in done.stderr
    assert "Traceback" not in done.stderr
