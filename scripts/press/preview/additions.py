"""What the preview adds to the pages that it serves, never to their files."""

from __future__ import annotations

import html
import re
from pathlib import Path

from press.findings import Finding, PressError
from press.theme import Theme

HERE = Path(__file__).parent
ADDRESS = "/_press/"
HEAD_END = re.compile(rb"</head\s*>", re.I)
BODY = re.compile(rb"<body\b[^>]*>", re.I)
BODY_END = re.compile(rb"</body\s*>(?![\s\S]*</body)", re.I)
NOTHING_YET = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>Nothing to show yet</title></head>
<body><main><h1>Nothing to show yet</h1>
<p>The first build found faults. Mend them, and the page appears.</p></main></body>
</html>
"""


def asset(address: str, root: Path) -> tuple[str, bytes] | None:
    """Type and content of a file that the preview adds to the site, or None."""
    if address == f"{ADDRESS}page.js":
        return "text/javascript", (HERE / "page.js").read_bytes()
    if address == f"{ADDRESS}page.css":
        return "text/css", _styles(root).encode()
    return None


def _styles(root: Path) -> str:
    """The banner's rules, with the palette where the theme can be read."""
    rules = (HERE / "page.css").read_text(encoding="utf-8")
    try:
        return Theme.load(root / "theme").variables() + rules
    except PressError:
        return rules


def added(page: bytes, epoch: int, findings: tuple[Finding, ...], root: Path) -> bytes:
    """A page with the script that reloads it, and a banner if there are findings.

    `epoch` is the build that the page comes from.
    """
    script = f'<script src="{ADDRESS}page.js" data-epoch="{epoch}"></script>'
    page = BODY_END.sub(lambda m: script.encode() + m[0], page, count=1)
    if not findings:
        return page
    style = f'<link rel="stylesheet" href="{ADDRESS}page.css">'
    page = HEAD_END.sub(lambda m: style.encode() + m[0], page, count=1)
    shown = banner(findings, root).encode()
    return BODY.sub(lambda m: m[0] + shown, page, count=1)


def banner(findings: tuple[Finding, ...], root: Path) -> str:
    """The findings as HTML."""
    items = "".join(_item(finding.relative(root)) for finding in findings)
    faults = "One fault" if len(findings) == 1 else f"{len(findings)} faults"
    return (
        '<div class="preview-findings" role="alert">'
        f"<h2>{faults} to mend before the page can be built anew</h2>"
        f"<ul>{items}</ul></div>"
    )


def _item(finding: Finding) -> str:
    place = html.escape(f"{finding.path}:{finding.line}")
    message = html.escape(finding.message)
    fix = f'; <span class="fix">{html.escape(finding.fix)}</span>'
    return f"<li><code>{place}</code>: {message}{fix if finding.fix else ''}</li>"
