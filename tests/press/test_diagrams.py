"""Diagrams without a browser: what is refused, what is stale, what is wrong."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from press import diagrams, npm
from press.findings import PressError
from press.mermaid.config import CLASSES, SCHEMES, classes, config
from press.mermaid.gate import gate
from press.mermaid.source import Source
from press.mermaid.vendor import MERMAID, WEIGHTS, fonts, mermaid_js
from press.theme import Theme

ROOT = Path(__file__).parents[2]
FLOW = "%% title: One step\nflowchart LR\n  a:::client --> b:::model\n"
SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width} 40" \
width="{width}" height="40">
<title>One step</title>
<rect x="0" y="0" width="{width}" height="40" fill="{paper}"/>
<text x="4" y="20" font-family="Inter, sans-serif" font-size="{size}" \
fill="{ink}">word</text>
{extra}</svg>
"""


@pytest.fixture
def theme(tmp_path: Path) -> Theme:
    """The house palette, with files that stand for the typefaces."""
    folder = tmp_path / "theme"
    (folder / "fonts").mkdir(parents=True)
    for name in WEIGHTS.values():
        (folder / "fonts" / f"{name}.ttf").write_bytes(name.encode())
    return replace(Theme.load(ROOT / "theme"), folder=folder)


@pytest.fixture
def book(tmp_path: Path, theme: Theme) -> Path:
    """A book with one diagram, drawn by hand and locked."""
    folder = tmp_path / "diagrams"
    (folder / "rendered").mkdir(parents=True)
    (folder / "01-step.mmd").write_text(FLOW, encoding="utf-8")
    for scheme, text in drawings(theme).items():
        (folder / "rendered" / f"01-step.{scheme}.svg").write_text(text, "utf-8")
    gallery = diagrams.Gallery(tmp_path, theme)
    entry = gallery.entry(gallery.sources()[0])
    gallery.lock_path.write_text(json.dumps({"01-step": entry}), encoding="utf-8")
    return tmp_path


def drawings(theme: Theme, *, width=300, size=14, extra="", **paints) -> dict[str, str]:
    return {
        scheme: SVG.format(
            width=width,
            size=size,
            extra=extra,
            **{name: theme.palette[scheme][name] for name in ("paper", "ink")} | paints,
        )
        for scheme in SCHEMES
    }


def faults(text: str, name: str = "01-step") -> list[tuple[int, str]]:
    source = Source(Path(f"{name}.mmd"), text)
    return [(found.line, found.code) for found in source.faults()]


# -- sources -------------------------------------------------------------------


def test_a_plain_source_has_no_faults():
    assert faults(FLOW) == []


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("  style a fill:red", "diagram-colour"),
        ("  a[#ff0000]", "diagram-colour"),
        ("  a[#0b5c66ff]", "diagram-colour"),
        ("  rect rgb(1, 2, 3)", "diagram-colour"),
        ("  classDef mine fill:none", "diagram-colour"),
        ("  linkStyle 0 stroke:none", "diagram-colour"),
        ("  %%{init: {}}%%", "diagram-colour"),
        ("  c:::mine", "diagram-class"),
        ("  class a,b mine", "diagram-class"),
    ],
)
def test_a_look_of_its_own_is_refused_where_it_stands(line: str, code: str):
    assert faults(FLOW + line + "\n") == [(4, code)]


@pytest.mark.parametrize(
    "line",
    ["  a[one #59; two]", "  %% the old #ff0000", "  a --> c[no. 7 #quot;x#quot;]"],
)
def test_entities_and_comments_are_no_colours(line: str):
    assert faults(FLOW + line + "\n") == []


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("flowchart LR\n  a\n", "01-step", (1, "diagram-title")),
        ("%% title: x\n\ntimeline\n  a\n", "01-step", (3, "diagram-kind")),
        ("%% title: x\n", "01-step", (1, "diagram-kind")),
        (FLOW, "01_Step", (1, "diagram-name")),
    ],
)
def test_title_kind_and_name_are_asked_for(text: str, name: str, expected):
    assert faults(text, name) == [expected]


def test_classes_follow_the_first_line_of_kinds_that_have_them(theme: Theme):
    added = classes(theme, "dark")
    sent = Source(Path("a.mmd"), FLOW).prepare(added)
    assert sent.text.splitlines()[:2] == ["flowchart LR", added[0]]
    assert f"fill:{theme.palette['dark']['accent-soft']}" in added[0]
    assert len(added) == len(CLASSES)
    sequence = Source(Path("a.mmd"), "%% title: x\nsequenceDiagram\n  A->>B: y\n")
    assert sequence.prepare(added).text == "sequenceDiagram\n  A->>B: y\n"


# Messages as Mermaid 12.3.0 gave them.
JISON = """\
Parse error on line 10:
...t:600  a --> b  b -> c[  c --> d
---------------------^
Expecting 'SEMI', 'NEWLINE', 'EOF', 'AMP', got 'MINUS'"""
LEXER = """\
Lexical error on line 10. Unrecognized text.
quadrantChart A: [3,4]
------------------^"""
CHEVROTAIN = """\
Parsing failed:  Parse error on line 10, column 6: Expecting token of type ':' but \
found `2`."""


@pytest.mark.parametrize(
    ("message", "line", "said"),
    [
        (JISON, 6, "parse error near “00  a --> b  b -> c[  c --> d”"),
        (LEXER, 6, "parse error near “drantChart A: [3,4]”"),
        (CHEVROTAIN, 6, "Expecting token of type ':' but found `2`"),
        ("Parse error on line 99:", 7, "Parse error on line 99"),
        ("Parse error on line 4:", 3, "Parse error on line 4"),
        ("Invalid date:zz", 3, "Invalid date:zz"),
        ("", 3, "it gives no reason"),
    ],
)
def test_an_error_is_told_at_the_line_of_the_source(message, line, said, theme: Theme):
    text = "%% title: x\n\nflowchart TB\n%% c\n  a --> b\n  b -> c[\n  c --> d\n"
    source = Source(Path("a.mmd"), text)
    found = source.refusal(source.prepare(classes(theme, "light")), message)
    assert (found.line, found.code) == (line, "diagram-error")
    assert said in found.message


# -- configuration -------------------------------------------------------------


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_colour_of_the_configuration_is_in_the_palette(scheme, theme: Theme):
    written = json.dumps([config(theme, scheme), classes(theme, scheme)])
    other = set(theme.palette[SCHEMES[scheme == "light"]].values())
    assert "var(--" not in written
    assert not [c for c in other - set(theme.palette[scheme].values()) if c in written]


# -- staleness -----------------------------------------------------------------


def stale(book: Path, theme: Theme) -> list[str]:
    return [found.message for found in diagrams.stale(book, theme)]


def test_what_is_locked_is_fresh_and_needs_nothing(book: Path, theme: Theme):
    before = sorted((p, p.stat().st_mtime_ns) for p in book.rglob("*"))
    assert stale(book, theme) == []
    assert list(diagrams.check(book, theme)) == []
    assert diagrams.render(book, theme, report=pytest.fail) == []
    assert sorted((p, p.stat().st_mtime_ns) for p in book.rglob("*")) == before


def test_a_book_without_diagrams_needs_no_typeface(tmp_path: Path, theme: Theme):
    shutil.rmtree(theme.folder)
    assert stale(tmp_path, theme) == []
    assert diagrams.render(tmp_path, theme, report=pytest.fail) == []


@pytest.mark.parametrize(
    "path",
    [
        "diagrams/01-step.mmd",
        "diagrams/rendered/01-step.dark.svg",
        "theme/fonts/Inter-Bold.ttf",
    ],
)
def test_a_change_makes_it_stale(path: str, book: Path, theme: Theme):
    with (book / path).open("a") as file:
        file.write("\n")
    (found,) = diagrams.stale(book, theme)
    assert found.path == book / "diagrams/01-step.mmd"
    assert (found.code, found.fix) == ("diagram-stale", "run `make diagrams`")


def test_a_missing_drawing_or_another_palette_makes_it_stale(book: Path, theme: Theme):
    dark = theme.palette["dark"] | {"ink": "#ffffff"}
    assert stale(book, replace(theme, palette=theme.palette | {"dark": dark}))
    (book / "diagrams/rendered/01-step.light.svg").unlink()
    assert stale(book, theme)


def test_a_diagram_never_drawn_is_stale(book: Path, theme: Theme):
    (book / "diagrams/02-more.mmd").write_text(FLOW, encoding="utf-8")
    assert stale(book, theme) == ["the diagram is not drawn yet"]


def test_drawings_go_with_their_source(book: Path, theme: Theme):
    (book / "diagrams/01-step.mmd").unlink()
    assert stale(book, theme) == ["01-step.mmd is gone and its drawings are still here"]
    assert diagrams.render(book, theme, report=pytest.fail) == []
    assert stale(book, theme) == []
    assert not list((book / "diagrams/rendered").iterdir())
    assert json.loads((book / "diagrams/rendered.lock.json").read_text()) == {}


def test_a_refused_source_keeps_its_drawings(book: Path, theme: Theme):
    kept = {p: p.read_bytes() for p in (book / "diagrams/rendered").iterdir()}
    lock = (book / "diagrams/rendered.lock.json").read_bytes()
    (book / "diagrams/01-step.mmd").write_text(FLOW + "  style a fill:red\n", "utf-8")
    with pytest.raises(PressError, match=r"01-step\.mmd:4: .*diagram-colour"):
        diagrams.render(book, theme, report=pytest.fail)
    assert {p: p.read_bytes() for p in (book / "diagrams/rendered").iterdir()} == kept
    assert (book / "diagrams/rendered.lock.json").read_bytes() == lock


def test_keys_differ_by_source_alone_and_repeat(book: Path, theme: Theme):
    (book / "diagrams/02-same.mmd").write_text(FLOW, encoding="utf-8")
    (book / "diagrams/03-other.mmd").write_text(FLOW + "%% c\n", encoding="utf-8")
    keys = []
    for _ in range(2):
        gallery = diagrams.Gallery(book, theme)
        keys.append([gallery.entry(source)["key"] for source in gallery.sources()])
    assert keys[0] == keys[1]
    first, same, other = keys[0]
    assert first == same != other


def test_a_broken_lock_says_where(book: Path, theme: Theme):
    (book / "diagrams/rendered.lock.json").write_text("{\n<<<<<<<", encoding="utf-8")
    with pytest.raises(PressError, match=r"rendered\.lock\.json:2: .*diagram-lock"):
        stale(book, theme)


def test_importing_brings_no_client_and_no_browser():
    code = "import sys, press.diagrams; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"mermaid", "requests", "http.server", "press.mermaid.studio"} & {
        *loaded
    }


# -- tools ---------------------------------------------------------------------


def test_a_missing_face_is_named(theme: Theme):
    (theme.folder / "fonts/Inter-Bold.ttf").unlink()
    with pytest.raises(PressError, match=r"Inter-Bold.*diagram-tools"):
        fonts(theme)


def test_another_mermaid_is_refused(tmp_path: Path, monkeypatch):
    monkeypatch.setenv(npm.CACHE, str(tmp_path))
    (tmp_path / "mermaid-12.3.0.js").write_text("alert(1)")
    with pytest.raises(PressError, match=r"isn't mermaid 12\.3\.0"):
        mermaid_js()


def test_missing_tools_are_named(book: Path, theme: Theme, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv(npm.CACHE, str(book))
    (book / "diagrams/02-more.mmd").write_text(FLOW, encoding="utf-8")
    with pytest.raises(PressError, match="npm"):
        diagrams.render(book, theme, report=pytest.fail)
    (book / "mermaid-12.3.0.js").write_bytes(b"0")
    tool = replace(MERMAID, sha256=hashlib.sha256(b"0").hexdigest())
    monkeypatch.setattr("press.mermaid.vendor.MERMAID", tool)
    with pytest.raises(PressError, match="Chromium"):
        diagrams.render(book, theme, report=pytest.fail)


# -- the gate ------------------------------------------------------------------


def gated(theme: Theme, **changes) -> list[str]:
    found = gate(Path("a.mmd"), drawings(theme, **changes), theme)
    return sorted({finding.code for finding in found})


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"width": 760, "size": 16}, []),
        ({"width": 472, "size": 9.4}, []),
        ({"width": 761, "size": 16}, ["diagram-wide"]),
        ({"width": 760, "size": 14}, ["diagram-small-text"]),
        ({"size": 9}, ["diagram-small-text"]),
        ({"ink": "#123456"}, ["diagram-colour"]),
        ({"ink": "red"}, ["diagram-colour"]),
        ({"extra": '<path d="M0 0L1 1" stroke="#000000"/>'}, ["diagram-colour"]),
        ({"extra": "<foreignObject/>"}, ["diagram-shape"]),
        ({"extra": "<style>text{fill:red}</style>"}, ["diagram-shape"]),
        ({"extra": '<rect class="node" fill="none"/>'}, ["diagram-shape"]),
        ({"extra": '<rect style="fill:red" fill="none"/>'}, ["diagram-shape"]),
        ({"extra": '<rect filter="url(#f)" fill="none"/>'}, ["diagram-shape"]),
    ],
)
def test_a_drawing_is_plain_narrow_legible_and_in_the_palette(changes, codes, theme):
    assert gated(theme, **changes) == codes


def test_the_other_scheme_has_another_palette(theme: Theme):
    both = drawings(theme)
    swapped = {"light": both["dark"], "dark": both["light"]}
    found = [f.message for f in gate(Path("a.mmd"), swapped, theme)]
    assert len(found) == 4  # paper and ink, in each of two drawings
    assert all("isn't in the palette" in message for message in found)
