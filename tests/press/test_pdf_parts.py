"""The parts of the PDF writer, each by itself."""

from __future__ import annotations

import re
from dataclasses import replace

import pikepdf
import pytest
from fixture_book import Rendering
from lxml import etree

from press.capture import CapturedPage
from press.fragment import classes, element, find, having, parse, text_of
from press.printing import content, fonts, index, matter, tags
from press.printing.galleys import Galley, Galleys
from press.printing.layout import Setter
from press.printing.pages import Sheets
from press.theme import Theme

LONG = "Words that fill lines and lines of a page until nothing more fits. " * 12


def _page(html: str, kind: str = "section") -> CapturedPage:
    return CapturedPage("a.md", "a/", "A", kind, 1, 1, "1.1", None, html)


@pytest.fixture
def sheets(rendering: Rendering) -> Sheets:
    """The fixture book's pages, ready to be set."""
    theme = Theme.load(rendering.book.root / "theme")
    return Sheets(rendering.book, tuple(rendering.pages), theme)


def _section(sheets: Sheets, html: str) -> etree._Element:
    page = replace(sheets.pages[0], html=html, kind="section")
    return replace(sheets, pages=(page,)).section(page)


@pytest.mark.parametrize(
    ("places", "shown"),
    [
        ([(12, "12")], "12"),
        ([(12, "12"), (12, "12")], "12"),
        ([(17, "17"), (15, "15"), (12, "12"), (16, "16")], "12, 15–17"),
        ([(7, "vii"), (10_001, "1"), (10_002, "2")], "vii, 1–2"),
        ([], ""),
    ],
)
def test_neighbouring_pages_are_joined(
    places: list[tuple[int, str]], shown: str
) -> None:
    spans = matter.runs(places)
    assert ", ".join(a if a == b else f"{a}–{b}" for a, b in spans) == shown


def test_index_entries_print_pages_once_and_keep_what_follows() -> None:
    html = """<div class="subject-index"><ul><li>queue,
      <a class="ixp" href="#a">1.1</a> <a class="ixp again" href="#b">1.1</a>,
      <a class="ixp" href="#c">1.2</a>, <a class="ixp" href="#d">2</a>,
      <em>see also</em> line<ul><li>shared, <a class="ixp" href="#d">2</a></li></ul>
      </li></ul></div>"""
    body = parse(_page(html))
    where = {"a": (4, "4"), "b": (4, "4"), "c": (5, "5"), "d": (9, "9")}
    index.number(body, where.get)
    outer, inner = find(body, ".//h:li")
    assert text_of(inner) == "shared, 9"
    assert text_of(outer).startswith("queue, 4–5, 9, see also line")
    assert [a.get("href") for a in find(outer, "./h:a")] == ["#a", "#d"]


def test_code_lines_lose_their_breaks_and_empty_ones_keep_their_height(
    sheets: Sheets,
) -> None:
    html = (
        '<div class="highlight"><pre><code><span class="ln" data-n="4"><span>a</span>\n'
        '</span><span class="ln" data-n="5">\n</span></code></pre></div>'
    )
    section = _section(sheets, html)
    lines = find(section, f".//h:span[{having('ln')}]")
    assert ["".join(line.itertext()) for line in lines] == ["a", "\xa0"]
    assert classes(find(section, ".//h:pre")[0]) == ["numbered"]


def test_headings_of_a_section_rank_below_its_chapter(sheets: Sheets) -> None:
    page = replace(sheets.pages[0], html="<h1>A</h1><h2>B</h2>", kind="section")
    section = replace(sheets, pages=(page,)).section(page, shift=1)
    assert [etree.QName(node).localname for node in section] == ["h2", "h3"]


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ('<a href="https://example.org/x">a page</a>', "a pageexample.org/x"),
        ('<a href="https://example.org/">example.org</a>', "example.org"),
        (
            '<a class="book1" href="https://e.org" data-where="Book 1, ch. 5, “Pools”">'
            "pools</a>",
            "pools (Book 1, ch. 5, “Pools”)",
        ),
        (
            '<a class="book1" href="https://e.org" data-where="Book 1, ch. 5, “Pools”">'
            "Book 1, chapter 5, “Pools”</a>",
            "Book 1, chapter 5, “Pools”",
        ),
        (
            '<a class="book1" href="https://e.org" data-where="Book 1, ch. 5, “Pools”">'
            "“Pools”</a>",
            "“Pools” (Book 1, ch. 5)",
        ),
    ],
)
def test_links_out_of_the_book_say_where_they_lead(
    sheets: Sheets, html: str, shown: str
) -> None:
    assert text_of(_section(sheets, f"<p>{html}</p>")) == shown


def test_a_note_moves_to_its_call(sheets: Sheets) -> None:
    html = """<p>Text<sup id="fnref:1"><a class="footnote-ref" href="#fn:1">1</a></sup>.
      </p><div class="footnote"><hr><ol><li id="fn:1"><p>The <em>note</em>.&#160;<a
      class="footnote-backref" href="#fnref:1">↩</a></p></li></ol></div>"""
    section = _section(sheets, html)
    assert [text_of(n) for n in find(section, f".//h:span[{having('foot-note')}]")] == [
        "The note."
    ]
    assert text_of(section) == "TextThe note.."


def test_text_fills_the_gap_that_a_tall_figure_leaves(sheets: Sheets) -> None:
    drawing = (
        "data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg' "
        "viewBox='0 0 354 330' width='354' height='330'/>"
    )
    section = element("section", class_="section")
    for name in ["before"] * 3:
        section.append(element("p", LONG, class_=name))
    figure = element("figure", class_="figure", id="fig-tall")
    figure.append(element("img", src=drawing, alt="A tall drawing."))
    section.append(figure)
    section.append(element("p", LONG, class_="after"))
    galley = Galley([section])
    Galleys(Setter(sheets), [galley]).settle()
    assert [n.get("class") for n in section][-2:] == ["after", "figure"]


def test_pages_are_labelled_by_their_kind() -> None:
    assert tags.labels(0, 3) == pikepdf.Dictionary(
        Nums=pikepdf.Array([0, pikepdf.Dictionary(S=pikepdf.Name.D)])
    )
    assert [int(n) for n in list(tags.labels(4, 9).Nums)[::2]] == [0, 4]


def test_every_typeface_is_named_with_its_notice(sheets: Sheets) -> None:
    notices = fonts.notices(sheets.theme)
    assert len(notices) == len(fonts.families(sheets.theme))
    assert all(re.search(r"20\d\d.*SIL Open Font License", note) for note in notices)


def test_fonts_from_elsewhere_are_found(sheets: Sheets) -> None:
    embedded = {"Inter-Semi-Bold", "Source-Serif-4,", "DejaVu-Sans"}
    found = fonts.strange(embedded, sheets.theme)
    assert len(found) == 1
    assert "DejaVu-Sans" in found[0].message


@pytest.mark.parametrize("commit", ["", "0f1e2d3"])
def test_imprint_names_version_rights_and_statuses(
    sheets: Sheets, commit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRESS_RELEASE_COMMIT", commit)
    text = text_of(matter.imprint(sheets.book, sheets.theme))
    assert f"Version {sheets.book.edition.version}" in text
    assert sheets.book.edition.rights in text
    assert "until the author has reviewed it" in text
    assert ("commit" in text) == bool(commit)


def test_drawings_lose_their_ground_and_keep_their_light_text() -> None:
    drawing = '<rect fill="#fdfcf8"/><rect fill="#0b5c66"/><text fill="#fdfcf8"/>'
    assert content.on_page(drawing, "#fdfcf8") == (
        '<rect fill="none"/><rect fill="#0b5c66"/><text fill="#ffffff"/>'
    )
