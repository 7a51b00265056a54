"""A hostile manuscript: refused, or inert in the site, the EPUB and the PDF."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pikepdf
import pytest
from changes import Change, add, both, swap, write
from lxml import etree, html

from press import apparatus, build, checks, safety
from press import book as books
from press.findings import PressError

PAGE = "manuscript/01-queues/exercises.md"
DRAWING = "diagrams/rendered/line.light.svg"
TERMS = "manuscript/glossary.yml"
BIB = "manuscript/references.bib"
FACTS = "manuscript/facts.yml"
BOOK1 = "manuscript/book1.yml"
INDEX = "manuscript/index.yml"
MARK = "hostile"
EVIL = f'<script>{MARK}()</script>"><img src=x onerror={MARK}()>'
LESS = f"&lt;script>{MARK}&lt;/script>"
ESCAPED = EVIL.replace("<", "&lt;").replace('"', "&quot;")


def svg(inside: str, before: str = "") -> str:
    """A drawing that holds something."""
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink"'
    return f'{before}<svg {spaces} viewBox="0 0 9 9">{inside}</svg>'


BOMB = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))


def link(path: str, target: str) -> Change:
    """Put a link in a file's place."""

    def change(root: Path) -> None:
        (root / path).unlink(missing_ok=True)
        (root / path).symlink_to(target)

    return change


OUTSIDE = str(Path(__file__))
COPY = "examples/copy.py"
OUTPUT = "manuscript/01-queues/outputs/copy.console"
REFUSED = {
    "listing outside": (add("```python ../../../etc/passwd.py\n```"), "listing"),
    "listing at the root": (add("```python /etc/passwd.py\n```"), "listing"),
    "output outside": (add("```console outputs/../../../../x.console\n```"), "listing"),
    "listing through a link": (
        both(link(COPY, OUTSIDE), add(f"```python {COPY}\n```")),
        "listing",
    ),
    "listing through a folder": (
        both(
            link("examples/more", str(Path(OUTSIDE).parent)),
            add(f"```python examples/more/{Path(OUTSIDE).name}\n```"),
        ),
        "listing",
    ),
    "output through a link": (
        link("manuscript/01-queues/outputs/queue.console", OUTSIDE),
        "listing",
    ),
    "drawing through a link": (
        both(write("../out.svg", svg("")), link(DRAWING, "../../../out.svg")),
        "figure-missing",
    ),
    "diagram outside": (add("![A description.](diagram:../../x)"), "figure-missing"),
    "plot outside": (add("![A description.](plot:../../x)"), "figure-missing"),
    "data outside": (
        add('x: {kind: measured, source: "../../etc#a"}', FACTS),
        "fact",
    ),
    "HTML in a fact": (
        add(f"x: {{kind: assumed, value: 1, rationale: '{EVIL}'}}", FACTS),
        "tooltip",
    ),
    "table of 10,000 rows": (
        add(f"| a |\n|---|\n{'| 1 |' * 10_000}".replace("||", "|\n|")),
        "too-large",
    ),
    "paragraph of 1 MB": (add("Words and words. " * 62_000), "too-large"),
    "lines of 1 MB": (add("Words and words.\n" * 62_000), "too-large"),
    "word of 1 MB": (add("w" * 1_000_000), "too-large"),
    "code of 1 MB": (add("```text\n" + "words\n" * 170_000 + "```"), "too-large"),
    "code of 19,990 signs": (add("```text\n" + "{" * 19_990 + "\n```"), "too-large"),
    "code of 600 lines": (add("```text\n" + "x\n" * 600 + "```"), "too-large"),
    "row of 20,000 brackets": (add(f"| a |\n|---|\n| {'[' * 20_000} |"), "too-large"),
    **{
        f"20,000 of {marks.strip()}": (add(marks * (20_000 // len(marks))), "too-large")
        for marks in (
            "[",
            "![",
            "[^",
            "**",
            "a`",
            "<",
            "> ",
            "- ",
            "a@",
            "*a* ",
            "$a$ ",
        )
    },
    "term of 20,000 brackets": (
        add(f"x: {{term: y, definition: '{'[' * 20_000}'}}", TERMS),
        "too-large",
    ),
    "fact of 20,000 brackets": (
        add(f"x: {{kind: assumed, value: 1, rationale: '{'[' * 20_000}'}}", FACTS),
        "too-large",
    ),
    "formula of 60 roots": (
        add("So $" + r"\sqrt{" * 60 + "x" + "}" * 60 + "$."),
        "formula",
    ),
    "facts in 5,000 lists": (add(f"x: {'[' * 5_000}{']' * 5_000}", FACTS), "too-deep"),
    "label with a quote": (
        add('## x {#sec-"onload=alert()}'),
        "label-kind",
    ),
    "script in a link": (add("[x](javascript:alert())"), "scheme-unknown"),
    **{
        f"drawing with {name}": (write(DRAWING, text), "figure-missing")
        for name, text in {
            "a bomb": svg("&e9;", f'<!DOCTYPE s [<!ENTITY e0 "x">{BOMB}]>'),
            "a file": svg(
                "&e;", '<!DOCTYPE s [<!ENTITY e SYSTEM "file:///etc/hosts">]>'
            ),
            "a script": svg("<script>alert()</script>"),
            "an event": svg('<rect onload="alert()"/>'),
            "HTML": svg("<foreignObject/>"),
            "a picture": svg('<image href="https://e.example/x.png"/>'),
            "a link": svg('<a x:href="javascript:alert()"><text>x</text></a>'),
        }.items()
    },
}


@pytest.mark.parametrize(("change", "code"), REFUSED.values(), ids=REFUSED)
def test_what_leads_out_or_runs_is_refused_before_rendering(copied, change, code):
    change(copied)
    assert {one.code for one in checks.run(apparatus.load(copied))} == {code}


LINES = "x = 1\n" * 50_000
CUTS = {
    "file": (f"```python {COPY}\n```", COPY, LINES),
    "section": (
        f"```python {COPY}:all\n```",
        COPY,
        f"# --8<-- [start:all]\n{LINES}# --8<-- [end:all]\n",
    ),
    "output": ("```console outputs/copy.console\n```", OUTPUT, f"$ x\n{LINES}"),
}


@pytest.mark.parametrize(("fence", "path", "text"), CUTS.values(), ids=CUTS)
def test_a_listing_of_50_000_lines_is_refused_at_its_fence(copied, fence, path, text):
    both(write(path, text), add(f"{fence}\n"))(copied)
    (finding,) = checks.run(apparatus.load(copied))
    assert (finding.path, finding.code) == (copied / PAGE, "too-large")
    lines = finding.path.read_text(encoding="utf-8").split("\n")
    assert lines[finding.line - 1] == fence.split("\n")[0]


def test_a_short_section_of_a_long_file_is_shown(copied):
    section = "# --8<-- [start:end]\nx = 2\n# --8<-- [end:end]\n"
    both(write(COPY, LINES + section), add(f"```python {COPY}:end\n```\n"))(copied)
    assert checks.run(apparatus.load(copied)) == []


DEEP = {
    "quotes": ">" * 90 + " words",
    "lists": "\n".join(f"{'    ' * level}- words" for level in range(50)),
    "lists in a line": "1. " * 400 + "words",
    "definitions": "a\n: words\n" * 200,
    "elements": "<div>" * 90 + "words" + "</div>" * 90,
    "blocks": "/// html | div\n\n" * 90 + "words",
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_what_nests_too_deep_is_refused_with_its_page(copied, text):
    add(text)(copied)
    assert checks.run(apparatus.load(copied)) == []
    with pytest.raises(PressError) as caught:
        build.render(books.load(copied), copied / "site")
    (finding,) = caught.value.findings
    assert (finding.path, finding.code) == (copied / PAGE, "too-deep")


def test_a_configuration_that_nests_too_deep_is_refused(copied):
    add(f"x: {'[' * 5_000}{']' * 5_000}", "mkdocs.yml")(copied)
    with pytest.raises(PressError) as caught:
        build.render(books.load(copied), copied / "site")
    (finding,) = caught.value.findings
    assert (finding.path, finding.code) == (copied / "mkdocs.yml", "too-deep")


def test_a_slug_that_leads_out_is_refused(copied):
    swap("mkdocs.yml", "slug: fixture-book", "slug: ../../etc")(copied)
    with pytest.raises(PressError) as caught:
        books.load(copied)
    assert {one.code for one in caught.value.findings} == {"config"}


UNSAFE = {
    "in capitals": ("[x](JaVaScRiPt:alert())", "scheme-unknown"),
    "with a hyphen": ("[x](java-script:alert())", "scheme-unknown"),
    "as a reference": ("[x][r]\n\n[r]: javascript:alert()", "scheme-unknown"),
    "in HTML": ('<a href="java&#10;script:alert()">x</a>', "unsafe"),
    "in an event": ('<img src="x.png"\n alt="" onerror="alert()">', "unsafe"),
    "in a paragraph": ("{: onclick='alert()' }", "unsafe"),
    "in a link": ('[x](index.md){ onclick="alert()" }', "unsafe"),
    "in an element": ("<script>alert()</script>", "unsafe"),
    "in a call-out": ("!!! aside\n    <embed src=x>", "unsafe"),
    "in a frame": ('<iframe src="https://e.example"></iframe>', "unsafe"),
}


@pytest.mark.parametrize(("text", "code"), UNSAFE.values(), ids=UNSAFE)
def test_what_runs_on_a_page_is_told_with_its_line(copied, text, code):
    page = copied / PAGE
    above = page.read_text(encoding="utf-8").count("\n") + 2
    add(f"{text}\n", PAGE)(copied)
    lines = {above + n for n, line in enumerate(text.split("\n")) if line.strip()}
    found = checks.run(apparatus.load(copied))
    assert {(one.path, one.code) for one in found} == {(page, code)}
    assert {one.line for one in found} <= lines


def test_what_the_scan_does_not_see_is_refused_when_it_is_rendered(copied):
    add("[x](java&#115;cript:alert())", PAGE)(copied)
    assert checks.run(apparatus.load(copied)) == []
    with pytest.raises(PressError) as caught:
        build.render(books.load(copied), copied / "site")
    (finding,) = caught.value.findings
    assert (finding.path, finding.code) == (copied / PAGE, "unsafe")


def test_code_may_show_what_may_not_run(copied):
    add("`<script>`, $a <b$ and\n\n```html\n<script src=x>\n```\n", PAGE)(copied)
    assert checks.run(apparatus.load(copied)) == []


# -- what flows in from data and configuration is escaped ------------------------------


@pytest.fixture
def hostile(copied: Path) -> Path:
    """The fixture book with a script wherever data and configuration have words."""
    both(
        swap("mkdocs.yml", "site_name: The Fixture Book", f"site_name: 'The {EVIL}'"),
        swap("mkdocs.yml", "    author: Ada Example", f"    author: 'Ada {EVIL}'"),
        swap("mkdocs.yml", "site_author: Ada", f"site_author: 'Ada {EVIL}' #"),
        swap(BOOK1, 'title: "Pools"', f"title: 'Pools {EVIL}'"),
        swap(INDEX, '"line": "queue"', f"'{EVIL}': queue"),
        add(f"evil: {{term: '{EVIL}', definition: 'A {ESCAPED}.'}}", TERMS),
        add(
            f"evil: {{kind: assumed, value: 1, unit: '{EVIL}', "
            f"conditions: 'a {ESCAPED}', rationale: 'a {ESCAPED}'}}",
            FACTS,
        ),
        add(f"@misc{{evil,\n author={{{EVIL}}},\n title={{{EVIL}}}\n}}", BIB),
        add(f"[A](term:evil), [](fact:evil), [@evil], `{EVIL}`.\n"),
        add(f"![A {ESCAPED} here.](diagram:line)\n\n: A {ESCAPED}. {{#fig-evil}}\n"),
        add(f"[A](index:evil/{LESS}), [](book1:ch05).\n"),
        add(f'!!! tradeoff "A {ESCAPED}"\n    Text.\n'),
        add(f"## A {ESCAPED} {{#sec-evil}}\n"),
    )(copied)
    return copied


def test_words_from_everywhere_are_text_in_all_three(hostile):
    build.make(hostile, build.OUTPUTS, lambda _: None)
    folder = hostile / "build" / ".current"
    pages = [html.fromstring(p.read_bytes()) for p in folder.glob("site/**/*.html")]
    with zipfile.ZipFile(next(folder.glob("*.epub"))) as package:
        names = [
            n for n in package.namelist() if n.endswith((".xhtml", ".opf", ".ncx"))
        ]
        pages += [etree.fromstring(package.read(name)) for name in names]
    assert sum(MARK in "".join(page.itertext()) for page in pages) > 6
    for page in pages:
        for node in page.iter(etree.Element):
            assert MARK not in "".join(n for n in node.attrib if n.startswith("on"))
            assert not {"onerror", "onload", "onclick"} & {*node.attrib}
            if node.tag == "script" and node.get("type") != "application/ld+json":
                assert MARK not in (node.text or "")
            assert node.get("src") != "x"


def test_what_is_searched_is_text(hostile):
    build.render(books.load(hostile), hostile / "site")
    found = json.loads((hostile / "site/search/search_index.json").read_bytes())
    words = [entry[key] for entry in found["docs"] for key in ("title", "text")]
    assert sum(MARK in text for text in words) > 3
    assert [what for text in words for what in safety.of_page(text)] == []


def test_the_pdf_has_no_actions(hostile):
    build.make(hostile, ("pdf",), lambda _: None)
    with pikepdf.open(next((hostile / "build").glob("*.pdf"))) as pdf:
        assert str(pdf.docinfo["/Title"]) == f"The {EVIL}"
        assert str(pdf.docinfo["/Author"]) == f"Ada {EVIL}"
        assert MARK in "".join(
            etree.fromstring(pdf.Root.Metadata.read_bytes()).itertext()
        )
        assert not {"/OpenAction", "/AA"} & {*pdf.Root.keys()}
        assert "/JavaScript" not in pdf.Root.get("/Names", {})
        for page in pdf.pages:
            for note in page.get("/Annots", []):
                action = note.get("/A", {})
                assert action.get("/S", "/GoTo") in ("/GoTo", "/URI")
                address = str(action.get("/URI", "https:"))
                assert address.startswith(("https:", "http:", "mailto:"))
