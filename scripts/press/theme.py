"""The book's look: palette and typefaces read from `theme/theme.yml`.

Site CSS uses the values as custom properties, which light and dark schemes
set; print and EPUB take the light ones, filled in as literals because
reading systems do not all know `var()`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from press import data
from press.findings import Finding, refuse

SCHEMES = ("light", "dark")
TINTS = ("accent", "ochre", "moss", "rust", "plum", "slate")
COLOURS = (
    *("paper", "surface", "ink", "muted", "rule"),
    *(name for tint in TINTS for name in (tint, f"{tint}-soft")),
)
ROLES = ("text", "sans", "mono")
COLOUR = re.compile(r"#[0-9a-f]{6}")
VARIABLE = re.compile(r"var\(--(?P<name>[a-z-]+)\)")


@dataclass(frozen=True)
class Face:
    """One font file: what CSS calls it and whether the site uses it."""

    family: str
    weight: int
    style: str
    file: str
    site: bool = False


@dataclass(frozen=True)
class Theme:
    """Colours by scheme and name, font stacks by role, font files."""

    folder: Path
    palette: dict[str, dict[str, str]]
    type: dict[str, str]
    fonts: tuple[Face, ...] = ()

    @classmethod
    def load(cls, folder: Path) -> Theme:
        """Read `theme.yml` in `folder`; raises `PressError` when it is unusable."""
        path = folder / "theme.yml"
        parts = data.parse_mapping(path, data.read_text(path))
        refuse(Finding(path, line, "theme", *told) for line, *told in _faults(parts))
        faces = tuple(Face(**face) for face in parts["fonts"].value)
        return cls(folder, parts["palette"].value, parts["type"].value, faces)

    def values(self, scheme: str) -> dict[str, str]:
        """All custom-property values of one scheme, by name without `--`."""
        fonts = {f"font-{role}": stack for role, stack in self.type.items()}
        return {**self.palette[scheme], **fonts}

    def font_faces(self, base: str, files: dict[str, str] | None = None) -> str:
        """CSS `@font-face` rules with addresses that start with `base`.

        `files` maps a face's file to the name under which it is served; faces
        that it lacks get no rule. Without it all faces keep their names.
        """
        served = files or {face.file: face.file for face in self.fonts}
        return "\n".join(
            _block(
                "@font-face",
                {
                    "font-family": f'"{face.family}"',
                    "font-style": face.style,
                    "font-weight": str(face.weight),
                    "font-display": "swap",
                    "src": f'url("{base}{served[face.file]}")',
                },
            )
            for face in self.fonts
            if face.file in served
        )

    def fill(self, css: str, scheme: str = "light") -> str:
        """Replace each `var(--name)` that the theme defines by its value."""
        values = self.values(scheme)
        return VARIABLE.sub(lambda m: values.get(m["name"], m[0]), css)

    def variables(self) -> str:
        """CSS that defines the custom properties for both colour schemes.

        Paper is always light. The dark scheme holds where it is chosen and,
        before any script has run, where the reader's system asks for it.
        """
        light = _block(":root", _properties(self.values("light")))
        properties = _properties(self.palette["dark"])
        chosen = _block('[data-md-color-scheme="slate"]', properties)
        early = _block(".no-js body:not([data-md-color-media])", properties)
        return (
            f"{light}\n@media screen {{\n{chosen}}}\n"
            f"@media screen and (prefers-color-scheme: dark) {{\n{early}}}\n"
        )


def _faults(parts: dict[str, data.Record]) -> Iterator[tuple[int, str, str]]:
    """What is wrong in `theme.yml`: line, problem, what to do."""
    nothing = data.Record(None, 1)
    palette, roles, faces = (
        parts.get(name, nothing) for name in ("palette", "type", "fonts")
    )
    schemes = {
        scheme: _mapping(_mapping(palette.value).get(scheme)) for scheme in SCHEMES
    }
    names = dict.fromkeys([*COLOURS, *schemes["light"], *schemes["dark"]])
    for scheme, colours in schemes.items():
        line = palette.lines.get(scheme, palette.line)
        for name in names:
            problem = f"the {scheme} palette's “{name}” is no colour"
            if name not in colours:
                problem = f"the {scheme} palette has no “{name}”"
            if not COLOUR.fullmatch(str(colours.get(name))):
                yield line, problem, f'write `{name}: "#rrggbb"`, in small letters'
    for role in ROLES:
        if not isinstance(_mapping(roles.value).get(role), str):
            fix = f"write `{role}:` and font families, as in CSS"
            yield roles.line, f"`type` names no fonts for “{role}”", fix
    listed = faces.value if isinstance(faces.value, list) else [None]
    for face in listed:
        try:
            Face(**face)
        except TypeError:
            fix = "write `- {family: …, weight: …, style: …, file: …}`"
            yield faces.line, f"`fonts` lists “{face}”, which is no face", fix


def _mapping(value: Any) -> dict[str, Any]:
    """The value, where it is a mapping; else none."""
    return value if isinstance(value, dict) else {}


def _properties(values: dict[str, str]) -> dict[str, str]:
    return {f"--{name}": value for name, value in values.items()}


def _block(selector: str, declarations: dict[str, str]) -> str:
    lines = "".join(f"  {name}: {value};\n" for name, value in declarations.items())
    return f"{selector} {{\n{lines}}}\n"
