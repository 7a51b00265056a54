"""axe-core, which looks for what shuts readers out of a page."""

from __future__ import annotations

from functools import cache
from typing import Any

from press import npm
from press.checks.outputs import tools

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}


@cache
def _source() -> str:
    return npm.fetch(tools.AXE).read_text(encoding="utf-8")


def violations(page: Any) -> list[str]:
    """What axe finds wrong with a page as it is now: rule and elements."""
    page.evaluate(_source() + ";0")
    found = page.evaluate("rules => axe.run(rules)", RULES)["violations"]
    return [f"{one['id']}: {[node['html'] for node in one['nodes']]}" for one in found]
