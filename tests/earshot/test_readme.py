"""The tables in Earshot's README are those of the measurements."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "experiments"))

import tables  # noqa: E402


def test_tables_are_made_of_the_present_data() -> None:
    text = tables.README.read_text(encoding="utf-8")
    assert text.count("<!-- end -->") == len(tables.TABLES)
    assert tables.filled(text) == text
