"""The look in one place: contrast, fonts, and style sheets that name no colour."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fixture_book import PROJECT
from fontTools.ttLib import TTFont

import fonts
from press import book as books
from press import epub, site
from press.checks import look
from press.findings import PressError
from press.printing import cover, layout
from press.theme import Theme

THEME = Theme.load(PROJECT / "theme")
SCHEMES = ("light", "dark")
TINTS = ("accent", "ochre", "moss", "rust", "plum", "slate")
SHEETS = [PROJECT / "theme/site" / name for name in site.STYLES]
FONT_BUDGET = 130_000
TEXT, LINE = 4.5, 3.0  # WCAG 2.2 AA: text, and lines that mean something

PAIRS = [
    *[(name, "paper", TEXT) for name in ("ink", "muted", *TINTS)],
    *[(name, "surface", TEXT) for name in ("ink", "muted", *TINTS)],
    *[(tint, f"{tint}-soft", TEXT) for tint in TINTS],
    *[("ink", f"{tint}-soft", TEXT) for tint in TINTS],
    *[("muted", f"{tint}-soft", TEXT) for tint in TINTS],
    ("accent", "accent-soft", TEXT),
    ("paper", "accent", TEXT),
    ("paper", "ink", TEXT),
    *[(tint, "paper", LINE) for tint in TINTS],
]


def luminance(colour: str) -> float:
    """WCAG relative luminance of `#rrggbb`."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio of two colours, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_contrast(scheme, front, back, least):
    colours = THEME.palette[scheme]
    assert contrast(colours[front], colours[back]) >= least


def test_both_schemes_name_the_same_colours():
    assert THEME.palette["light"].keys() == THEME.palette["dark"].keys()


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.stem)
def test_style_sheets_take_every_colour_from_the_palette(sheet):
    css = sheet.read_text(encoding="utf-8")
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;,\s)])", css)
    assert set(re.findall(r"\b(?:rgb|hsl)a?\((?!0 0 0 /)[^)]*\)", css)) == set()


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.stem)
def test_every_custom_property_is_defined(sheet):
    everything = "\n".join(path.read_text(encoding="utf-8") for path in SHEETS)
    own = set(re.findall(r"(?<=--)([a-z][\w-]*)(?=:)", everything))
    used = set(re.findall(r"var\(--([\w-]+)", sheet.read_text(encoding="utf-8")))
    assert used <= own | set(THEME.values("light"))


def test_variables_set_both_schemes():
    light, dark, early = THEME.variables().split("@media")
    assert f"--paper: {THEME.palette['light']['paper']};" in light
    assert f"--paper: {THEME.palette['dark']['paper']};" in dark
    assert "prefers-color-scheme: dark" in early


def test_paper_is_never_dark():
    after_the_light_ones = THEME.variables().split("@media")[1:]
    assert all(rule.lstrip().startswith("screen") for rule in after_the_light_ones)


def test_fill_puts_values_in_place_of_names():
    filled = THEME.fill("a { color: var(--ink); top: var(--md-x) }", "dark")
    assert filled == f"a {{ color: {THEME.palette['dark']['ink']}; top: var(--md-x) }}"


def test_font_faces_for_all_or_some():
    everything = THEME.font_faces("fonts/")
    assert everything.count("@font-face") == len(THEME.fonts)
    one = THEME.font_faces("x/", {"Inter-Bold.ttf": "bold.woff2"})
    assert one.count("@font-face") == 1
    assert 'url("x/bold.woff2")' in one
    assert "font-weight: 700" in one


def changed(old: str, new: str) -> str:
    """The text of the theme with something in it replaced, once."""
    text = (THEME.folder / "theme.yml").read_text(encoding="utf-8")
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("palette: [", "yaml", "malformed"),
        ("[]", "yaml", "mapping"),
        ("type: {}", "theme", "no “paper”"),
        (changed('"#fdfcf8"', '"#FDF"'), "theme", "light palette's “paper”"),
        (changed('muted: "#a3aeb4"', "#"), "theme", "dark palette has no “muted”"),
        (changed("  dark:", "    more: '#000000'\n  dark:"), "theme", "no “more”"),
        (changed("mono: ", "code: "), "theme", "“mono”"),
        (changed("family: Inter, ", ""), "theme", "is no face"),
        (changed("fonts:", "fonts: 1\nfaces:"), "theme", "is no face"),
    ],
)
def test_a_broken_theme_is_a_finding(tmp_path, text, code, said):
    (tmp_path / "theme.yml").write_text(text)
    with pytest.raises(PressError) as caught:
        Theme.load(tmp_path)
    assert {finding.code for finding in caught.value.findings} == {code}
    assert any(said in finding.message for finding in caught.value.findings)


def test_the_files_that_are_looked_at_are_those_that_are_used():
    used = {f"site/{name}" for name in site.STYLES}
    used |= {layout.STYLES, cover.TEMPLATE, epub.STYLE_SHEET}
    assert used < set(look.FILES)


# -- fonts ---------------------------------------------------------------------


@pytest.mark.parametrize("face", THEME.fonts, ids=lambda face: face.file)
def test_every_face_is_what_the_theme_says(face):
    with TTFont(THEME.folder / "fonts" / face.file) as font:
        assert font["name"].getBestFamilyName() == face.family
        assert font["OS/2"].usWeightClass == face.weight
        assert bool(font["post"].italicAngle) == (face.style == "italic")
        assert "Open Font License" in font["name"].getDebugName(13)


def test_no_font_without_its_licence():
    folder = THEME.folder / "fonts"
    assert {p.name for p in folder.glob("*.ttf")} == {f.file for f in THEME.fonts}
    for family in {face.family for face in THEME.fonts}:
        licence = folder / f"OFL-{family.replace(' ', '')}.txt"
        assert "SIL OPEN FONT LICENSE" in licence.read_text(encoding="utf-8")
        assert family in (folder / "README.md").read_text(encoding="utf-8")


def cut_fonts() -> list[Path]:
    return sorted((THEME.folder / "site" / "fonts").glob("*.woff2"))


def test_site_fonts_fit_their_budget():
    assert {path.name for path in cut_fonts()} == {
        site.served_name(face.file) for face in THEME.fonts if face.site
    }
    assert sum(path.stat().st_size for path in cut_fonts()) <= FONT_BUDGET


def test_site_fonts_have_every_character_of_the_book():
    used = fonts.characters(fonts.texts(books.load(PROJECT)))
    lacking = fonts.missing(used, cut_fonts())
    assert not lacking, f"run `make fonts`: {sorted(map(chr, lacking))}"


def test_a_character_that_no_site_font_has_is_found():
    used = fonts.characters(["plain text, 字"])
    assert fonts.missing(used, cut_fonts()) == {ord("字")}


def test_characters_leaves_out_what_does_not_print():
    assert fonts.characters(["a\n\tb", "b​"]) == {ord("a"), ord("b")}


def test_cutting_keeps_what_is_wanted_and_is_repeatable(tmp_path):
    face = next(face for face in THEME.fonts if face.file == "JetBrainsMono-Bold.ttf")
    points = {ord(char) for char in "ab×"}
    first, second = (fonts.cut(face, THEME.folder / "fonts", points) for _ in range(2))
    assert first == second
    path = tmp_path / "cut.woff2"
    path.write_bytes(first)
    assert fonts.covered(path) == points
    with TTFont(path) as font:
        assert font["name"].getDebugName(1) == "Book Mono"
        assert "JetBrains" in font["name"].getDebugName(0)


def test_a_cut_face_gives_up_the_reserved_name():
    for path in cut_fonts():
        with TTFont(path) as font:
            for name_id in (1, 4, 6):
                assert "Source" not in font["name"].getDebugName(name_id)
