"""What holds for any text: scans, expansions, numbers and Markdown."""

from __future__ import annotations

import dataclasses
import re
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from markdown import Markdown

from press import apparatus, backmatter, blocks, checks, facts, index, labels, listings
from press.apparatus import Apparatus
from press.book import Book, Page, roman
from press.markdown import PressExtension, fence, fence_options
from press.source import blank, plain, scan, split_front_matter, typographic

# Text made of what the conventions are made of finds more than random letters.
PIECES = st.sampled_from(
    [
        *("\n", "\n\n", "    ", " ", "word", "5", "# T", "## T {#sec-t}", "- ", "1. "),
        *(
            "`",
            "```",
            "```python",
            "```python examples/queue.py:mean",
            "~~~",
            "$",
            "$$",
        ),
        *("\\", "\\(", "\\)", "@", "@fig-line", "@eq-x", "[@erlang1917]", "[@no, §1]"),
        *("[", "](", ")", "]", "[](fact:patience)", "[x](fact:no)", "[x](term:fifo)"),
        *("[x](index:a/b)", "[](book1:preface)", "![", "![D.](diagram:line)", ": C."),
        *("{#fig-x}", "{#tbl-x}", "{", "}", "| a | b |", "|---|--:|", "|", "<", "<![x"),
        *(
            "<b>",
            "</b>",
            "<!--",
            "-->",
            "&",
            "&amp;",
            "!!! aside",
            ":::",
            "::: {#refs}",
        ),
        *("[^1]", "[^1]: note", "*", "_", "**", "a_b", "\t", "\x02", "\x03", "é", "😀"),
        *(
            "\\frac{1}{2}",
            "\\rho",
            "---\nstatus: begun\n---\n",
            "////",
            "/// html | div",
        ),
    ]
)
TEXT = st.one_of(st.lists(PIECES, max_size=14).map("".join), st.text(max_size=60))


# -- scanning ------------------------------------------------------------------------


@given(TEXT)
@example("a `b\n\n`c` @fig-x")
@example("```x\n@fig-x\n```\n@fig-y")
def test_masking_keeps_every_place(text):
    found = scan(text)
    _, body, first = split_front_matter(text)
    assert len(found.masked) == len(body)
    assert blank(found.masked).count("\n") == body.count("\n")
    assert found.first_line == first
    assert all(
        masked == given or masked == " "
        for masked, given in zip(found.masked, body, strict=True)
    )


@given(TEXT)
def test_every_mark_stands_on_its_line(text):
    lines = text.split("\n")
    found = scan(text)
    for mark in (*found.marks, *found.labels):
        rest = "".join("\n".join(lines[mark.line - 1 :]).split())
        assert "".join(mark.target.split()) in rest
        if mark.kind in ("ref", "label"):
            assert mark.target in lines[mark.line - 1]
    for heading in found.headings:
        assert lines[heading.line - 1].startswith("#" * heading.level)
    for fenced in found.fences:
        assert lines[fenced.line - 1].rstrip().endswith(fenced.info)
        body = lines[fenced.line : fenced.line + len(fenced.body)]
        assert body == list(fenced.body)


# -- expansion -----------------------------------------------------------------------


def page_of(known: Apparatus, text: str) -> Page:
    """The fixture's exercises with another text."""
    page = known.book.by_src["01-queues/exercises.md"]
    return dataclasses.replace(page, text=text)


def book_of(known: Apparatus, pages: list[Page]) -> Book:
    """The fixture with these pages alone, as its first chapter."""
    chapter = dataclasses.replace(known.book.chapters[0], pages=tuple(pages))
    part = dataclasses.replace(known.book.parts[0], chapters=(chapter,))
    return dataclasses.replace(known.book, pages=tuple(pages), parts=(part,))


PLAIN = re.compile(r"^(?:\s*(?:!\[|\||\$\$|:::|[ >]*(?:`{3}|~{3}))|# )", re.M)


@given(TEXT)
def test_text_without_conventions_stays_as_it_is(known, text):
    _, body, _ = split_front_matter(text)
    assume(not PLAIN.search(body))
    assert blocks.expand(page_of(known, text), known) == body


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])),
        max_size=6,
    ),
    st.sampled_from(["```", "````", "~~~"]),
    st.sampled_from(["", "python", "text"]),
    TEXT,
)
def test_expansion_keeps_the_body_of_every_fence(known, lines, ticks, info, around):
    assume(not scan(around).fences)
    assume(not any(line.lstrip(" >").startswith(ticks[0]) for line in lines))
    text = "\n".join([around, "", ticks + info, *lines, ticks, "", "end"])
    out = blocks.expand(page_of(known, text), known)
    assert "\n".join([ticks + info, *lines, ticks]) in out


@given(TEXT)
@example("![D.](diagram:line)\n\n: C. {#fig-x}")
@example("| a |\n|---|\n| 1 |\n: C. {#tbl-x}")
@example("```python\n```\n\n: C. {#lst-x}")
@example("- item\n\n    ![D.](diagram:line)\n\n    : C. {#fig-x}")
@example("!!! aside\n    | a |\n    |---|\n\n    : C. {#tbl-x}\n\n$$ x $$ {#eq-x}")
def test_a_label_without_finding_is_the_id_of_a_block(known, text):
    """The check and the expansion agree on which captions belong to a block."""
    page = page_of(known, "# T\n\n" + text)
    book = book_of(known, [page])
    numbered = labels.collect(book)
    other = dataclasses.replace(known, book=book, labels=numbered)
    if any(f.code != "label-twice" for f in checks.run(other)):
        return
    out = blocks.expand(page, other)
    for label in numbered.by_id.values():
        if label.kind in labels.NUMBERED:
            assert re.search(rf"html \| \w+#{label.id}\.", out), label.id


@given(TEXT)
def test_no_text_breaks_a_check(known, text):
    page = page_of(known, text)
    book = dataclasses.replace(known.book, pages=(*known.book.pages, page))
    for finding in checks.run(dataclasses.replace(known, book=book)):
        assert 1 <= finding.line <= max(1, text.count("\n") + 1)


@pytest.mark.parametrize(
    "line", ["```", "x = '````'", "````", "```` and `````", "~~~", "`x`"]
)
def test_a_listing_stays_in_its_fence(line, copied):
    source = f"first\n{line}\n@fig-line\nlast"
    (copied / "examples/ticks.py").write_text(f"{source}\n")
    known = apparatus.load(copied)
    text = "```python examples/ticks.py\n```\n\nend"
    (fenced,) = scan(blocks.expand(page_of(known, text), known)).fences
    assert "\n".join(fenced.body) == source


CALLOUTS = {
    "close": "1. `def mean_wait` begins.\n2. `return total` ends.",
    "parted by blank lines": "1. `def mean_wait` begins.\n\n\n2. `return total` ends.",
    "over many lines": (
        "1. `def mean_wait`\n" + "   goes on\n" * 60 + "2. `return total` ends."
    ),
}


@pytest.mark.parametrize("name", CALLOUTS)
@pytest.mark.parametrize("caption", ["", "\n: Mean. {#lst-x}\n"])
def test_call_outs_mark_the_lines_that_they_name(name, caption, known, markdown):
    text = f"```python examples/queue.py:mean\n```\n{caption}\n{CALLOUTS[name]}\n"
    page = page_of(known, text)
    html = markdown.reset().convert(blocks.expand(page, known))
    items = re.search(r'<div class="callouts">(.*?)</ol>', html, re.S)
    assert items
    assert items[1].count("<li>") == 2
    marked = [line for line in html.split("\n") if "data-co=" in line]
    assert [re.findall(r'data-co="(\d)"', line) for line in marked] == [["1"], ["2"]]
    assert "mean_wait" in marked[0]
    assert "return" in marked[1]


@pytest.mark.parametrize("indent", ["\t", "    "])
def test_a_fence_is_a_fence_however_indented(indent, known, markdown):
    fence = [f"{indent}{line}" for line in ("```python", 'x = "@fig-line <b>"', "```")]
    text = "\n".join(["- one", "", *fence, "", "- two"])
    assert [f.body for f in scan(text).fences] == [(fence[1],)]
    html = markdown.reset().convert(blocks.expand(page_of(known, text), known))
    words = "".join(ElementTree.fromstring(f"<div>{html}</div>").itertext())
    assert 'x = "@fig-line <b>"' in words


def test_text_right_under_a_chapter_title_is_a_paragraph(known, markdown):
    opener = known.book.chapters[0].opener
    page = dataclasses.replace(opener, text="# Queues {#ch-queues}\nText at once.\n")
    html = markdown.reset().convert(blocks.expand(page, known))
    assert "<p>Text at once.</p>" in html
    assert '<p class="facts-strip">' in html


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Plain *and* **bold** _words_", "Plain and bold words"),
        ("`a_b * c` and `**kwargs`", "a_b * c and **kwargs"),
        ("A &amp; B &lt;c&gt;", "A & B <c>"),
        ("`&amp;` as typed", "&amp; as typed"),
        (r"An \*asterisk\* and \@fig-x", "An *asterisk* and @fig-x"),
        ("``a ` b``", "a ` b"),
        ("2 * 3 and snake_case", "2 * 3 and snake_case"),
        ("[Linked](term:wait) words", "Linked words"),
    ],
)
def test_a_title_in_words(title, words):
    assert plain(title) == words


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_lines_may_end_as_on_any_system(ending, copied, known):
    src = "01-queues/01-waiting.md"
    for path in (f"manuscript/{src}", "manuscript/facts.yml", "mkdocs.yml"):
        file = copied / path
        file.write_bytes(file.read_bytes().replace(b"\n", ending.encode()))
    other = apparatus.load(copied)
    assert other.facts == known.facts
    assert blocks.expand(other.book.by_src[src], other) == blocks.expand(
        known.book.by_src[src], known
    )


@pytest.mark.parametrize(
    ("number", "numeral"),
    [(1, "I"), (4, "IV"), (39, "XXXIX"), (40, "XL"), (94, "XCIV"), (1999, "MCMXCIX")],
)
def test_parts_are_numbered_as_the_romans_did(number, numeral):
    assert roman(number) == numeral


# -- data that lacks what may be lacking ---------------------------------------------


def test_empty_fields_print_nothing(copied):
    (copied / "manuscript/facts.yml").write_text(
        "week:\n  kind: assumed\n  value: 7\n  unit:\n  conditions:\n  rationale: r\n"
    )
    (copied / "manuscript/glossary.yml").write_text(
        "wait:\n  term: waiting time\n  short:\n  definition: d\n"
    )
    known = apparatus.load(copied)
    assert known.facts["week"].shown == "7"
    for name in ("evidence", "glossary"):
        page = known.book.by_src[f"back/{name}.md"]
        assert "None" not in blocks.expand(page, known).replace("None yet", "")


@pytest.mark.parametrize(
    ("entry", "printed"),
    [
        ("author={Ada Lee}, title={T}", "Ada Lee. n.d. “T.”"),
        ("author={Ada Lee}, title={Why?}, year={2001}", "Ada Lee. 2001. “Why?”"),
        ("author={Lee, A.}, title={T}, year={2001}", "A. Lee. 2001. “T.”"),
        (
            "author={Ada Lee and others}, title={T}, year={2001}",
            "Ada Lee et al. 2001. “T.”",
        ),
        (
            "author={{Acme Labs} and others}, title={T}, year={2001}",
            "Acme Labs et al. 2001. “T.”",
        ),
    ],
)
def test_a_work_as_the_references_print_it(entry, printed, copied, markdown):
    bibliography = copied / "manuscript/references.bib"
    bibliography.write_text(f"@misc{{erlang1917, {entry}}}\n")
    known = apparatus.load(copied)
    page = known.book.by_src["back/references.md"]
    html = markdown.reset().convert(blocks.expand(page, known))
    text = " ".join(re.sub(r"<[^>]+>", "", html).split())
    assert f" {printed} Cited in" in text


@pytest.mark.parametrize(
    ("authors", "label"),
    [
        ("Ada Lee", "Lee, n.d."),
        ("Ada Lee and Bea Fox", "Lee and Fox, n.d."),
        ("Ada Lee and others", "Lee et al., n.d."),
    ],
)
def test_a_citation_names_the_first_authors(authors, label, copied):
    bibliography = copied / "manuscript/references.bib"
    bibliography.write_text(f"@misc{{x, author={{{authors}}}, title={{T}}}}\n")
    assert apparatus.load(copied).references["x"].label == label


# -- numbering -----------------------------------------------------------------------


@given(st.lists(st.lists(st.sampled_from(labels.NUMBERED), max_size=5), max_size=4))
def test_labels_are_numbered_by_chapter_in_their_order(known, kinds_by_page):
    opener = known.book.chapters[0].opener
    pages, n = [opener], 0
    for nth, kinds in enumerate(kinds_by_page):
        text = f"# P {{#sec-p{nth}}}\n"
        for kind in kinds:
            n += 1
            text += f"\nText {{#{kind}-{n}}}\n"
        page = dataclasses.replace(page_of(known, text), src=f"01/{nth}.md")
        pages.append(page)
    collected = labels.collect(book_of(known, pages))
    assert not collected.findings
    for kind in labels.NUMBERED:
        given_order = collected.of(kind)
        assert [la.number for la in given_order] == [
            f"1-{number}" for number in range(1, len(given_order) + 1)
        ]
        ids = [int(la.id.split("-")[1]) for la in given_order]
        assert ids == sorted(ids)


# -- quantities ----------------------------------------------------------------------

VALUES = st.decimals(
    min_value=-(10**9), max_value=10**9, places=6, allow_nan=False, allow_infinity=False
)


def fact_of(value: Decimal | str, unit: str, digits: int | None = None) -> facts.Fact:
    """A fact with this value."""
    return facts.Fact(
        id="f",
        value=value,
        unit=unit,
        kind="assumed",
        conditions="",
        as_of=None,
        review_by=None,
        source="",
        cite="",
        locator="",
        rationale="r",
        checked=None,
        verdict="",
        digits=digits,
        line=1,
    )


@given(VALUES, st.integers(-3, 6))
def test_rounding_is_half_up(value, digits):
    step = Decimal(10) ** -digits
    rounded = facts.round_half_up(value, digits)
    assert rounded % step == 0
    assert abs(rounded - value) * 2 <= step
    if abs(rounded - value) * 2 == step:
        assert abs(rounded) >= abs(value)
    assert not (rounded == 0 and rounded.is_signed())


@given(VALUES, st.integers(0, 5), st.sampled_from(["", "ms", "%", "$/h", "people"]))
def test_what_a_fact_prints_is_a_rounding_of_it(value, digits, unit):
    fact = fact_of(value, unit, digits)
    assert fact.fits(fact.shown)
    assert fact.fits(f"about {fact.shown}")
    assert fact_of(value, unit).fits(fact_of(value, unit).shown)
    assert "-" not in fact.shown


@given(VALUES, st.integers(0, 4))
def test_another_number_is_no_rounding(value, digits):
    step = Decimal(10) ** -digits
    other = facts.round_half_up(value, digits) + step
    assert not fact_of(value, "ms").fits(f"{other:f}") or other % 10 == 0


@pytest.mark.parametrize(
    ("value", "text", "fits"),
    [
        ("26.5", "27 ms", True),
        ("26.5", "about 27 ms", True),
        ("26.5", "26 ms", False),
        ("26.5", "30 ms", True),
        ("26.5", "26.50 ms", True),
        ("1234.5", "1,235", True),
        ("1234.5", "1,200", True),
        ("-0.04", "0", True),
        ("-5", "−5 ms", True),
        ("7", "7 hours", False),
        ("1", "1 m", False),
    ],
)
def test_roundings_by_example(value, text, fits):
    assert fact_of(Decimal(value), "ms").fits(text) is fits


@given(st.lists(st.integers(1, 400), unique=True).map(sorted))
def test_ranges_of_lines_are_read_back(lines):
    assert listings.numbers(listings.ranges(lines)) == lines


# -- the index -----------------------------------------------------------------------


@given(st.text(), st.text(), st.text())
def test_the_index_has_one_order(a, b, c):
    one, two, three = map(index.sort_key, (a, b, c))
    assert (one == two) == (a == b)
    assert (one < two) + (two < one) + (one == two) == 1
    assert not (one <= two <= three) or one <= three


@pytest.mark.parametrize(
    "names", [["(a)", "Äpfel", "batching", "Ångström", "zebra"][::1]]
)
def test_accents_and_punctuation_do_not_count(names):
    shown = sorted(names, key=index.sort_key)
    assert shown == ["(a)", "Ångström", "Äpfel", "batching", "zebra"]


# -- Markdown ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def markdown(known) -> Markdown:
    """Python-Markdown as the book's `mkdocs.yml` sets it up."""
    extensions = [
        PressExtension(apparatus=known) if name == "press" else name
        for item in known.book.config["markdown_extensions"]
        for name in ([item] if isinstance(item, str) else item)
    ]
    fences = {"name": "*", "class": "highlight", "validator": fence_options}
    return Markdown(
        extensions=extensions,
        extension_configs={
            "pymdownx.superfences": {"custom_fences": [{**fences, "format": fence}]},
            "toc": {"permalink": True},
        },
    )


KNOWN_SCHEMES = re.compile(r'href="(?:fact:patience|term:fifo|index:|book1:preface)')


@given(TEXT)
@example("costs $x `code` y$")
@example("[@erlang1917, `code` §1]")
@example("[@erlang1917, p\\. 1] \\@fig-line")
@example("`$x$` $`x`$ @fig-line")
def test_any_text_renders_and_no_known_scheme_is_left(markdown, known, text):
    page = page_of(known, text)
    html = markdown.reset().convert(blocks.expand(page, known))
    shown = re.sub(r"<code.*?</code>|<!--.*?-->", "", html, flags=re.S)
    assert not KNOWN_SCHEMES.search(shown)
    assert "wzxhzdk" not in html
    assert "klzzwxh" not in html


@given(st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF), min_size=1))
@example("first in, first out (FIFO)")
@example("9(3), pp. 1–2")
@example("a_b*c* `d` <e> & [f](g) $h$ @fig-line \\(x\\) #5")
@example("O'Brien")
def test_escaped_text_prints_as_it_is_but_for_apostrophes(markdown, text):
    html = markdown.reset().convert(f"x {backmatter.escape(text)} x")
    shown = "".join(ElementTree.fromstring(html).itertext())
    assert shown == f"x {typographic(text)} x"
