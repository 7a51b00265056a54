"""The ledger by chapter: each fact is printed once, and links to it lead there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from changes import add, both, swap, write
from lxml import html

from press import apparatus, blocks, build, checks
from press import book as books

OWN = "manuscript/back/evidence-queues.md"
ENTRY = "      - back/evidence.md\n"
USED_LATER = "x: {kind: assumed, value: 7, rationale: 'r'}"
FACT = re.compile(r"^\{#fact-([\w-]+) ", re.M)


@pytest.fixture
def divided(copied: Path) -> Path:
    """The fixture book with a page for the facts of its first chapter."""
    both(
        write(OWN, "# Evidence for queues\n\n::: {#evidence-queues}\n:::\n"),
        swap("mkdocs.yml", ENTRY, ENTRY + ENTRY.replace("evidence", "evidence-queues")),
        add(USED_LATER, "manuscript/facts.yml"),
        add("And [](fact:x) more.", "manuscript/02-signals/index.md"),
    )(copied)
    return copied


def printed(root: Path, src: str) -> tuple[str, set[str]]:
    """A page as it is expanded, and the facts that it prints."""
    known = apparatus.load(root)
    text = blocks.expand(known.book.by_src[src], known)
    facts = FACT.findall(text)
    assert len(facts) == len(set(facts))
    return text, set(facts)


def test_each_fact_stands_with_the_chapter_that_uses_it_first(divided):
    _, own = printed(divided, "back/evidence-queues.md")
    text, rest = printed(divided, "back/evidence.md")
    assert own & rest == set()
    assert own | rest == apparatus.load(divided).facts.keys()
    assert rest == {"x"}
    line = "[Evidence for queues](/back/evidence-queues.md): 1 measured, 1 derived, "
    assert line in text


def test_links_to_facts_lead_to_the_page_that_has_them(divided):
    build.render(books.load(divided), divided / "site")  # refuses dead anchors
    for src, home in (
        ("01-queues/01-waiting", "back/evidence-queues/"),
        ("02-signals", "back/evidence/"),
    ):
        page = html.parse(divided / "site" / src / "index.html")
        links = set(page.xpath("//a[contains(@class, 'fact')]/@href"))
        assert links
        assert all(home in link for link in links)


def test_a_book_with_one_page_has_all_facts_there(copied):
    text, facts = printed(copied, "back/evidence.md")
    assert facts == apparatus.load(copied).facts.keys()
    assert "evidence-queues" not in text


def test_a_page_for_no_chapter_is_refused(divided):
    swap(OWN, "{#evidence-queues}", "{#evidence-trains}")(divided)
    (finding,) = checks.run(apparatus.load(divided))
    assert (finding.path, finding.line) == (divided / OWN, 3)
    assert finding.code == "block-unknown"
