"""The parts of the PDF writer, each by itself."""

from __future__ import annotations

import gc
import re
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pikepdf
import pydyf
import pytest
from fixture_book import Rendering
from lxml import etree

from press.capture import CapturedPage
from press.fragment import classes, element, find, having, parse, text_of
from press.printing import content, engine, fonts, index, inventory, matter, tags
from press.printing.galleys import Galley, Galleys
from press.printing.kept import Kept
from press.printing.layout import Setter
from press.printing.pages import Sheets
from press.theme import Theme

DRAWING = (
    "data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg' "
    "viewBox='0 0 354 330' width='354' height='330'><symbol id='s' viewBox='0 0 9 9'>"
    "<path d='M0 0h9v9z'/></symbol><use href='%23s' width='9' height='9'/></svg>"
)
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
        ('<a href="https://example.org/x">a page</a>', "a pagehttps://example.org/x"),
        ('<a href="https://example.org/">example.org</a>', "example.org"),
        ('<a href="mailto:a@example.org">mail</a>', "maila@example.org"),
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
    section = element("section", class_="section")
    for name in ["before"] * 3:
        section.append(element("p", LONG, class_=name))
    figure = element("figure", class_="figure", id="fig-tall")
    figure.append(element("img", src=DRAWING, alt="A tall drawing."))
    section.append(figure)
    section.append(element("p", LONG, class_="after"))
    galley = Galley([section])
    Galleys(Setter(sheets), [galley]).settle()
    assert [n.get("class") for n in section][-2:] == ["after", "figure"]


NOTED = {
    "paragraph": "<p>{text}{note} {text}</p>",
    "list": "<ul><li>{text}</li><li><p>{text}{note}</p><p>{text}</p></li></ul>",
    "aside": '<div class="admonition aside"><p class="admonition-title">Aside</p>'
    "<p>{text}{note}</p></div>",
    "cell": '<figure class="table"><table><thead><tr><th>A</th></tr></thead><tbody>'
    "<tr><td>{text}</td></tr><tr><td>{text}{note}</td></tr></tbody></table></figure>",
    "caption": '<figure class="table"><figcaption><p>{text}{note}</p></figcaption>'
    "<table><tbody><tr><td>{text}</td></tr></tbody></table></figure>",
}
SENTENCE = "A sentence that fills about one whole line when it is set in print. "
LINES_BEFORE = 26  # then two lines fit if the first note makes room
SEE = '<p>See <a class="ref far" data-page-of="p0">the start</a>.</p>'


def _notes(count: int) -> str:
    items = "".join(
        f'<li id="fn:{n}"><p>Note {n}. {SENTENCE * (n % 4)}</p></li>'
        for n in range(count)
    )
    return f'<div class="footnote"><ol>{items}</ol></div>'


def _stand(galley: Galley, ending: str) -> dict[str, int]:
    """The pages of the notes, or of their calls, by note."""
    found: dict[str, int] = {}
    for number, page in enumerate(galley.laid.pages):
        for box in page._page_box.descendants():
            note = box.element is not None and box.element.get(content.NOTED)
            if note and box.element_tag == f"span{ending}":
                found.setdefault(note, number)
    return found


@pytest.mark.parametrize("kind", NOTED)
def test_no_footnote_is_lost_wherever_its_call_falls(sheets: Sheets, kind: str) -> None:
    html = f"<h1>Notes</h1>{SEE}"
    for n in range(21):
        note = f'<sup><a class="footnote-ref" href="#fn:{n}">{n}</a></sup>'
        filler = f"<p>Filler.</p>{SEE}" * n if n % 2 else f"<p>{SENTENCE * n}</p>"
        html += filler + NOTED[kind].format(text=SENTENCE * 2, note=note)
    galley = Galley([_section(sheets, html + _notes(21))])
    Galleys(Setter(sheets), [galley]).settle()
    calls, notes = _stand(galley, "::footnote-call"), _stand(galley, "")
    assert len(calls) == len(notes) == 21
    assert all(notes[name] - page in (0, 1) for name, page in calls.items())


def test_a_line_that_puts_a_note_off_keeps_its_own(sheets: Sheets) -> None:
    call = '<sup><a class="footnote-ref" href="#fn:{0}">{0}</a></sup>'
    html = f"<h1>Notes</h1><p>First.{call.format(2)}</p>"
    html += "<p>Filler.</p>" * LINES_BEFORE
    html += f"<p>{SENTENCE * 2}{call.format(1)} {SENTENCE * 4}</p>"
    galley = Galley([_section(sheets, html + _notes(3))])
    Galleys(Setter(sheets), [galley]).settle()
    assert list(_stand(galley, "").values()) == [1, 1]


def _settled(sheets: Sheets, html: str, path: Path) -> bytes:
    """The file of a section that is laid out until nothing on it moves."""
    setter, galley = Setter(sheets), Galley([_section(sheets, html)])
    Galleys(setter, [galley]).settle()
    setter.save(galley.laid, path, front=0)
    return path.read_bytes()


def test_pages_that_are_kept_are_as_if_made_anew(
    sheets: Sheets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = Mock(side_effect=engine.page.make_page)
    monkeypatch.setattr(engine.page, "make_page", make)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    kinds = [*NOTED.values()] * 4
    html = "<h1>A</h1>"
    for n, kind in enumerate(kinds):
        call = f'<sup><a class="footnote-ref" href="#fn:{n}">{n}</a></sup>'
        html += kind.format(text=SENTENCE * (n + 1), note=call)
        if n % 4 == 3:
            tall = f'<img src="{DRAWING}" alt="A tall drawing."/>'
            html += f'<figure class="figure" id="tall-{n}">{tall}</figure>{SEE}'
    kept = _settled(sheets, html + _notes(len(kinds)), tmp_path / "kept.pdf")
    few = make.call_count
    monkeypatch.setattr(Kept, "end", lambda *_: None)
    anew = _settled(sheets, html + _notes(len(kinds)), tmp_path / "anew.pdf")
    assert anew == kept
    assert few < make.call_count - few


@pytest.mark.parametrize(
    ("addition", "told"),
    [
        ('<p data-block="0:7">A word at the end.</p>', "A word at the end."),
        ('<p data-block="0:1">More in it.</p>', "is cut or missing"),
        ('<p data-block="0:7"><img src="" alt=""/></p>', "a picture is"),
        ('<span data-note="0:note-0">From the margin.</span>', "From the margin."),
        ('<p id="p0-sec-gone"></p>', "p0-sec-gone"),
    ],
)
def test_what_the_pages_have_lost_is_found(
    sheets: Sheets, addition: str, told: str
) -> None:
    section = _section(sheets, "<h1>A</h1><p>Here.</p>")
    laid = Setter(sheets).document([section])
    assert not list(inventory.lost([section], laid, sheets))
    (more,) = parse(_page(addition))
    for name in ("data-block", "data-note"):
        if f"{name}=" in addition:
            more.set(name, re.search(rf'{name}="([^"]+)"', addition)[1])
    section.append(more)
    (found,) = inventory.lost([section], laid, sheets)
    assert told in found.message
    assert (found.code, found.path) == ("pdf", sheets.book.docs / sheets.pages[0].src)


@pytest.mark.parametrize(("sentences", "whole"), [(6, True), (60, False)])
def test_a_short_box_is_not_broken(sheets: Sheets, sentences: int, whole: bool) -> None:
    before = "<p>Filler.</p>" * 30
    box = f"<p>{SENTENCE * sentences}</p>"
    title = '<p class="admonition-title">Box</p>'
    html = f'<h1>A</h1>{before}<div class="admonition">{title}{box}</div>'
    galley = Galley([_section(sheets, html)])
    Galleys(Setter(sheets), [galley]).settle()
    pages = {
        number
        for number, page in enumerate(galley.laid.pages)
        for box in page._page_box.descendants()
        if box.element is not None and "admonition" in classes(box.element)
    }
    assert len(pages) == (1 if whole else 2)


def test_roman_page_numbers_go_on() -> None:
    galley = Galley([], roman=True, start=39)
    assert [galley.label(offset) for offset in (0, 1, 10)] == ["xxxix", "xl", "xlix"]


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


def test_the_engine_gets_the_tree_as_it_is() -> None:
    root = etree.fromstring("<html><body><pre>\n\n  a &lt; b\xa0</pre></body></html>")
    given = Kept().renew(root)
    assert given.find("body/pre").text == "\n\n  a < b\xa0"


def test_only_what_differs_and_what_follows_it_is_replaced_in_a_tree() -> None:
    kept = Kept()
    first, then = (
        list(kept.renew(etree.fromstring(f"<body>{text}</body>")))
        for text in ("<p>1</p><p>2</p><p>3</p><p>4</p>", "<p>1</p><b/><p>3</p><p>4</p>")
    )
    assert [a is b for a, b in zip(first, then, strict=True)] == [1, 0, 0, 1]
    assert [node.text for node in then] == ["1", None, "3", "4"]


def test_a_page_made_twice_is_made_afresh(sheets: Sheets) -> None:
    page = sheets.pages[0]
    first = sheets.section(page, 1)
    again = etree.tostring(first)
    first[0].text = "Changed."
    assert etree.tostring(sheets.section(page, 1)) == again
    assert etree.tostring(sheets.section(page)) != again


def test_the_collector_rests_while_pages_are_made() -> None:
    with engine.unhindered():
        assert not gc.isenabled()
        engine.keep()
        assert gc.get_freeze_count() > 0
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_the_pages_of_a_file_are_listed_once_while_it_is_written() -> None:
    file = pydyf.PDF()
    file.add_page(pydyf.Dictionary())
    with engine.counted():
        assert file.page_references is file.page_references
    assert isinstance(vars(pydyf.PDF)["page_references"], property)
