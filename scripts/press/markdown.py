"""The inline conventions, as one Python-Markdown extension, and the code fence.

The extension knows the apparatus, not the page it renders: every link starts
at the manuscript's root (`/03-gpu/02-batching.md#fig-knee`), which MkDocs'
`relative_to_docs` and Zensical turn into relative ones.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as etree

from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import STX, AtomicString
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.lexers.special import TextLexer
from pygments.util import ClassNotFound

from press import apparatus as apparatuses
from press import listings, math
from press.apparatus import Apparatus
from press.facts import Fact
from press.index import slug
from press.source import (
    APOSTROPHE,
    CITATION,
    CITED,
    FORMULA,
    REFERENCE,
    plain,
    typographic,
)

CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
MARKS = HtmlFormatter(nowrap=True)
ALIGNMENT = re.compile(r"text-align:\s*(left|center|right);?")
KIND_NAMES = {
    "measured": "Measured",
    "derived": "Derived",
    "cited": "Cited",
    "assumed": "Assumed",
}


class PressExtension(Extension):
    """References, citations, link schemes and formulas."""

    def __init__(self, apparatus: Apparatus | None = None, **configs: Any) -> None:
        self.given = apparatus
        self.config = {"root": [".", "Folder that holds mkdocs.yml"]}
        super().__init__(**configs)

    def extendMarkdown(self, md: Markdown) -> None:
        """Register the processors."""
        md.ESCAPED_CHARS = [*md.ESCAPED_CHARS, "@", "$"]
        md.inlinePatterns.register(FormulaProcessor(FORMULA.pattern, md), "math", 185)
        cite = CitationProcessor(CITATION.pattern, md, self)
        md.inlinePatterns.register(cite, "cite", 172)
        ref = ReferenceProcessor(REFERENCE.pattern, md, self)
        md.inlinePatterns.register(ref, "ref", 171)
        quote = ApostropheProcessor(APOSTROPHE.pattern, md)
        md.inlinePatterns.register(quote, "apostrophe", 60)
        md.treeprocessors.register(SchemeProcessor(md, self), "schemes", 12)

    @cached_property
    def known(self) -> Apparatus:
        """The apparatus, loaded when the first page needs it."""
        return self.given or apparatuses.load(Path(self.getConfig("root")))


class _Processor(InlineProcessor):
    """An inline processor that knows the apparatus."""

    def __init__(self, pattern: str, md: Markdown, press: PressExtension) -> None:
        super().__init__(pattern, md)
        self.compiled_re = re.compile(pattern, re.S)
        self.press = press

    @property
    def known(self) -> Apparatus:
        """What the page may refer to."""
        return self.press.known


class ReferenceProcessor(_Processor):
    """`@fig-knee` as a link that reads "Figure 3-2"."""

    def handleMatch(self, m, data):
        """The link; an undefined label stays as typed (a check reports it)."""
        label = self.known.labels.by_id.get(m["id"])
        if label is None:
            return None, None, None
        link = etree.Element("a", {"class": "ref", "href": label.href})
        link.text = AtomicString(label.text)
        return link, m.start(0), m.end(0)


class CitationProcessor(_Processor):
    """`[@a; @b, §4.1]` as author and year, each linked to its reference."""

    def handleMatch(self, m, data):
        """The citation; unknown keys stay as typed (a check reports them)."""
        items = [CITED.match(part.strip()) for part in m["body"].split(";")]
        if any(i is None or i["key"] not in self.known.references for i in items):
            return None, None, None
        page = self.known.book.generated("refs")
        span = etree.Element("span", {"class": "cite"})
        span.text = AtomicString("[")
        for index, item in enumerate(items):
            reference = self.known.references[item["key"]]
            link = etree.SubElement(span, "a", {"data-cite": reference.key})
            _point(link, page, f"ref-{reference.key}")
            link.text = AtomicString(reference.label)
            locator = " ".join((item["locator"] or "").split())
            tail = f", {locator}" if locator else ""
            link.tail = tail + ("; " if index < len(items) - 1 else "]")
        return span, m.start(0), m.end(0)


class ApostropheProcessor(InlineProcessor):
    """A typewriter's apostrophe as ’."""

    def handleMatch(self, m, data):
        """The character."""
        return "’", m.start(0), m.end(0)


class FormulaProcessor(InlineProcessor):
    """`$x$` and `\\(x\\)` as MathML."""

    def __init__(self, pattern: str, md: Markdown) -> None:
        super().__init__(pattern, md)
        self.compiled_re = re.compile(pattern, re.S)

    def handleMatch(self, m, data):
        """The formula; one that can't be set stays as typed."""
        tex = " ".join((m["tex"] or m["paren"]).split())
        if STX in tex:  # a code span: these are two prices around it
            return None, None, None
        try:
            markup = math.mathml(tex)
        except math.FormulaError:
            return None, None, None
        return self.md.htmlStash.store(markup), m.start(0), m.end(0)


class SchemeProcessor(Treeprocessor):
    """Links with our schemes, ids for back links, alignment as classes."""

    def __init__(self, md: Markdown, press: PressExtension) -> None:
        super().__init__(md)
        self.press = press

    @property
    def known(self) -> Apparatus:
        """What the page may refer to."""
        return self.press.known

    def run(self, root: etree.Element) -> None:
        """Rewrite the tree in document order."""
        counts: Counter[str] = Counter()

        def anchor(stem: str) -> str:
            counts[stem] += 1
            return f"{stem}-{counts[stem]}"

        for element in root.iter():
            if element.tag in ("td", "th"):
                _align(element)
            elif "data-cite" in element.attrib:
                element.set("id", anchor(f"cite-{element.attrib.pop('data-cite')}"))
            elif element.tag == "a":
                self._link(element, anchor)

    def _link(self, element: etree.Element, anchor) -> None:
        scheme, colon, target = element.get("href", "").partition(":")
        if not colon:
            return
        if scheme == "fact" and target in self.known.facts:
            self._fact(element, self.known.facts[target], anchor)
        elif scheme == "term" and target in self.known.terms:
            term = self.known.terms[target]
            page = self.known.book.generated("glossary")
            element.set("class", "term")
            element.set("id", anchor(f"term-{target}"))
            element.set("title", plain(term.definition))
            _point(element, page, f"term-{target}")
            if not _text(element):
                element.text = AtomicString(term.term)
        elif scheme == "index":
            element.tag = "span"
            del element.attrib["href"]
            element.set("class", "ix")
            element.set("id", anchor(f"ix-{slug(target)}"))
        elif scheme == "book1" and target in self.known.book1.places:
            place = self.known.book1.places[target]
            element.set("class", "book1")
            element.set("href", place.url)
            element.set("title", place.where)
            if not _text(element):
                element.text = AtomicString(place.long)
            else:
                element.set("data-where", place.where)

    def _fact(self, element: etree.Element, fact: Fact, anchor) -> None:
        page = self.known.homes.get(fact.id)
        element.set("class", f"fact fact-{fact.kind}")
        element.set("id", anchor(f"fact-{fact.id}"))
        element.set("title", typographic(provenance(fact, self.known)))
        _point(element, page, f"fact-{fact.id}")
        if not _text(element):
            element.text = AtomicString(fact.shown)


def provenance(fact: Fact, known: Apparatus) -> str:
    """How a fact is known, in one line."""
    parts = [KIND_NAMES[fact.kind]]
    if fact.as_of:
        parts[0] += f" {day(fact.as_of)}"
    if fact.kind == "cited" and fact.cite in known.references:
        parts.append(f"{known.references[fact.cite].label}, {fact.locator}")
    if fact.conditions:
        parts.append(fact.conditions)
    if fact.rationale:
        parts.append(fact.rationale)
    return ": ".join([parts[0], "; ".join(parts[1:])]) if parts[1:] else parts[0]


def day(date: Any) -> str:
    """A date as the book writes it: 23 November 2026."""
    return f"{date.day} {date:%B %Y}"


def _point(element: etree.Element, page: Any, anchor: str) -> None:
    """Link the element to an anchor of a generated page, if the book has it."""
    if page:
        element.set("href", f"/{page.src}#{anchor}")
    else:
        element.tag = "span"
        element.attrib.pop("href", None)


def _text(element: etree.Element) -> str:
    return "".join(element.itertext()).strip()


def _align(cell: etree.Element) -> None:
    match = ALIGNMENT.fullmatch(cell.get("style", "").strip())
    if match:
        del cell.attrib["style"]
        if match[1] != "left":
            cell.set("class", match[1])


# -- code -------------------------------------------------------------------


def fence_options(
    language: str, inputs: dict[str, str], options: dict, attrs: dict, md: Markdown
) -> bool:
    """Accept the options that the block expansion writes into a fence."""
    for name in ("lines", "callouts", "number"):
        if name in inputs:
            options[name] = inputs.pop(name)
    return not inputs


def fence(
    source: str, language: str, css_class: str, options: dict, md: Markdown, **_: Any
) -> str:
    """A fenced block as HTML: one span a line, its newline inside.

    `lines` gives each line its number in the file, `callouts` the numbers of
    the lines that carry ①, ②, …; a fence called `math` is a displayed formula.
    """
    if language == "math":
        return displayed(source, options.get("number", ""))
    marked = highlight(source, _lexer(language), MARKS).rstrip("\n")
    numbers = listings.numbers(options.get("lines", ""))
    callouts = listings.numbers(options.get("callouts", ""))
    rows = []
    for index, line in enumerate(marked.split("\n")):
        number = f' data-n="{numbers[index]}"' if numbers else ""
        marks = [
            _callout(nth)
            for nth, marked in enumerate(callouts)
            if numbers and marked == numbers[index]
        ]
        rows.append(f'<span class="ln"{number}>{line}{"".join(marks)}\n</span>')
    name = html.escape(language or "text", quote=True)
    kind = " output" if language in ("console", "output") else ""
    return (
        f'<div class="highlight{kind}"><pre tabindex="0">'
        f'<code class="language-{name}">{"".join(rows)}</code></pre></div>'
    )


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer:
    try:
        return get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return TextLexer(stripnl=False)


def _callout(index: int) -> str:
    shown = CIRCLED[index] if index < len(CIRCLED) else f"({index + 1})"
    return f' <span class="co" data-co="{index + 1}">{shown}</span>'


def displayed(tex: str, number: str) -> str:
    """A displayed formula with its number in parentheses."""
    label = f'<span class="eqno">({number})</span>' if number else ""
    try:
        return math.mathml(" ".join(tex.split()), display=True) + label
    except math.FormulaError as error:
        return f"<code>{html.escape(tex)}</code> {html.escape(str(error))}"
