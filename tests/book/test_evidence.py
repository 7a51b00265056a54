"""The ledger's own rules, which stand on the data alone."""

from __future__ import annotations

import datetime
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MANUSCRIPT = ROOT / "manuscript"
PAGES = "\n".join(p.read_text(encoding="utf-8") for p in MANUSCRIPT.rglob("*.md"))
FACTS: dict[str, dict[str, Any]] = yaml.safe_load(
    (MANUSCRIPT / "facts.yml").read_text(encoding="utf-8")
)
BIB = set(
    re.findall(
        r"^@\w+\{(\S+),", (MANUSCRIPT / "references.bib").read_text("utf-8"), re.M
    )
)
BUDGET = tomllib.loads((ROOT / "earshot/slo/budget.toml").read_text("utf-8"))


def of_kind(*kinds: str) -> list[str]:
    return [name for name, fact in FACTS.items() if fact["kind"] in kinds]


def stage(name: str) -> dict[str, Any]:
    return next(entry for entry in BUDGET["stage"] if entry["name"] == name)


def test_all_four_kinds_are_in_use() -> None:
    kinds = {fact["kind"] for fact in FACTS.values()}
    assert kinds == {"measured", "derived", "cited", "assumed"}


@pytest.mark.parametrize("name", of_kind("cited"))
def test_a_cited_fact_names_a_work_and_a_place_in_it(name: str) -> None:
    assert FACTS[name]["cite"] in BIB
    assert FACTS[name]["locator"].strip()


@pytest.mark.parametrize("name", of_kind("measured", "derived"))
def test_a_computed_fact_reads_a_value_that_is_there(name: str) -> None:
    folder, _, dotted = FACTS[name]["source"].partition("#")
    data = json.loads((ROOT / folder / "data.json").read_text("utf-8"))
    value = data["values"]
    for key in dotted.split("."):
        value = value[int(key) if isinstance(value, list) else key]
    assert isinstance(value, int | float | str)
    assert "value" not in FACTS[name]


@pytest.mark.parametrize("name", of_kind("assumed"))
def test_an_assumed_fact_gives_its_reason(name: str) -> None:
    assert len(FACTS[name]["rationale"].split()) > 4


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_is_dated_and_used(name: str) -> None:
    fact = FACTS[name]
    assert isinstance(fact["as_of"], datetime.date)
    assert fact.get("review_by", datetime.date.max) > fact["as_of"]
    assert fact["conditions"].strip()
    assert f"(fact:{name})" in PAGES


@pytest.mark.parametrize("key", sorted(BIB))
def test_a_reference_is_cited(key: str) -> None:
    cited = any(fact.get("cite") == key for fact in FACTS.values())
    assert cited or f"@{key}" in PAGES


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("budget-target", BUDGET["budget"]["target_ms"]),
        ("budget-step", BUDGET["parameters"]["step_ms"]),
        ("opus-frame", BUDGET["parameters"]["frame_ms"]),
        ("budget-agreement", 100 * stage("second hearing")["chance"]),
        ("model-median", stage("model")["median_ms"]),
    ],
)
def test_the_ledger_and_the_budget_file_agree(fact: str, value: float) -> None:
    assert FACTS[fact]["value"] == value


def test_the_codecs_stage_is_the_sum_of_what_the_standard_says() -> None:
    resampling = 1.5
    look_ahead = FACTS["opus-look-ahead"]["value"] + resampling
    assert stage("codec look-ahead")["ms"] == look_ahead
