"""Faults of a book: what is changed, and the place and code of the message.

Each changes a copy of the real book. `HOW` says under which circumstances the
press runs; most faults need none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from changes import Change, add, both, remove, swap, write

from faults import circumstances
from faults.circumstances import Circumstance
from faults.damage import cut_short, file_for, folder_for, link_for, turn

CHAPTER = "manuscript/01-the-serving-problem"
PAGE = f"{CHAPTER}/01-after-training.md"
OPENER = f"{CHAPTER}/index.md"
HOME = "manuscript/index.md"
PREFACE = "manuscript/front/preface.md"
OUTPUT = f"{CHAPTER}/outputs/budget.console"
FACTS = "manuscript/facts.yml"
BIB = "manuscript/references.bib"
TERMS = "manuscript/glossary.yml"
INDEX = "manuscript/index.yml"
BOOK1 = "manuscript/book1.yml"
NAV = "mkdocs.yml"
DATA = "experiments/01-latency-budget/data.json"
PLOT = "experiments/01-latency-budget/plot.light.svg"
DIAGRAM = "diagrams/01-handover.mmd"
DRAWN = "diagrams/rendered/01-handover.dark.svg"
LIGHT = "diagrams/rendered/01-handover.light.svg"
LOCK = "diagrams/rendered.lock.json"
WOFF = "theme/site/fonts/Inter-Regular.woff2"
BOLD = "theme/fonts/Inter-Bold.ttf"
MAIN = "theme/site/overrides/main.html"
CODE = "earshot/slo/budget.py"
THEME = "theme/theme.yml"

BOMB = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
TEXT = "manuscript/*.md"

LISTING = f"```python {CODE}:totals\n```\n\n: A. {{#lst-x}}"
FIGURE = "![Three groups of boxes, one arrow between them.](diagram:01-handover)"


@dataclass(frozen=True)
class Fault:
    """What is wrong, and how the press has to say so: `path:line: … [code]`.

    The path is a pattern, for a place whose name chance makes.
    """

    family: str
    name: str
    change: Change
    path: str
    code: str
    how: Circumstance = circumstances.plain


def cases() -> Iterator[Fault]:
    """All faults, family by family."""
    for family, faults in FAMILIES.items():
        for name, change, path, code, *how in faults:
            yield Fault(family, name, change, path, code, *how)


def on_page(text: str, code: str) -> tuple[Change, str, str]:
    """Text at the end of a section, and the code that it is refused with."""
    return add(text, PAGE), PAGE, code


def nothing(_: object) -> None:
    """Change nothing."""


FAMILIES = {
    "labels": [
        ("reference to nothing", *on_page("See @fig-nowhere.", "label-unknown")),
        (
            "label given twice",
            *on_page(f"{FIGURE}\n\n: A. {{#fig-x}}\n\n" * 2, "label-twice"),
        ),
        ("unknown prefix", *on_page("## Picture {#pic-line}", "label-kind")),
        (
            "label of another kind",
            *on_page(f"{FIGURE}\n\n: A. {{#tbl-x}}", "label-place"),
        ),
        ("caption under nothing", *on_page("Text.\n\n: A. {#fig-x}", "label-place")),
        ("caption without label", *on_page(f"{FIGURE}\n\n: A.", "caption-label")),
        (
            "label that others refer to is gone",
            turn(PAGE, r"\{#tbl-.*\}", ""),
            PAGE,
            "caption-label",
        ),
    ],
    "references": [
        ("unknown work", *on_page("As [@nobody2000].", "cite-unknown")),
        ("malformed citation", *on_page("As [@g114; see].", "cite-malformed")),
        ("unknown fact", *on_page("It is [](fact:height).", "fact-unknown")),
        (
            "value that the ledger doesn't have",
            *on_page("It is [810 ms](fact:budget-target).", "fact-text"),
        ),
        ("unknown term", *on_page("A [thing](term:thing).", "term-unknown")),
        ("unknown section of Book 1", *on_page("See [x](book1:ch05#no).", "book1")),
        (
            "wrong chapter of Book 1",
            *on_page(
                "See [chapter 9](book1:ch02#latency-the-first-golden-signal).", "book1"
            ),
        ),
        ("unknown scheme", *on_page("A [joke](joke:one).", "scheme-unknown")),
        ("link to no page", *on_page("See [that](gone.md).", "mkdocs")),
        ("link to no anchor", *on_page("See [that](index.md#sec-no).", "mkdocs")),
    ],
    "formulas": [
        ("unknown command", *on_page(r"So $\nothing x$ is.", "formula")),
        ("open display", *on_page("$$\nx = y\n\nText.", "formula-open")),
    ],
    "listings": [
        ("file that is not there", *on_page("```python earshot/no.py\n```", "listing")),
        ("missing mark", *on_page(f"```python {CODE}:median\n```", "listing")),
        ("outside the project", *on_page("```python ../../etc/x.py\n```", "listing")),
        (
            "mark removed from the code",
            swap(CODE, "# --8<-- [end:totals]", ""),
            TEXT,
            "listing",
        ),
        ("lines of its own", *on_page(f"```python {CODE}\nx\n```", "listing-body")),
        (
            "call-out for no line",
            *on_page(f"{LISTING}\n\n1. `stages()` is not there.", "callout"),
        ),
        ("recorded output gone", remove(OUTPUT), TEXT, "listing"),
        ("fence that never closes", *on_page("````python\nx = 1", "fence-open")),
    ],
    "figures": [
        ("no such diagram", *on_page("![Nothing here.](diagram:no)", "figure-missing")),
        ("no description", *on_page("![](diagram:01-handover)", "figure-description")),
        ("drawing removed", remove(DRAWN), TEXT, "figure-missing"),
        ("plot removed", remove(PLOT), TEXT, "figure-missing"),
        ("diagram that was not drawn again", add("  a --> b", DIAGRAM), DIAGRAM,
         "diagram-stale"),
        ("lock that is no JSON", write(LOCK, "{"), LOCK, "diagram-lock"),
        ("lock in bytes", write(LOCK, b'{"\xe9": 1}'), LOCK, "encoding"),
        ("drawing without size", write(DRAWN, "<svg/>"), TEXT, "figure-missing"),
        ("drawing cut short", write(DRAWN, "<svg width='1'"), TEXT, "figure-missing"),
        ("drawing as wide as can be", turn(LIGHT, ' width="[^"]+', ' width="all'),
         DIAGRAM, "diagram-shape"),
        ("drawing in bytes", write(DRAWN, b"<svg>\xe9</svg>"), DRAWN, "encoding"),
    ],
    "pages": [
        ("unknown call-out", *on_page("!!! danger\n    Text.", "callout-unknown")),
        ("footnote without note", *on_page("Text.[^no]", "footnote")),
        ("note without footnote", *on_page("[^no]: A note.", "footnote")),
        ("HTML that does not nest", *on_page("A <b>b <i>c</b></i>.", "html-nesting")),
        ("row too wide", *on_page("| a |\n|---|\n| 1 | 2 |", "table-cells")),
        ("second title", *on_page("# Again {#sec-again}", "title-twice")),
        ("level left out", *on_page("#### Deep", "heading-skip")),
        ("unknown block", *on_page("::: {#works}\n:::", "block-unknown")),
        ("page outside the navigation", write(f"{CHAPTER}/new.md", "# New {#sec-n}\n"),
         f"{CHAPTER}/new.md", "not-in-nav"),
        ("page removed", remove(PREFACE), NAV, "nav-no-file"),
        ("unknown status", turn(OPENER, "^status: .*", "status: ready"), OPENER,
         "status"),
        ("front matter that is no YAML", turn(OPENER, "^code: .*", "code: [x"),
         OPENER, "yaml"),
        ("no such day", turn(OPENER, "(?<=^facts_verified: ).*", "2026-11-31"), OPENER,
         "yaml"),
    ],
    "configuration": [
        ("no mkdocs.yml", remove(NAV), NAV, "no-book"),
        ("mkdocs.yml that is no YAML", add("x: [1", NAV), NAV, "yaml"),
        ("slug with a slash", turn(NAV, "slug: ", "slug: a/"), NAV, "config"),
        ("date that is none", turn(NAV, "^ +date: .*", "    date: soon"), NAV,
         "config"),
        ("page listed twice",
         swap(NAV, "      - back/tables.md\n", "      - back/tables.md\n" * 2), NAV,
         "nav-twice"),
        ("wrong chapter number",
         swap(NAV, "2. Model serving frameworks:", "4. Model serving frameworks:"), NAV,
         "nav-title"),
        ("unknown theme", swap(NAV, "name: material", "name: baroque"), NAV, "mkdocs"),
        ("unknown plug-in", swap(NAV, "  - search\n", "  - search\n  - find\n"), NAV,
         "mkdocs"),
        ("the press is switched off",
         swap(NAV, "  - search\n  - press\n", "  - search\n"), NAV, "config"),
        ("unknown extension",
         swap(NAV, "  - abbr\n", "  - abbreviate\n"), NAV, "mkdocs"),
        ("manuscript elsewhere",
         swap(NAV, "docs_dir: manuscript", "docs_dir: texts"), NAV, "mkdocs"),
    ],
    "data": [
        ("bibliography cut short", turn(BIB, r"^ +year .*\},", "  year = {2012"),
         BIB, "bibtex"),
        ("work without author", add("@book{x,\n title={B}\n}", BIB), BIB,
         "bib-incomplete"),
        ("facts that are no YAML", write(FACTS, "a: b\nx: [1\n"), FACTS, "yaml"),
        ("fact given twice",
         add("x: {kind: assumed, value: 1, rationale: r}\n" * 2, FACTS), FACTS,
         "duplicate-key"),
        ("fact of an unknown kind", add("x: {kind: guessed, value: 3}", FACTS), FACTS,
         "fact"),
        ("fact of no experiment",
         add('x: {kind: measured, source: "experiments/no#a"}', FACTS), FACTS, "fact"),
        ("experiment without data", remove(DATA), FACTS, "fact"),
        ("data that is no JSON", write(DATA, "{"), FACTS, "fact"),
        ("glossary that is a list", write(TERMS, "- a\n"), TERMS, "yaml"),
        ("term without definition", add("x: {term: y}", TERMS), TERMS, "term"),
        ("pointer to no entry", add('  "queues":\n    - "no entry"', INDEX), INDEX,
         "index-see"),
        ("inventory of Book 1 cut short", write(BOOK1, "x: 'y\n"), BOOK1, "yaml"),
        ("bibliography gone", remove(BIB), TEXT, "cite-unknown"),
        ("glossary gone", remove(TERMS), TEXT, "term-unknown"),
    ],
    "encoding": [
        ("Latin-1 in a page", write(PREFACE, b"# Pr\xe9face {#sec-preface}\n"), PREFACE,
         "encoding"),
        ("UTF-16", write(PREFACE, "# Preface {#sec-preface}\n".encode("utf-16")),
         PREFACE, "encoding"),
        ("NUL in a page", *on_page("A \x00 b.", "control")),
        ("escape codes in the glossary", add("# \x1b[31m", TERMS), TERMS, "control"),
        ("bytes in the bibliography", write(BIB, b"% \xe9\n"), BIB, "encoding"),
        ("bytes in the theme", write(THEME, b"palette: \xe9\n"), THEME, "encoding"),
    ],
    "theme": [
        ("no theme.yml", remove(THEME), THEME, "file-missing"),
        ("theme.yml that is no YAML", add("x: [1", THEME), THEME, "yaml"),
        ("colour that is none", swap(THEME, '"#1b242b"', '"ink"'), THEME, "theme"),
        ("colour removed", swap(THEME, '    muted: "#56616a"', "#"), THEME, "theme"),
        ("dark colour removed", swap(THEME, '    muted: "#a3aeb4"', "#"), THEME,
         "theme"),
        ("no fonts for code", swap(THEME, "  mono:", "  code:"), THEME, "theme"),
        ("face without file", swap(THEME, ", file: Inter-Bold.ttf", ""), THEME,
         "theme"),
        ("font removed", remove(BOLD), BOLD, "theme"),
        ("font that is none", write(BOLD, "no font"), BOLD, "theme"),
        ("font cut short", cut_short(BOLD), BOLD, "theme"),
        ("font of the site cut short", cut_short(WOFF), WOFF, "theme"),
        *[
            (f"{what} removed", remove(f"theme/{path}"), f"theme/{path}",
             "file-missing")
            for what, path in (
                ("print style sheet", "print/book.css"),
                ("EPUB style sheet", "epub/book.css"),
                ("site's style sheet", "site/text.css"),
                ("script", "site/book.js"),
                ("cover", "print/cover.svg"),
            )
        ],
        ("bytes in a style sheet", write("theme/print/book.css", b"\xe9"),
         "theme/print/book.css", "encoding"),
        ("cover that is no drawing", write("theme/print/cover.svg", "<svg"),
         "theme/print/cover.svg", "theme"),
        ("template that is none", write(MAIN, "{% extends"), MAIN, "template"),
        ("template that asks for nothing", swap(MAIN, "press.author", "no.author"),
         MAIN, "template"),
    ],
    "hostile": [
        ("link that is a script", *on_page("[x](javascript:alert())",
                                           "scheme-unknown")),
        ("link that is a script, hidden", *on_page("[x](JaVaScRiPt:alert())",
                                                   "scheme-unknown")),
        ("link that is a script, veiled", *on_page("[x](java&#115;cript:alert())",
                                                   "unsafe")),
        ("script on a page", *on_page("<script>alert()</script>", "unsafe")),
        ("event on a page", *on_page('Text.\n{: onclick="alert()" }', "unsafe")),
        ("table of 10,000 rows", *on_page("| a |\n|---|" + "\n| 1 |" * 10_000,
                                          "too-large")),
        ("paragraph of 1 MB", *on_page("Words and words. " * 62_000, "too-large")),
        ("output outside", *on_page("```console outputs/../../../../x.console\n```",
                                    "listing")),
        ("diagram outside", *on_page("![A line.](diagram:../../x)",
                                     "figure-missing")),
        ("data outside", add('x: {kind: measured, source: "../../etc#a"}', FACTS),
         FACTS, "fact"),
        ("drawing with a script",
         turn(DRAWN, "<title>", "<script>alert()</script><title>"), TEXT,
         "figure-missing"),
        ("drawing that is a bomb",
         turn(DRAWN, "^", "<!DOCTYPE svg [" + BOMB + "]><!-- -->"), TEXT,
         "figure-missing"),
    ],
    "system": [
        ("page that may not be read", nothing, PREFACE, "system",
         circumstances.unreadable(PREFACE)),
        ("folder that may not be read", nothing, "manuscript/back/*", "system",
         circumstances.unreadable("manuscript/back")),
        ("build folder that may not be written to", add("More.", PREFACE),
         "build", "system", circumstances.read_only("build")),
        ("editions that may not be written to", add("More.", PREFACE),
         "build/.editions/*", "system", circumstances.read_only("build/.editions")),
        ("lock that belongs to somebody else", add("More.", PREFACE), "build/.lock",
         "system", circumstances.read_only("build/.lock")),
        ("disk full", add("More.", PREFACE), "build/*", "system", circumstances.full),
        ("folder in the place of a page", folder_for(PREFACE), NAV, "nav-no-file"),
        ("folder in the place of the facts", folder_for(FACTS), FACTS, "system"),
        ("file in the place of the build folder", file_for("build"), "build", "system"),
        ("file in the place of the editions",
         both(add("More.", PREFACE), file_for("build/.editions")), "build/.editions",
         "system"),
        ("link that leads nowhere", link_for(TERMS, "gone.yml"), TEXT,
         "term-unknown"),
        ("no Pango", add("More.", PREFACE), ".venv", "missing",
         circumstances.without_library("pango")),
        ("package not installed", add("More.", PREFACE), ".venv", "missing",
         circumstances.without_package("weasyprint")),
    ],
}  # fmt: skip
