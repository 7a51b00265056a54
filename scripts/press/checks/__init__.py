"""The rules of the manuscript: one module a family, each rule a generator.

A rule takes the apparatus and yields findings. All rules run before anything
is rendered, so that every fault of a run is told at once.
"""

from __future__ import annotations

from press.apparatus import Apparatus
from press.checks import captions, pages, references, sources
from press.findings import Finding, PressError

RULES = (*pages.RULES, *captions.RULES, *references.RULES, *sources.RULES)


def run(known: Apparatus) -> list[Finding]:
    """All findings of all rules, sorted by place, each once."""
    found = set(known.findings)
    for rule in RULES:
        try:
            found.update(rule(known))
        except PressError as error:
            found.update(error.findings)
    return sorted(found)
