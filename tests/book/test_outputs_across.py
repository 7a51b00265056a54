"""The real book's outputs hold the same words, figures, code and numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from built_book import Built, told

from press.checks.outputs import across


@pytest.mark.parametrize("rule", across.RULES, ids=lambda rule: rule.__name__)
def test_rule(rule: Callable, outputs: Built) -> None:
    assert told(rule(outputs)) == []
