"""What drawing needs from elsewhere: Mermaid itself and the house typeface."""

from __future__ import annotations

from pathlib import Path

from press import npm
from press.findings import Finding, PressError
from press.npm import Tool
from press.theme import Theme

MERMAID = Tool(
    "mermaid",
    "12.3.0",
    "package/dist/mermaid.min.js",
    "336df803d87a38b70a01e736e666c8f7601d2ce42f5e47c8fafe5d721074b9a3",
)
WEIGHTS = {400: "Inter-Regular", 600: "Inter-SemiBold", 700: "Inter-Bold"}
FORMATS = {".woff2": "woff2", ".ttf": "truetype", ".otf": "opentype"}


def mermaid_js() -> str:
    """The text of `mermaid.min.js`; raises `PressError` when it can't be fetched."""
    return npm.fetch(MERMAID).read_text(encoding="utf-8")


def fonts(theme: Theme) -> dict[int, Path]:
    """The house sans by weight; raises `PressError` when a face is missing."""
    found: dict[int, Path] = {}
    for weight, name in WEIGHTS.items():
        files = sorted((theme.folder / "fonts").glob(f"{name}.*"))
        faces = [path for path in files if path.suffix in FORMATS]
        if not faces:
            raise PressError(
                Finding(
                    theme.folder / "fonts",
                    1,
                    "diagram-tools",
                    f"diagrams are set in {name}, and the theme has no such file",
                    f"add {name}.ttf (or .otf, .woff2)",
                )
            )
        found[weight] = faces[0]
    return found
