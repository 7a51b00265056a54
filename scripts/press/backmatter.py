"""The generated pages: contents, lists, references, glossary, evidence, index.

Each function writes Markdown for a block such as `::: {#refs}` from the
apparatus, with links from the manuscript's root.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from press import ledger
from press.apparatus import Apparatus
from press.book import Book, Page
from press.citations import Reference
from press.facts import Fact
from press.index import Entry, sort_key
from press.markdown import KIND_NAMES, day

SPECIAL = re.compile(r"[\\`*_{}\[\]#+!|$@<>&]")
NONE_YET = ["None yet."]
ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def escape(text: str) -> str:
    """Text as Markdown that prints it unchanged."""
    return SPECIAL.sub(lambda m: ENTITIES.get(m[0], "\\" + m[0]), text)


def contents(known: Apparatus) -> list[str]:
    """Parts, chapters and their sections, nested."""
    out: list[str] = []
    pages = known.book.pages
    parts = {part.number: part for part in known.book.parts}
    seen: set[int] = set()
    for page in pages:
        if page.kind == "landing" or page is known.book.generated("contents"):
            continue
        depth = {"section": 2, "chapter": 1}.get(page.kind, 0)
        if page.part and page.part not in seen:
            seen.add(page.part)
            part = parts[page.part]
            out.append(f"- **Part {part.roman}** {escape(part.title)}")
        out.append("    " * depth + f"- {_page_link(page, _status(page, known))}")
    return _div("contents", out)


def _status(page: Page, known: Apparatus) -> str:
    if page.kind != "chapter" or not page.chapter:
        return ""
    status = known.book.chapter(page.chapter).status
    return f' <span class="status">{status}</span>' if status == "planned" else ""


def _page_link(page: Page, tail: str = "") -> str:
    number = f'<span class="num">{page.number}</span> ' if page.number else ""
    return f"[{number}{escape(page.title)}](/{page.src}){tail}"


def _list_of(kind: str, name: str) -> Callable[[Apparatus], list[str]]:
    def make(known: Apparatus) -> list[str]:
        out = [
            f"- [{label.text}]({label.href}) {label.title}"
            for label in known.labels.of(kind)
        ]
        return _div(name, out or NONE_YET)

    return make


def references(known: Apparatus) -> list[str]:
    """The bibliography: every entry that is cited, with links back."""
    places = _uses(known, "cite")
    by_fact = defaultdict(list)
    for fact in known.facts.values():
        if fact.cite:
            by_fact[fact.cite].append(fact)
    out: list[str] = []
    for ref in known.references.values():
        if ref.key in places or ref.key in by_fact:
            links = _backlinks(places.get(ref.key, ()))
            cited = (
                f"Cited in {links}." if links else _for_facts(by_fact[ref.key], known)
            )
            out += [
                f'{_reference(ref)} <span class="cited-in">{cited}</span>',
                f"{{#ref-{ref.key} .ref-entry}}",
                "",
            ]
    return _div("refs", out or NONE_YET)


def _for_facts(facts: Iterable[Fact], known: Apparatus) -> str:
    links = ", ".join(
        f"[{fact.id}](/{known.homes[fact.id].src}#fact-{fact.id})"
        for fact in facts
        if fact.id in known.homes
    )
    return f"Source of {links}." if links else "The source of a fact."


def _reference(ref: Reference) -> str:
    authors = escape(ref.authors.removesuffix("."))
    title = escape(ref.title) + ("" if ref.title.endswith(("?", "!")) else ".")
    parts = [f"{authors}. {ref.year.removesuffix('.')}. “{title}”"]
    if ref.container:
        parts.append(f"*{escape(ref.container)}*" + ("," if ref.details else "."))
    if ref.details:
        parts.append(f"{escape(ref.details)}.")
    if ref.url:
        parts.append(f"<{ref.url}>" + ("" if ref.accessed else "."))
    if ref.accessed:
        parts.append(f"(read {ref.accessed}).")
    return " ".join(parts)


def _backlinks(places: Iterable[tuple[Page, str]]) -> str:
    """One link a page, to the first place on it."""
    first: dict[str, str] = {}
    for page, anchor in places:
        first.setdefault(page.src, f"[{escape(page.place)}](/{page.src}#{anchor})")
    return ", ".join(first.values())


def glossary(known: Apparatus) -> list[str]:
    """The terms in the order of the alphabet, with links back."""
    places = _uses(known, "term")
    out: list[str] = []
    for term in sorted(known.terms.values(), key=lambda t: sort_key(t.term)):
        links = _backlinks(places.get(term.id, ()))
        used = f' <span class="used-in">{links}</span>' if links else ""
        out += [
            f'<strong class="term-name">{escape(term.name)}</strong> '
            f"{term.definition}{used}",
            f"{{#term-{term.id} .term-entry}}",
            "",
        ]
    return _div("glossary", out or NONE_YET)


def _uses(known: Apparatus, kind: str) -> dict[str, list[tuple[Page, str]]]:
    places: dict[str, list[tuple[Page, str]]] = defaultdict(list)
    for page in known.book.pages:
        counts: dict[str, int] = defaultdict(int)
        for mark in page.scan.of(kind):
            counts[mark.target] += 1
            anchor = f"{kind}-{mark.target}-{counts[mark.target]}"
            places[mark.target].append((page, anchor))
    return places


def evidence(known: Apparatus) -> list[str]:
    """The pages of single chapters, and the facts that none of them has."""
    out = [
        f"- {_page_link(page, f': {_counted(_kept(known, page))}')}"
        for page in ledger.pages(known.book)
    ]
    rest = _facts(known, known.book.generated(ledger.BLOCK))
    return _div("evidence", [*out, *([""] if out and rest else []), *rest] or NONE_YET)


def evidence_of(page: Page) -> Callable[[Apparatus], list[str]]:
    """The facts that a chapter's page of the ledger has."""
    return lambda known: _div("evidence", _facts(known, page) or NONE_YET)


def _kept(known: Apparatus, page: Page | None) -> list[Fact]:
    """The facts whose home is a page."""
    return [fact for fact in known.facts.values() if known.homes.get(fact.id) is page]


def _counted(facts: Iterable[Fact]) -> str:
    """How many there are of each kind: "12 measured, 3 cited"."""
    counts = Counter(fact.kind for fact in facts)
    return ", ".join(f"{counts[kind]} {kind}" for kind in KIND_NAMES if counts[kind])


def _facts(known: Apparatus, page: Page | None) -> list[str]:
    """A page's facts, by kind: value, conditions, how it is known, where it is used."""
    places = _uses(known, "fact")
    out: list[str] = []
    kept = _kept(known, page)
    for kind, name in KIND_NAMES.items():
        facts = [fact for fact in kept if fact.kind == kind]
        if not facts:
            continue
        out += [f"## {name} {{#evidence-{kind}}}", ""]
        for fact in facts:
            links = _backlinks(places.get(fact.id, ()))
            used = f' <span class="used-in">{links}</span>' if links else ""
            out += [
                f'<strong class="fact-value">{escape(fact.shown)}</strong> '
                f"{_provenance(fact, known)}{used}",
                f"{{#fact-{fact.id} .fact-entry .fact-{kind}}}",
                "",
            ]
    return out


def _provenance(fact: Fact, known: Apparatus) -> str:
    parts: list[str] = []
    if fact.conditions:
        parts.append(fact.conditions.rstrip("."))
    if fact.rationale:
        parts.append(fact.rationale.rstrip("."))
    if fact.source:
        parts.append(f"`{fact.source}`")
    if fact.cite in known.references:
        parts.append(f"[@{fact.cite}, {fact.locator}]")
    dates = [f"as of {day(fact.as_of)}"] if fact.as_of else []
    if fact.checked:
        dates.append(f"read again on {day(fact.checked)}: {fact.verdict}".rstrip(": "))
    if fact.review_by:
        dates.append(f"to be reviewed by {day(fact.review_by)}")
    if dates:
        parts.append(", ".join(dates))
    return "; ".join(parts) + "."


def subject_index(known: Apparatus) -> list[str]:
    """The index by letter; a page named twice keeps its later links for print."""
    out: list[str] = []
    letter = ""
    for entry in known.index.sorted():
        first = sort_key(entry.name)[0][:1].upper()
        first = first if first.isalpha() else "0–9"
        if first != letter:
            letter = first
            out += ["", f"## {letter} {{#index-{letter.lower()[:1]}}}", ""]
        out += _index_entry(entry, 0)
    return _div("subject-index", out or NONE_YET)


def _index_entry(entry: Entry, depth: int) -> list[str]:
    text = escape(entry.name)
    seen: set[str] = set()
    for page, anchor in entry.places:
        again = " .again" if page.src in seen else ""
        seen.add(page.src)
        separator = " " if again else ", "
        link = f"[{escape(page.place)}](/{page.src}#{anchor})"
        text += f"{separator}{link}{{ .ixp{again} }}"
    if entry.see:
        text += f", *see* {escape(entry.see)}"
    if entry.see_also:
        text += f", *see also* {escape('; '.join(entry.see_also))}"
    out = ["    " * depth + f"- {text}"]
    for sub in entry.sorted():
        out += _index_entry(sub, depth + 1)
    return out


def _div(name: str, lines: list[str]) -> list[str]:
    return ["", f"/// html | div.{name}", "", *lines, "", "///", ""]


BLOCKS: dict[str, Callable[[Apparatus], list[str]]] = {
    "contents": contents,
    "refs": references,
    "glossary": glossary,
    "index": subject_index,
    "evidence": evidence,
    "list-of-figures": _list_of("fig", "list-of-figures"),
    "list-of-tables": _list_of("tbl", "list-of-tables"),
    "list-of-listings": _list_of("lst", "list-of-listings"),
}


def block(name: str, book: Book) -> Callable[[Apparatus], list[str]] | None:
    """What makes a generated block; None when there is no such block."""
    chapters = map(ledger.block_of, book.chapters)
    page = book.generated(name) if name in chapters else None
    return evidence_of(page) if page else BLOCKS.get(name)
