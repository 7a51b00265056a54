"""The real book's outputs belong together and keep to the house's typefaces."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pikepdf
from built_book import Built

FAMILIES = ("Source-Serif-4", "Inter", "JetBrains-Mono")


def test_pdf_embeds_only_the_books_typefaces(outputs: Built) -> None:
    with pikepdf.open(outputs.pdf.path) as pdf:
        names = {
            str(font.BaseFont).split("+")[-1]
            for font in pdf.objects
            if isinstance(font, pikepdf.Dictionary) and "/BaseFont" in font
        }
    assert names
    assert [name for name in names if not name.startswith(FAMILIES)] == []


def test_downloads_of_the_site_are_the_outputs(outputs: Built) -> None:
    downloads = outputs.site.folder / "downloads"
    for path in (outputs.pdf.path, outputs.epub):
        assert (downloads / path.name).read_bytes() == path.read_bytes()


def test_epub_holds_every_page_but_those_of_the_site(outputs: Built) -> None:
    with zipfile.ZipFile(outputs.epub) as archive:
        documents = [name for name in archive.namelist() if name.endswith(".xhtml")]
    expected = [
        page.src.removesuffix(".md").replace("/", "-")
        for page in outputs.book.pages
        if page.kind != "landing" and page is not outputs.book.generated("contents")
    ]
    stems = [Path(name).stem for name in documents]
    assert [stem for stem in stems if stem in expected] == expected
