"""The PDF as a reader, a screen reader and a printer get it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin

import page as validation
import pikepdf
import pytest
from fixture_book import Rendering
from pikepdf import Name

from press import pdf
from press.findings import PressError
from press.fragment import BLOCK, find, having, parse
from press.printing import cover as cover_drawing

FAMILIES = ("Source-Serif-4", "Inter", "JetBrains-Mono")


@dataclass(frozen=True)
class Made:
    """A PDF of the fixture book with the page map that came with it."""

    path: Path
    map: dict[str, Any]
    rendering: Rendering

    @cached_property
    def file(self) -> pikepdf.Pdf:
        """The file, open."""
        return pikepdf.open(self.path)

    @cached_property
    def destinations(self) -> dict[str, int]:
        """Pages (from 0) by the names of anchors."""
        numbers = {p.obj.objgen: n for n, p in enumerate(self.file.pages)}
        tree = pikepdf.NameTree(self.file.Root.Names.Dests)
        return {str(name): numbers[target[0].objgen] for name, target in tree.items()}

    def label(self, anchor: str) -> str:
        """The label of the page that holds an anchor."""
        return self.map["pages"][self.destinations[anchor]]

    def anchor(self, src: str, name: str = "") -> str:
        """The anchor of an id on a page of the manuscript."""
        srcs = [page.src for page in self.rendering.pages]
        return f"p{srcs.index(src)}" + (f"-{name}" if name else "")

    def text(self, number: int) -> str:
        """The words of a page (from 0)."""
        return "".join(_shown(self.file.pages[number]))

    def text_from(self, anchor: str) -> str:
        """The words of the page that holds an anchor, and of three more."""
        start = self.destinations.get(anchor, 0)
        last = min(start + 4, len(self.file.pages))
        return " ".join(self.text(number) for number in range(start, last))


def _shown(page: pikepdf.Page) -> Iterator[str]:
    """What a page shows, through the fonts' own maps to Unicode."""
    maps = {
        name: _unicode(font.ToUnicode.read_bytes().decode())
        for name, font in page.resources.get(Name.Font, {}).items()
    }
    current: dict[str, str] = {}
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) == "Tf":
            current = maps[str(operands[0])]
        elif str(operator) in ("TJ", "Tj"):
            parts = operands[0] if str(operator) == "TJ" else operands
            for part in parts:
                if isinstance(part, pikepdf.String):
                    codes = bytes(part).hex()
                    for at in range(0, len(codes), 4):
                        yield current.get(codes[at : at + 4], "?")
        elif str(operator) == "ET":
            yield " "


def _unicode(table: str) -> dict[str, str]:
    pairs = re.findall(r"<([0-9a-fA-F]{4})> <([0-9a-fA-F]+)>", table)
    return {k.lower(): bytes.fromhex(v).decode("utf-16-be") for k, v in pairs}


@pytest.fixture(scope="module")
def made(rendering: Rendering, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The fixture book's PDF, set once."""
    path = tmp_path_factory.mktemp("pdf") / "book.pdf"
    page_map = pdf.write(rendering.book, rendering.pages, path, lambda text: None)
    return Made(path, page_map, rendering)


def test_pdf_is_valid_pdf_ua(made: Made) -> None:
    report = validation.validate_pdf(made.path, profile="ua1")
    assert [(f.rule_id, f.message) for f in report.failures] == []


def test_pdf_embeds_only_the_books_typefaces(made: Made) -> None:
    fonts = {
        str(font.BaseFont).partition("+")[2]
        for page in made.file.pages
        for font in page.resources.get(Name.Font, {}).values()
    }
    assert fonts
    assert not [font for font in fonts if not font.startswith(FAMILIES)]


def test_pdf_says_what_it_is(made: Made) -> None:
    edition = made.rendering.book.edition
    assert str(made.file.docinfo[Name.Title]) == edition.title
    assert str(made.file.docinfo[Name.Author]) == edition.author
    assert str(made.file.Root.Lang) == edition.language


def test_pages_are_labelled_roman_then_from_one(made: Made) -> None:
    labels = [page.label for page in made.file.pages]
    assert labels == made.map["pages"]
    assert labels[0] == "i"
    front = labels.index("1")
    assert front % 2 == 0, "the first chapter opens on a right-hand page"
    assert labels[front:] == [str(n) for n in range(1, len(labels) - front + 1)]


def test_bookmarks_follow_parts_chapters_and_sections(made: Made) -> None:
    book = made.rendering.book
    with made.file.open_outline() as outline:
        tops = [item.title for item in outline.root]
        parts = [i for i in outline.root if i.title.startswith("Part ")]
    assert [p.title for p in parts] == [f"Part {p.roman} {p.title}" for p in book.parts]
    chapters = [item.title for part in parts for item in part.children]
    assert chapters == [f"{c.number} {c.title}" for c in book.chapters]
    sections = [i.title for p in parts for c in p.children for i in c.children]
    expected = [
        f"{p.number} {p.title}".strip() for c in book.chapters for p in c.pages[1:]
    ]
    assert sections == expected
    assert "Contents" in tops


def test_contents_show_the_pages_where_things_begin(made: Made) -> None:
    text = made.text_from("contents")
    for page in made.rendering.pages:
        if page.kind in ("section", "chapter", "back"):
            label = made.label(made.anchor(page.src))
            entry = rf"{re.escape(page.title)}\W(planned)?[^A-Za-z]*{label}\b"
            assert re.search(entry, text), f"{page.title} is on page {label}"


def test_chapters_and_parts_open_on_right_hand_pages(made: Made) -> None:
    openers = [made.anchor(p.src) for p in made.rendering.pages if p.kind == "chapter"]
    openers += [f"part-{part.number}" for part in made.rendering.book.parts]
    assert all(int(made.label(anchor)) % 2 for anchor in openers)


def test_every_link_leads_somewhere(made: Made) -> None:
    annotations = [a for p in made.file.pages for a in p.obj.get(Name.Annots, ())]
    named = {str(a.Dest) for a in annotations if Name.Dest in a}
    assert named
    assert named <= made.destinations.keys()
    addresses = [str(a.A.URI) for a in annotations if Name.A in a]
    assert all(a.startswith(("https://", "http://", "mailto:")) for a in addresses)


def test_references_to_other_sections_name_their_page(made: Made) -> None:
    by_url = {page.url: page.src for page in made.rendering.pages}
    far = 0
    for page in made.rendering.pages:
        text = made.text_from(made.anchor(page.src))
        for link in find(parse(page), f".//h:p/h:a[{having('ref')}]"):
            url, name = urldefrag(urljoin("/" + page.url, link.get("href")))
            src = by_url[url.lstrip("/")]
            if src != page.src and name.startswith("fig-"):
                label = made.label(made.anchor(src, name))
                assert re.search(rf"\(p\.\s*{label}\s*\)", text)
                far += 1
    assert far, "the fixture book refers from one section to a figure of another"


def test_footnotes_stand_on_the_page_that_calls_them(made: Made) -> None:
    for page in made.rendering.pages:
        for item in find(parse(page), f".//h:div[{having('footnote')}]//h:li"):
            words = re.findall(r"\w+", " ".join(item.itertext()))[:4]
            pattern = r"\W+".join(words)
            assert re.search(pattern, made.text_from(made.anchor(page.src)))


def test_page_map_names_the_first_block_of_each_page(made: Made) -> None:
    counts = {
        page.src: sum(1 for node in parse(page).iter() if node.get(BLOCK))
        for page in made.rendering.pages
    }
    assert set(made.map["blocks"]) <= set(counts)
    for src, begun in made.map["blocks"].items():
        numbers = [number for number, _ in begun]
        assert all(0 <= number < counts[src] for number in numbers)
        assert {label for _, label in begun} <= set(made.map["pages"])
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", made.map["identifier"])


def test_page_map_names_the_pages_that_print_makes_itself(made: Made) -> None:
    parts = [f"part-{part.number}" for part in made.rendering.book.parts]
    names = ["cover", "title", "imprint", "contents", *parts]
    assert made.map["places"] == {name: made.label(name) for name in names}


def test_two_runs_give_the_same_bytes(made: Made, tmp_path: Path) -> None:
    again = tmp_path / "again.pdf"
    rendering = made.rendering
    assert pdf.write(rendering.book, rendering.pages, again, print) == made.map
    assert again.read_bytes() == made.path.read_bytes()


def test_one_chapter_is_set_alone(made: Made, tmp_path: Path) -> None:
    path = tmp_path / "chapter.pdf"
    rendering = made.rendering
    pdf.write_chapter(rendering.book, rendering.pages, 1, path, lambda text: None)
    with pikepdf.open(path) as alone:
        assert 0 < len(alone.pages) < len(made.file.pages)
        assert alone.pages[0].label == "1"


@pytest.mark.parametrize(
    ("addition", "told"),
    [
        ("<p>A snowman ☃ stands here.</p>", "U\\+2603"),
        ('<p><img src="../gone.png" alt="A lost picture."></p>', "gone.png"),
        ('<p><img src="data:image/svg+xml;base64,eA==" alt="Broken."></p>', "load"),
        ('<p><a href="#nowhere">No such place</a></p>', "nowhere"),
    ],
)
def test_what_cannot_be_set_is_a_finding(
    rendering: Rendering, tmp_path: Path, addition: str, told: str
) -> None:
    path = tmp_path / "book.pdf"
    pages = [
        replace(page, html=page.html + addition) if page.kind == "chapter" else page
        for page in rendering.pages
    ]
    with pytest.raises(PressError, match=told) as error:
        pdf.write_chapter(rendering.book, pages, 1, path, lambda text: None)
    assert all(finding.code == "pdf" for finding in error.value.findings)
    assert not path.exists()


def test_cover_shows_the_title_without_fonts(rendering: Rendering) -> None:
    cover = cover_drawing.svg(rendering.book)
    assert "<text" not in cover
    assert "font" not in cover
    assert "var(" not in cover
    other = replace(rendering.book.edition, title="Another title")
    assert cover_drawing.svg(replace(rendering.book, edition=other)) != cover
