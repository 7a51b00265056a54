"""What a finished chapter must not hold, and what a report counts in its words.

Each case changes a copy of the draft fixture book, whose second chapter has all
that its skeleton asks for, and names the findings that follow. No other finding
may come along, and a build takes the book as it is.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from changes import add, both, expected, remove, swap, write
from click.testing import CliRunner
from fixture_book import PROJECT, lay_out_draft

from press import apparatus, backmatter, checks, projects, prose, skeleton, words
from press import book as books
from press.book import Page
from press.cli import main

FOLDER = "manuscript/02-signals"
OPENER = f"{FOLDER}/index.md"
SECTION = f"{FOLDER}/01-full.md"
PRODUCTION = f"{FOLDER}/in-production.md"
EXERCISES = f"{FOLDER}/exercises.md"
SKELETON = "manuscript/skeleton.yml"
PROMISES = "manuscript/promises.yml"
WORDS = "manuscript/words.yml"
GLOSSARY = "manuscript/glossary.yml"
FACTS = "manuscript/facts.yml"
INDEX = "manuscript/index.yml"
BIB = "manuscript/references.bib"
CODE = "examples/queue.py"

FIGURE = "![Two lines of people wait before two counters.](diagram:line)"
LONG = " ".join(f"word{number} follows word{number - 1}," for number in range(20))
REPEATED = f"When it rains, {LONG} and so it goes on and on to the very end."

VERDICTS = {
    "cited fact that nobody read again": (
        swap(OPENER, "[three](fact:patience)", "[](fact:arrivals)"),
        ("manuscript/facts.yml", "arrivals:", "fact-unchecked"),
    ),
    "cited fact read again without a verdict": (
        both(
            swap(OPENER, "[three](fact:patience)", "[](fact:arrivals)"),
            swap(
                "manuscript/facts.yml",
                'locator: "table 1"',
                'locator: "table 1"\n  checked: 2026-11-24',
            ),
        ),
        ("manuscript/facts.yml", "arrivals:", "fact-unchecked"),
    ),
}

PROMISED = {
    "opener without a promise": (
        swap(OPENER, "promises: [2.1, 2.2]", "promises: [2.1]"),
        (OPENER, "promises:", "promise-opener"),
    ),
    "planned opener without a promise": (
        swap("manuscript/01-queues/index.md", "[1.1, 1.2]", "[1.2]"),
        ("manuscript/01-queues/index.md", "promises:", "promise-opener"),
    ),
    "promises of no chapter": (
        add("ch-none:\n  9.1: Nothing", PROMISES),
        (PROMISES, "ch-none", "promise-chapter"),
    ),
    "promise that no section keeps": (
        swap(SECTION, "[2.1, 2.2]", "[2.2]"),
        (OPENER, "promises:", "promise-open"),
    ),
    "promise of another chapter": (
        swap(SECTION, "[2.1, 2.2]", "[2.1, 1.2]"),
        (SECTION, "promises:", "promise-unknown"),
        (OPENER, "promises:", "promise-open"),
    ),
}

SHAPE = {
    "no facts strip": (
        swap(OPENER, "facts_verified: 2026-11-23\n", ""),
        (OPENER, 1, "skeleton-meta"),
    ),
    "no hook": (
        swap(
            OPENER,
            "At nine a line had [three](fact:patience) people and a sign that said "
            "so, and at ten nobody had turned the sign. Who turns it?\n\n",
            "",
        ),
        (OPENER, 1, "skeleton-part"),
    ),
    "short hook": (
        swap(OPENER, "and a sign that said so, and at ten nobody had turned the ", ""),
        (OPENER, "At nine", "skeleton-words"),
    ),
    "hook without a number": (
        swap(OPENER, "[three](fact:patience)", "three"),
        (OPENER, "At nine", "skeleton-fact"),
    ),
    "no outcomes": (
        swap(OPENER, "## What you can do after", "## What there is in"),
        (OPENER, 1, "skeleton-part"),
    ),
    "one outcome": (
        swap(OPENER, "- Turn a sign in time.\n", ""),
        (OPENER, "## What you can do", "skeleton-items"),
    ),
    "one door": (
        swap(OPENER, "{#sec-door-lines}", "{#sec-lines}"),
        (OPENER, 1, "skeleton-part"),
        (OPENER, "FIFO", "term-first"),
    ),
    "door of two words": (
        swap(OPENER, "A sign is read from afar by those who come.", "Read signs."),
        (OPENER, "{#sec-door-signs}", "skeleton-words"),
    ),
    "doors before outcomes": (
        both(
            swap(OPENER, "## What you can do after this chapter", "## X"),
            add("## What you can do after\n\n- Turn.\n- Tell.", OPENER),
        ),
        (OPENER, "{#sec-door-lines}", "skeleton-order"),
        (OPENER, "{#sec-door-signs}", "skeleton-order"),
    ),
    "no production page": (
        both(
            remove(PRODUCTION),
            swap("mkdocs.yml", "          - 02-signals/in-production.md\n", ""),
        ),
        (OPENER, 1, "skeleton-file"),
    ),
    "decision without a table": (
        both(
            swap(PRODUCTION, "| Sign | Cost |\n|---|--:|\n", ""),
            swap(PRODUCTION, "| paper | 1 |\n| light | 9 |\n\n: What", "What"),
            swap(PRODUCTION, " {#tbl-signs-cost}", ""),
            swap(PRODUCTION, "@tbl-signs-cost has", "Paper has"),
        ),
        (PRODUCTION, "sec-decide-", "skeleton-has"),
    ),
    "no failure story": (
        swap(PRODUCTION, " {#sec-failure-sign}", " {#sec-story}"),
        (PRODUCTION, 1, "skeleton-part"),
    ),
    "budget without a number": (
        swap(PRODUCTION, "[three](fact:patience)", "three"),
        (PRODUCTION, "sec-spent-", "skeleton-has"),
    ),
    "short checklist": (
        swap(PRODUCTION, "    - the line is short (@tbl-full)\n", ""),
        (PRODUCTION, "!!! checklist", "skeleton-items"),
    ),
    "item that leads nowhere": (
        swap(PRODUCTION, "(@tbl-full)", "(again)"),
        (PRODUCTION, "the line is short", "skeleton-link"),
    ),
    "no checklist": (
        swap(PRODUCTION, "!!! checklist", "!!! aside"),
        (PRODUCTION, 1, "skeleton-part"),
    ),
    "no second level": (
        swap(EXERCISES, "*Change.* Add", "Add"),
        (EXERCISES, "# Exercises", "skeleton-level"),
    ),
    "no further reading": (
        swap(EXERCISES, "## Further reading", "## More"),
        (EXERCISES, 1, "skeleton-part"),
    ),
    "reading without a work": (
        swap(EXERCISES, "- [@erlang1917] began it.", "- Books."),
        (EXERCISES, "- Books", "skeleton-link"),
    ),
    "section of no promise": (
        both(
            write(f"{FOLDER}/02-more.md", f"# More {{#sec-more}}\n\n{LONG}\n"),
            swap(
                "mkdocs.yml",
                "          - 02-signals/in-production.md\n",
                "          - 02-signals/02-more.md\n"
                "          - 02-signals/in-production.md\n",
            ),
        ),
        (f"{FOLDER}/02-more.md", 1, "section-promises"),
    ),
    "section that is a sentence": (
        swap(
            SECTION,
            "tells, and @fig-full shows where to look for it. When the waiting time is "
            "longer than the last one bears, people leave; the table and the code "
            "below say when.",
            "tells, as @fig-full shows.",
        ),
        (SECTION, 1, "section-words"),
    ),
}

SHOWN = {
    "figure without a caption": (
        add(FIGURE, EXERCISES),
        (EXERCISES, "diagram:line", "caption-missing"),
    ),
    "table without a caption": (
        add("| a | b |\n|---|---|\n| 1 | 2 |", EXERCISES),
        (EXERCISES, "| a | b |", "caption-missing"),
    ),
    "listing without a caption": (
        add("```python examples/queue.py:mean\n```", EXERCISES),
        (EXERCISES, "```python", "caption-missing"),
    ),
    "figure before its name": (
        add(f"{FIGURE}\n\n: A line. {{#fig-x}}\n\nSo @fig-x says.", EXERCISES),
        (EXERCISES, "diagram:line", "not-introduced"),
    ),
    "table named on another page": (
        both(
            add("| a |\n|---|\n| 1 |\n\n: Some. {#tbl-x}", EXERCISES),
            add("See @tbl-x.", SECTION),
        ),
        (EXERCISES, "| a |", "not-introduced"),
    ),
    "listing that nothing names": (
        add("```python examples/queue.py:mean\n```\n\n: M. {#lst-x}", EXERCISES),
        (EXERCISES, "{#lst-x}", "label-unused"),
    ),
    "formula that nothing names": (
        add("$$ x = y $$ {#eq-x}", EXERCISES),
        (EXERCISES, "{#eq-x}", "label-unused"),
    ),
    "description of a few words": (
        swap(SECTION, "![Three people wait in one line before a counter.]", "![Some.]"),
        (SECTION, "![Some.]", "description"),
    ),
    "wide line of a file": (
        swap(CODE, "    total = sum(waits)", f"    total = sum(waits)  # {'x' * 60}"),
        (CODE, "xxx", "listing-width"),
    ),
    "wide line of a fence": (
        add(f"```text\nshort\n{'y' * 61}\n```", EXERCISES),
        (EXERCISES, "yyy", "listing-width"),
    ),
    "listing that no test runs": (
        swap("proof/lines.py", "from examples.queue import", "from elsewhere import"),
        (SECTION, "```python", "listing-untested"),
    ),
}

UNUSED = {
    "work that nothing cites": (
        add("@book{x,\n author={A},\n title={B},\n year={2000}\n}", BIB),
        (BIB, "@book{x", "cite-unused"),
    ),
    "fact that no page prints": (
        add("x: {kind: assumed, value: 3, rationale: r}", FACTS),
        (FACTS, "x: {", "fact-unused"),
    ),
    "term that no page marks": (
        add("x: {term: turnstile, definition: It turns.}", GLOSSARY),
        (GLOSSARY, "x: {", "term-unused"),
    ),
    "pointer beside places": (
        swap(INDEX, '  "line": "queue"', '  "margin": "queue"'),
        (INDEX, '"margin"', "index-pointer"),
    ),
    "pointer of an entry without places": (
        add('  desk:\n    - "queue"', INDEX),
        (INDEX, "desk:", "index-pointer"),
    ),
    "recording that no page shows": (
        write(f"{FOLDER}/outputs/lost.console", "$ true\n"),
        (f"{FOLDER}/outputs/lost.console", 1, "orphan"),
    ),
    "plot that no page shows": (
        write("experiments/lost/plot.py", "x = 1\n"),
        ("experiments/lost/plot.py", 1, "orphan"),
    ),
    "picture that no page shows": (
        write(f"{FOLDER}/lost.png", b""),
        (f"{FOLDER}/lost.png", 1, "orphan"),
    ),
}

SAID = {
    "banned word": (add("We delve.", EXERCISES), (EXERCISES, "delve", "banned")),
    "banned words over two lines": (
        add("It hits the Sweet\nspot here.", EXERCISES),
        (EXERCISES, "Sweet", "banned"),
    ),
    "banned word in a description": (
        swap(SECTION, "![Three people wait", "![Three people delve"),
        (SECTION, "delve", "banned"),
    ),
    "banned word marked as a term": (
        add("They [delve](index:work).", EXERCISES),
        (EXERCISES, "delve", "banned"),
    ),
    "banned word in a heading": (
        add("## We delve {#sec-x}", EXERCISES),
        (EXERCISES, "delve", "banned"),
    ),
    "banned word in a definition": (
        swap(GLOSSARY, "From arrival", "Delving from arrival"),
        (GLOSSARY, "wait:", "banned"),
    ),
    "banned word in a rationale": (
        swap(FACTS, "more would leave", "a sweet spot"),
        (FACTS, "patience:", "banned"),
    ),
    "term before it is marked": (
        swap(SECTION, "A line is full when", "A waiting time is short until"),
        (SECTION, "A waiting time", "term-first"),
    ),
    "term in the plural on an earlier page": (
        swap(OPENER, "- Turn a sign in time.", "- Tell waiting times."),
        (OPENER, "waiting times", "term-first"),
    ),
    "paragraph said twice": (
        both(
            add(REPEATED, SECTION),
            add(REPEATED.replace("it rains", "it snows"), EXERCISES),
        ),
        (EXERCISES, "it snows", "repeat"),
    ),
}

FILES = {
    "unknown rule": (
        add("unknown: 3", SKELETON),
        (SKELETON, "unknown:", "skeleton-file"),
    ),
    "unknown key": (
        swap(SKELETON, "  columns: 60", "  colums: 60"),
        (SKELETON, "pages:", "skeleton-file"),
    ),
    "word in the place of a part": (
        swap(SKELETON, "{part: budget, label: sec-spent-, has: [fact]}", "budget"),
        (SKELETON, "in-production.md:", "skeleton-file"),
    ),
    "part without a name": (
        swap(SKELETON, "{part: budget, ", "{"),
        (SKELETON, "in-production.md:", "skeleton-file"),
    ),
    "words for a number": (
        swap(SKELETON, "columns: 60", "columns: sixty"),
        (SKELETON, "pages:", "skeleton-file"),
    ),
    "part that holds the unknown": (
        swap(SKELETON, "has: [fact]", "has: [facts]"),
        (SKELETON, "in-production.md:", "skeleton-file"),
    ),
    "range of words": (
        swap(SKELETON, "items: [2, 4]", "items: [few, many]"),
        (SKELETON, "index.md:", "skeleton-file"),
    ),
    "heading that is no pattern": (
        swap(SKELETON, "^What you can do after", "'(What'"),
        (SKELETON, "index.md:", "skeleton-file"),
    ),
    "word that is no pattern": (
        swap(WORDS, "sweet spots?", "'sweet (spots'"),
        (WORDS, "sweet (", "words"),
    ),
    "words of no list": (add("bad: [delve]", WORDS), (WORDS, "bad:", "words")),
    "list that names no patterns": (
        swap(WORDS, "stock:\n  simply: simply|just", "stock: [simply, just]"),
        (WORDS, "stock:", "words"),
    ),
    "voice that is a number": (
        swap(WORDS, "voice: [you, we]", "voice: 5"),
        (WORDS, "report:", "words"),
    ),
    "bound that is a word": (
        swap(WORDS, "[15, null]", "[much, null]"),
        (WORDS, "report:", "words"),
    ),
    "bounds of what is not counted": (
        swap(WORDS, "bold_led: [null, 0]", "commas: [null, 0]"),
        (WORDS, "report:", "words"),
    ),
    "chapter that promises a word": (
        add("ch-more: something", PROMISES),
        (PROMISES, "ch-more", "promise-file"),
    ),
    "promises that are no YAML": (
        add("\tx", PROMISES),
        (PROMISES, "\tx", "yaml"),
    ),
}

CASES = {**VERDICTS, **PROMISED, **SHAPE, **SHOWN, **UNUSED, **SAID, **FILES}


@pytest.fixture
def drafted(tmp_path: Path) -> Path:
    """A copy of the draft fixture book."""
    return lay_out_draft(tmp_path / "book")


def reviewed(root: Path) -> list[tuple[str, int, str]]:
    """The findings of a review, as path, line and code."""
    found = checks.review(apparatus.load(root))
    assert all(finding.message and finding.fix for finding in found)
    shown = [finding.relative(root.resolve()) for finding in found]
    return [(finding.path.as_posix(), finding.line, finding.code) for finding in shown]


@pytest.mark.parametrize("name", CASES)
def test_a_review_tells_what_is_amiss_at_its_place(name, drafted):
    change, *places = CASES[name]
    change(drafted)
    assert reviewed(drafted) == expected(drafted, tuple(places))


def test_a_draft_that_has_everything_is_passed(drafted):
    known = apparatus.load(drafted)
    assert checks.run(known) == []
    assert checks.review(known) == []


@pytest.mark.parametrize("name", ["banned word", "no hook", "term that no page marks"])
def test_what_a_review_tells_stops_no_build(name, drafted):
    CASES[name][0](drafted)
    assert checks.run(apparatus.load(drafted)) == []
    result = CliRunner().invoke(main, ["check", "--root", str(drafted)])
    assert result.exit_code == 1
    assert CASES[name][1][2] in result.output


@pytest.mark.parametrize("status", ["planned", "begun"])
def test_the_skeleton_holds_from_draft_on(status, drafted):
    swap(OPENER, "status: draft", f"status: {status}")(drafted)
    SHAPE["no hook"][0](drafted)
    SHAPE["no second level"][0](drafted)
    swap(SECTION, "[2.1, 2.2]", "[2.2]")(drafted)
    assert reviewed(drafted) == []


@pytest.mark.parametrize("status", ["begun", "draft", "reviewed"])
def test_rules_for_pages_hold_from_begun_on(status, drafted):
    swap(OPENER, "status: draft", f"status: {status}")(drafted)
    change, place = SHOWN["table without a caption"]
    change(drafted)
    assert reviewed(drafted) == expected(drafted, (place,))


def test_a_planned_chapter_may_show_what_it_likes(drafted):
    swap(OPENER, "status: draft", "status: planned")(drafted)
    for name in ("table without a caption", "wide line of a fence"):
        SHOWN[name][0](drafted)
    assert reviewed(drafted) == []


def test_a_book_without_lists_has_none_of_their_rules(drafted):
    for path in (SKELETON, PROMISES, WORDS):
        remove(path)(drafted)
    for name in ("no hook", "promise that no section keeps", "banned word"):
        CASES[name][0](drafted)
    assert reviewed(drafted) == []


EXEMPT = {
    "code": "Call `delve()`.",
    "a fence": "```text\ndelve\n```",
    "a quotation": "They said “we delve” and meant it.",
    "a block of quotation": "> We delve.",
    "the title of a work": "Read *The Sweet Spot of Lines* for more.",
    "a link": "See [How we delve](https://example.org/delve).",
    "a word around it": "The delver is not on the list.",
}


@pytest.mark.parametrize("name", EXEMPT)
def test_the_ban_list_spares_what_others_said(name, drafted):
    add(EXEMPT[name], EXERCISES)(drafted)
    assert reviewed(drafted) == []


def test_paragraphs_that_differ_are_not_told(drafted):
    add(REPEATED, SECTION)(drafted)
    other = " ".join(reversed(REPEATED.split()))
    add(other, EXERCISES)(drafted)
    assert reviewed(drafted) == []


@pytest.mark.parametrize(
    "text",
    [
        "import examples.queue\n",
        "from examples import (\n    tiny,\n    queue as lines,\n)\n",
        'RUN = "examples/queue.py"\n',
    ],
)
def test_a_test_may_import_or_name_a_file(text, drafted):
    write("proof/lines.py", text)(drafted)
    assert reviewed(drafted) == []


def test_a_quotation_ends_with_its_paragraph(drafted):
    add("They said “we go.\n\nWe delve. And “so” on.", EXERCISES)(drafted)
    place = (EXERCISES, "We delve", "banned")
    assert reviewed(drafted) == expected(drafted, (place,))


def test_a_new_book_is_passed(tmp_path):
    projects.new_book(tmp_path / "new", PROJECT / "theme")
    assert reviewed(tmp_path / "new") == []


def test_the_references_list_what_is_cited(drafted):
    UNUSED["work that nothing cites"][0](drafted)
    shown = "\n".join(backmatter.references(apparatus.load(drafted)))
    assert "ref-erlang1917" in shown
    assert "ref-x" not in shown


def test_the_books_own_lists_can_be_read():
    manuscript = PROJECT / "manuscript"
    rules = skeleton.load(manuscript)
    assert set(rules.files) == {"index.md", "in-production.md", "exercises.md"}
    assert rules.pages.columns == 76
    assert {"delve", "sweet spot"} <= set(words.load(manuscript).banned)


BANNED = [
    "We delve into it.",
    "You can leverage the cache.",
    "It leverages caches.",
    "A seamless hand-over.",
    "This is a game-changer.",
    "That is non-negotiable.",
    "Let us take a deep dive.",
    "We dive into queues.",
    "In today’s fast-paced digital world, wait.",
    "It is important to note that.",
    "It’s worth noting.",
    "At its core, a queue.",
    "When it comes to lines, wait.",
    "It plays a vital role.",
    "The beauty of a line.",
    "It unlocks the power of lines.",
]
PLAIN = ["The lever has leverage.", "They dive from a tower.", "It plays a role."]


def banned_in(text: str) -> list[str]:
    lists = words.load(PROJECT / "manuscript")
    page = Page(Path("p.md"), "p.md", "section", text, {})
    return [name for name, _ in words.hits(words.own_words(page), lists.banned)]


@pytest.mark.parametrize("text", BANNED)
def test_the_books_ban_list_knows_its_words(text):
    assert len(banned_in(text)) >= 1


@pytest.mark.parametrize("text", PLAIN)
def test_the_books_ban_list_knows_no_others(text):
    assert banned_in(text) == []


# -- the report ----------------------------------------------------------------------

TALK = """\
---
promises: [2.1, 2.2]
---

# Talk {#sec-full}

You wait [a while](fact:patience). We simply count, e.g. Three people, as one does.

**Bold** leads: it does.

- You
  wait.

```text
you you you
```
"""


def test_a_report_counts_what_is_said(drafted):
    write(SECTION, TALK)(drafted)
    for path in (OPENER, PRODUCTION, EXERCISES):
        head, mark, _ = (drafted / path).read_text().partition("\n# ")
        write(path, f"{head}{mark}Signals {{#ch-signals}}\n")(drafted)
    book = books.load(drafted)
    chapter, around = prose.report(book, words.load(book.docs))
    assert chapter.chapter == "2. Signals"
    assert chapter.words == 20
    assert chapter.voice == pytest.approx(1000 * 3 / 20)
    assert chapter.reveals == pytest.approx(1000 / 20)
    assert chapter.bold_led == 1
    assert chapter.sentence_mean == pytest.approx(20 / 4)
    assert chapter.sentence_deviation == pytest.approx(3)
    assert [(hit.name, hit.path, hit.line) for hit in chapter.stock_words] == [
        ("simply", SECTION, 7)
    ]
    assert chapter.stock == pytest.approx(1000 / 20)
    assert chapter.unwanted == ("bold_led",)
    assert around.words > 0


def test_a_report_is_told_to_people_and_programs(drafted):
    add("It is simply open.", EXERCISES)(drafted)
    told = CliRunner().invoke(main, ["prose", "--root", str(drafted)])
    assert told.exit_code == 0
    line = (drafted / EXERCISES).read_text().count("\n")
    assert f"{EXERCISES}:{line}: simply" in told.output
    data = CliRunner().invoke(main, ["prose", "--json", "--root", str(drafted)])
    assert [row["chapter"] for row in json.loads(data.stdout)] == [
        "2. Signals",
        "outside the chapters",
    ]
