"""A PDF that somebody broke: each fault makes a check fail, and says where."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from built_book import Built
from pikepdf import Array, Dictionary, Name

from press.checks.outputs import code, pdf, tools, validators
from press.checks.outputs.pdf import Pdf

Change = Callable[[pikepdf.Pdf], None]


def notes(file: pikepdf.Pdf, number: int) -> list[Dictionary]:
    """The links of a page."""
    found = file.pages[number].get(Name.Annots, [])
    return [note for note in found if Name.Dest in note]


def contents(small: Built) -> int:
    """The page of the contents."""
    return next(link.page for link, _ in pdf.led(small.pdf))


def test_the_pdf_as_built_has_no_faults(small: Built) -> None:
    assert pdf.check(small.pdf) == []
    assert list(code.in_pdf(small.book, small.pdf.texts)) == []


@pytest.fixture
def broken(small: Built, tmp_path: Path) -> Callable[[Change], Pdf]:
    """A copy of the fixture book's PDF, changed."""

    def change(how: Change) -> Pdf:
        path = tmp_path / "book.pdf"
        with pikepdf.open(small.pdf.path) as file:
            how(file)
            file.save(path)
        return Pdf(path, small.pdf.index)

    return change


def codes(rule: Callable, broken: Pdf) -> set[str]:
    return {finding.code for finding in rule(broken)}


def test_no_tags(broken: Callable[[Change], Pdf]) -> None:
    def change(file: pikepdf.Pdf) -> None:
        del file.Root.StructTreeRoot
        del file.Root.MarkInfo

    assert codes(pdf.accessible, broken(change)) == {"pdf-ua"}


def test_dead_link(small: Built, broken: Callable[[Change], Pdf]) -> None:
    page = contents(small)

    def change(file: pikepdf.Pdf) -> None:
        notes(file, page)[0].Dest = pikepdf.String("nowhere")

    (found,) = pdf.links(broken(change))
    assert (found.code, found.line) == ("pdf-link", page + 1)
    assert "nowhere" in found.message


def test_bookmark_to_another_page(broken: Callable[[Change], Pdf]) -> None:
    def change(file: pikepdf.Pdf) -> None:
        with file.open_outline() as outline:
            item = outline.root[-1]
            item.destination = Array([file.pages[0].obj, Name.Fit])

    assert codes(pdf.links, broken(change)) == {"pdf-bookmark"}


def test_wrong_page_number_in_the_contents(
    small: Built, broken: Callable[[Change], Pdf]
) -> None:
    page = contents(small)

    def change(file: pikepdf.Pdf) -> None:
        first, *_, last = notes(file, page)
        first.Dest, last.Dest = last.Dest, first.Dest

    changed = broken(change)
    assert [f.line for f in pdf.page_numbers(changed)] == [page + 1] * 2
    assert codes(pdf.contents, changed) == {"pdf-contents"}


def test_wrong_page_number_in_the_index(
    small: Built, broken: Callable[[Change], Pdf]
) -> None:
    entry = next(link for link, _ in pdf.indexed(small.pdf))

    def change(file: pikepdf.Pdf) -> None:
        for note in notes(file, entry.page):
            if str(note.Dest) == entry.name:
                note.Dest = pikepdf.String("title")

    (found,) = pdf.page_numbers(broken(change))
    assert (found.code, found.line) == ("pdf-page-number", entry.page + 1)


def test_labels_that_slipped(broken: Callable[[Change], Pdf]) -> None:
    def change(file: pikepdf.Pdf) -> None:
        last = file.Root.PageLabels.Nums[-1]
        last.St = int(last.get(Name.St, 1)) + 1

    assert len(list(pdf.page_numbers(broken(change)))) > 5


def test_text_beyond_the_edge(broken: Callable[[Change], Pdf]) -> None:
    def change(file: pikepdf.Pdf) -> None:
        box = [float(edge) for edge in file.pages[-1].trimbox]
        file.pages[-1].trimbox = Array([*box[:2], box[2] - 100, box[3]])

    changed = broken(change)
    (line,) = {finding.line for finding in pdf.edges(changed)}
    assert line == len(changed.labels)


def test_text_too_small_to_read(broken: Callable[[Change], Pdf]) -> None:
    def change(file: pikepdf.Pdf) -> None:
        file.pages[-1].contents_add(b"q 0.7 0 0 0.7 0 0 cm", prepend=True)
        file.pages[-1].contents_add(b"Q")

    changed = broken(change)
    found = list(pdf.sizes(changed))
    assert {(one.code, one.line) for one in found} == {
        ("pdf-small-text", len(changed.labels))
    }
    assert any("is printed at 6.2 pt, less than 7" in one.message for one in found)


def test_a_line_of_code_that_is_cut(small: Built) -> None:
    texts = [text.replace("total / len", "total / le") for text in small.pdf.texts]
    found = list(code.in_pdf(small.book, texts))
    assert {finding.code for finding in found} == {"code-lost"}
    assert all("return total" in finding.message for finding in found)


def test_a_hyphen_that_nobody_types(small: Built) -> None:
    changed = Pdf(small.pdf.path)
    changed.__dict__["texts"] = ["first‐in, first-out", "reliabil‐\r\nity"]
    (found,) = pdf.hyphens(changed)
    assert (found.code, found.line) == ("pdf-hyphen", 1)


@pytest.mark.external
def test_verapdf_sees(small: Built, broken: Callable[[Change], Pdf]) -> None:
    def change(file: pikepdf.Pdf) -> None:
        for thing in file.objects:
            if isinstance(thing, Dictionary) and thing.get(Name.S) == Name.Figure:
                del thing[Name.Alt]

    assert list(validators.verapdf(small.pdf.path, tools.verapdf())) == []
    (found,) = validators.verapdf(broken(change).path, tools.verapdf())
    assert found.code == "pdf-ua"
    assert found.message.startswith("7.3-1, ")
