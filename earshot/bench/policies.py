"""Ways to share one recogniser among streams."""

from __future__ import annotations

from earshot.inference.batcher import Policy

# --8<-- [start:policies]
POLICIES = {
    "one at a time": Policy(finals=1, partials=1),
    "one mixed batch": Policy(finals=8, partials=8, spread=100, mixed=True),
    "finals first": Policy(),
}
VARIANTS = {
    "finals first, four partials": Policy(partials=4),
    "finals first, any length": Policy(spread=100),
}
# --8<-- [end:policies]
