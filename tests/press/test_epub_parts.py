"""The EPUB's transforms on small pieces of HTML and SVG."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from lxml import etree

from press import fragment
from press.capture import CapturedPage
from press.ebook import blocks, links
from press.ebook.breaks import Breaks
from press.ebook.document import Document, heading_text, identifier
from press.ebook.images import opaque
from press.ebook.package import file_as
from press.ebook.tables import LONGEST_LINE, tables, widths
from press.findings import PressError

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 4">{}</svg>'
WORDS = st.text("abc1", min_size=1, max_size=15)
CELLS = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)


def parse(html: str) -> etree._Element:
    page = CapturedPage("p.md", "p/", "P", "section", 1, 1, "1.1", None, html)
    return fragment.parse(page)


def markup(body: etree._Element) -> str:
    for node in body.iter():
        node.attrib.pop(fragment.BLOCK, None)
    text = "".join(etree.tostring(node, encoding="unicode") for node in body)
    for name, plain in {
        ' xmlns="http://www.w3.org/1999/xhtml"': "",
        ' xmlns:ns0="http://www.idpf.org/2007/ops"': "",
        "ns0:": "epub:",
    }.items():
        text = text.replace(name, plain)
    return text


@pytest.mark.parametrize(
    ("name", "valid"),
    [("fn:1", "fn-1"), ("a.b-c_d", "a.b-c_d"), ("1st", "x1st"), ("naïve", "naïve")],
)
def test_ids_become_xml_names(name, valid):
    assert identifier(name) == valid


@pytest.mark.parametrize(
    ("name", "filed"), [("Ada B. Example", "Example, Ada B."), ("Plato", "Plato")]
)
def test_names_are_filed_by_the_last(name, filed):
    assert file_as(name) == filed


def test_a_heading_is_told_without_its_number():
    html = '<h1><span class="num">1.2</span> Load: <math><mi>ρ</mi></math>\n now</h1>'
    assert heading_text(parse(html)[0]) == "Load: ρ now"


@pytest.mark.parametrize(
    ("rows", "shares"),
    [
        ([["a", "b"]], [50, 50]),
        ([["a"]], [100]),
        ([["name", "text"], ["x", "a long cell with many words in it"]], [25, 75]),
        ([["", ""]], [50, 50]),
        ([["", "1,234,567", "many words and no long one " * 9]], [10, 25, 65]),
    ],
)
def test_column_widths(rows, shares):
    assert widths(rows) == shares


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=4))
def test_a_grid_has_room_for_its_longest_words(rows):
    cells = ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
    lines = "".join(f"<tr>{row}</tr>" for row in cells)
    head = "<thead><tr><th>a</th><th>b</th><th>c</th></tr></thead>"
    body = parse(f"<table>{head}<tbody>{lines}</tbody></table>")
    tables(body)
    assume(body[0].get("class") == "grid")
    rows = [("a", "b", "c"), *rows]
    shares = widths(rows)
    assert sum(shares) == 100
    for share, column in zip(shares, zip(*rows, strict=True), strict=True):
        words = [word for cell in column for word in cell.split()]
        assert LONGEST_LINE * share / 100 > max(map(len, words))


def table(columns: int) -> etree._Element:
    heads = "".join(f"<th>H{n}</th>" for n in range(columns))
    cells = "".join(f'<td class="right"><em>c{n}</em></td>' for n in range(columns))
    body = parse(
        f"<table><thead><tr>{heads}</tr></thead><tbody><tr>{cells}</tr></tbody></table>"
    )
    tables(body)
    return body[0]


def test_four_columns_stay_a_grid():
    made = table(4)
    assert made.get("class") == "grid"
    assert [c.get("class") for c in fragment.find(made, ".//h:col")] == ["w25"] * 4
    assert {h.get("scope") for h in fragment.find(made, ".//h:th")} == {"col"}
    assert fragment.find(made, "//@role") == []


def test_five_columns_become_cards_that_name_their_columns():
    made = table(5)
    assert made.get("class") == "cards"
    assert made.get("role") == "table"
    cells = fragment.find(made, ".//h:td")
    assert [fragment.text_of(cell) for cell in cells] == [
        f"H{n}: c{n}" for n in range(5)
    ]
    assert {cell.get("role") for cell in cells} == {"cell"}
    named = fragment.find(made, ".//h:span[@class='column']/@aria-hidden")
    assert named == ["true"] * 5


def test_a_table_with_joined_cells_is_left_alone():
    body = parse(
        '<table><tr><td colspan="2">a</td></tr><tr><td>b</td><td>c</td></tr></table>'
    )
    tables(body)
    assert body[0].get("class") == "grid"
    assert fragment.find(body, ".//h:col") == []


def test_few_columns_of_long_words_become_cards_too():
    body = parse(
        f"<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr>"
        f"<td>{'x' * 22}</td><td>{'y' * 23}</td></tr></tbody></table>"
    )
    tables(body)
    assert body[0].get("class") == "cards"


@pytest.mark.parametrize(
    ("line", "kind"),
    [("x", "ln"), ("    x", "ln i4"), (" " * 60 + "x", "ln i24"), ("", "ln")],
)
def test_lines_know_their_indent(line, kind):
    body = parse(
        '<div class="highlight"><pre><code class="language-python">'
        f'<span class="ln" data-n="3">{line}\n</span></code></pre></div>'
    )
    blocks.code(body)
    (span,) = fragment.find(body, "./h:pre/h:code/h:span")
    assert span.get("class") == kind
    assert span.text == f"{line}\n"


def test_tokens_keep_only_marks_that_need_no_colour():
    body = parse(
        '<div class="highlight"><pre><code><span class="ln"><span class="k">if</span> '
        '<span class="n">a</span> <span class="c1"># b</span> '
        '<span class="co" data-co="1">①</span>\n</span></code></pre></div>'
    )
    blocks.code(body)
    (line,) = fragment.find(body, ".//h:span[@class='ln']")
    assert [child.get("class") for child in line] == ["k", "c", "co"]
    assert "".join(line.itertext()) == "if a # b ①\n"


@pytest.mark.parametrize(
    ("columns", "kind"), [(44, "code output"), (45, "code output dense")]
)
def test_wide_output_is_set_small(columns, kind):
    body = parse(
        '<div class="highlight output"><pre><code><span class="ln">'
        f"{'x' * columns}\n</span></code></pre></div>"
    )
    blocks.code(body)
    assert body[0].get("class") == kind


@pytest.mark.parametrize(
    ("title", "words"),
    [("Trade-off", "Trade-off"), ("Speed or order", "Trade-off Speed or order")],
)
def test_a_box_says_its_kind_in_words(title, words):
    body = parse(
        '<div class="admonition tradeoff"><p class="admonition-title">'
        f"{title}</p><p>x</p></div>"
    )
    blocks.admonitions(body)
    box = body[0]
    assert fragment.text_of(box[0]) == words
    assert box.get("aria-labelledby") == box[0].get("id")
    assert box.get("role") == "note"


def test_a_note_leads_with_its_way_back():
    body = parse(
        '<p>A<sup id="fnref-1"><a class="footnote-ref" href="#fn-1">1</a></sup></p>'
        '<div class="footnote"><hr><ol><li id="fn-1"><p>N.\xa0'
        '<a class="footnote-backref" href="#fnref-1">↩</a></p></li></ol></div>'
    )
    blocks.footnotes(body)
    (mark,) = fragment.find(body, "./h:p/h:sup/h:a")
    assert (mark.get("id"), mark.get("href")) == ("fnref-1", "#fn-1")
    (note,) = fragment.find(body, "./h:section/h:aside")
    assert fragment.text_of(note) == "1. N."
    assert note[0][0].get("href") == "#fnref-1"
    assert note[0][0].get("role") == "doc-backlink"


def test_a_note_without_a_paragraph_gets_one_for_its_way_back():
    body = parse(
        '<p><sup id="fnref-1"><a class="footnote-ref" href="#fn-1">1</a></sup></p>'
        '<div class="footnote"><ol><li id="fn-1"><pre>x</pre></li></ol></div>'
    )
    blocks.footnotes(body)
    (note,) = fragment.find(body, ".//h:aside")
    assert [fragment.text_of(node) for node in note] == ["1.", "x"]


def test_a_place_on_a_page_named_already_is_dropped():
    body = parse(
        '<ul><li>queue, <a class="ixp" href="#a">1.1</a> '
        '<a class="ixp again" href="#b">1.1</a>, <a class="ixp" href="#c">1.2</a>'
        "</li></ul>"
    )
    links.mark(body)
    assert fragment.text_of(body) == "queue, 1.1, 1.2"


# -- page breaks


@pytest.mark.parametrize(
    ("html", "at", "expected"),
    [
        ("<p>x</p><p>y</p>", 1, "<p>x</p><p>{span}y</p>"),
        ("<h2>x</h2>", 0, "{div}<h2>x</h2>"),
        ("<ul><li>x</li></ul>", 0, "<ul><li>{span}x</li></ul>"),
        (
            "<table><tbody><tr><td>x</td></tr></tbody></table>",
            0,
            "<table><tbody><tr><td>{span}x</td></tr></tbody></table>",
        ),
        (
            "<figure><figcaption><p>x</p></figcaption></figure>",
            1,
            "{div}<figure><figcaption><p>x</p></figcaption></figure>",
        ),
        (
            '<div class="highlight"><pre>x</pre></div>',
            0,
            '{div}<div class="highlight"><pre>x</pre></div>',
        ),
        (
            '<div class="admonition"><p class="admonition-title">x</p></div>',
            0,
            '{div}<div class="admonition"><p class="admonition-title">x</p></div>',
        ),
        (
            '<figure><pre>x</pre><ol class="callouts"><li>y</li></ol></figure>',
            2,
            '<figure><pre>x</pre><ol class="callouts"><li>{span}y</li></ol></figure>',
        ),
        (
            '<div class="footnote"><ol><li>x</li></ol></div>',
            0,
            '<div class="footnote"><ol><li>x</li></ol></div>',
        ),
    ],
)
def test_where_a_page_break_goes(html, at, expected):
    body = parse(html)
    Breaks(["7"], {"p.md": [(at, "7")]}, {}).mark(body, "p.md")
    attributes = 'id="page-7" aria-label="7" epub:type="pagebreak" role="doc-pagebreak"'
    marks = {name: f"<{name} {attributes}/>" for name in ("span", "div")}
    assert markup(body) == expected.format(**marks)


def test_pages_only_go_forward_and_are_marked_once():
    breaks = Breaks(["i", "1", "2"], {"p.md": [(0, "1"), (1, "i"), (2, "2")]}, {})
    assert breaks.mark(parse("<p>a</p><p>b</p><p>c</p>"), "p.md") == [
        ("1", "page-1"),
        ("2", "page-2"),
    ]
    assert breaks.mark(parse("<p>a</p>"), "p.md") == []


def test_a_document_opens_the_page_of_its_place_unless_that_is_past():
    breaks = Breaks(["i", "1"], {}, {"part-1": "1", "late": "i"})
    made = [Document(f"{n}.xhtml", n, parse("<h1>A</h1>"), "") for n in ("part-1",) * 2]
    for document in made:
        breaks.open(document, "part-1")
        breaks.open(document, "late")
    assert [document.pages for document in made] == [[("1", "page-1")], []]
    assert [node.get("id") for node in made[0].section] == ["page-1", None]


# -- drawings


@pytest.mark.parametrize(
    "content",
    [
        '<g fill="url(#b)"/>',
        '<use href="#b"/>',
        '<a href="https://example.org/"/>',
        '<image href="data:image/png;base64,AA=="/>',
        "<style>g { fill: url('#b') }</style>",
    ],
)
def test_a_drawing_may_refer_to_itself(content):
    assert content.split()[0].encode() in opaque(
        SVG.format(content).encode(), "#fff", Path("a.svg")
    )


def test_a_drawing_stands_on_paper_and_keeps_its_names():
    made = opaque(
        SVG.format("<metadata/><linearGradient/>").encode(), "#fdfcf8", Path("a.svg")
    )
    root = etree.fromstring(made)
    assert root.get("viewBox") == "0 0 8 4"
    assert [etree.QName(node).localname for node in root] == ["rect", "linearGradient"]
    assert dict(root[0].attrib) == {
        "fill": "#fdfcf8",
        "x": "0",
        "y": "0",
        "width": "8",
        "height": "4",
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (SVG.format("<g>"), "malformed SVG"),
        (SVG.format("<script/>"), "<script>"),
        (SVG.format("<foreignObject/>"), "<foreignObject>"),
        (SVG.format('<image href="http://example.org/a.png"/>'), "<image>"),
        (SVG.format('<image href="a.png"/>'), "<image>"),
        (SVG.format("<style>@import 'a.css';</style>"), "<style>"),
        (SVG.format('<g fill="url(http://example.org/a.svg#b)"/>'), "<g>"),
        ('<svg xmlns="http://www.w3.org/2000/svg"/>', "viewBox"),
        ('<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.format("<g>&a;</g>"), "entity &a;"),
        (
            '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
            + SVG.format("<g>&a;</g>"),
            "entity &a;",
        ),
    ],
)
def test_a_drawing_that_is_no_plain_picture_is_refused(content, message):
    with pytest.raises(PressError) as caught:
        opaque(content.encode(), "#fff", Path("a.svg"))
    (found,) = caught.value.findings
    assert found.path == Path("a.svg")
    assert message in found.message
