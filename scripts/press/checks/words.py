"""Rules for single words: the book's ban list, and terms used before they are said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from press import skeleton
from press import words as lists
from press.apparatus import Apparatus
from press.book import Page
from press.findings import Finding
from press.glossary import Term
from press.source import LINK, blank

HEAD = re.compile(r"^[ \t]*(?:#|!!!).*$", re.M)


def banned(known: Apparatus) -> Iterator[Finding]:
    """No page and no printed data holds what `words.yml` bans."""
    words = lists.load(known.book.docs)
    for page in known.book.pages:
        text = lists.own_words(page)
        for name, offset in lists.hits(text, words.banned):
            line = page.scan.first_line + text.count("\n", 0, offset)
            yield _banned(page.path, line, name)
    texts = [
        ("glossary.yml", term.line, term.definition) for term in known.terms.values()
    ]
    texts += [
        ("facts.yml", fact.line, text)
        for fact in known.facts.values()
        for text in (fact.conditions, fact.rationale)
    ]
    for file, line, text in texts:
        for name, _ in lists.hits(lists.unquoted(text), words.banned):
            yield _banned(known.book.docs / file, line, name)


def _banned(path, line: int, name: str) -> Finding:
    message = f"“{name}” is on the book's list of banned words"
    return Finding(path, line, "banned", message, "say what you mean in plain words")


def terms_first(known: Apparatus) -> Iterator[Finding]:
    """In reading order, a glossary term is marked where it is first used."""
    rules = skeleton.load(known.book.docs).pages
    if not rules.terms:
        return
    waiting = dict(known.terms)
    for chapter in skeleton.chapters(known.book, skeleton.BEGUN):
        for page in chapter.pages:
            text, marked = _running(page.scan.masked)
            flat = " ".join(text.casefold().split())
            for name, term in list(waiting.items()):
                names = (term.term, term.short or term.term)
                there = any(" ".join(n.casefold().split()) in flat for n in names)
                use = _spelled(term.term, term.short).search(text) if there else None
                if use and use.start() < marked.get(name, len(text)):
                    line = page.scan.first_line + text.count("\n", 0, use.start())
                    if not _in_door(page, line, rules.doors):
                        yield _unmarked(page, line, term, use[0])
                if use or name in marked:
                    del waiting[name]


def _unmarked(page: Page, line: int, term: Term, use: str) -> Finding:
    message = f"the term “{term.term}” is used here before it is marked"
    fix = f"write [{use}](term:{term.id})"
    return Finding(page.path, line, "term-first", message, fix)


def _running(masked: str) -> tuple[str, dict[str, int]]:
    """The text without headings and links, and where each term is first marked."""
    marked: dict[str, int] = {}

    def blanked(match: re.Match[str]) -> str:
        if match["scheme"] == "term":
            marked.setdefault(match["target"], match.start())
        return blank(match[0])

    text = LINK.sub(blanked, masked)
    return HEAD.sub(lambda match: blank(match[0]), text), marked


def _in_door(page: Page, line: int, prefix: str) -> bool:
    above = [h.label for h in page.scan.headings if h.line <= line]
    return bool(prefix and above) and above[-1].startswith(prefix)


@cache
def _spelled(term: str, short: str) -> re.Pattern[str]:
    """A term in full in any case, also in the plural, or its short form as it is."""
    full = re.escape(term).replace(r"\ ", r"\s+")
    either = rf"(?i:{full}s?)" + (rf"|{re.escape(short)}s?" if short else "")
    return re.compile(rf"(?<![\w-])(?:{either})(?![\w-])")


BOOK_RULES = (banned, terms_first)
