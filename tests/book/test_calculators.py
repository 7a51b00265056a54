"""The site's calculators give what Earshot's models give."""

from __future__ import annotations

import importlib.util
import json
import math
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from earshot.inference import batching
from earshot.scaling.cost import Demand, fleet, prices

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "theme" / "site" / "calculators"
SCRIPT = """
import { SHAPES, evaluate, filled } from "%s";
import { readFileSync } from "node:fs";
const { budget, shares, changes } = JSON.parse(readFileSync(0));
console.log(JSON.stringify(changes.map((change) => {
  const stages = filled(budget.stages, { ...budget.parameters, ...change });
  const { p50, p95, share } = evaluate(stages, budget.target_ms);
  const quantile = ({ shape, values }) => (p) => SHAPES[shape](p, values);
  const quantiles = stages.map((stage) => shares.map(quantile(stage)));
  return { quantiles, total: { p50, p95, share } };
})));
"""
BATCHING = """
import * as batching from "%s";
import { readFileSync } from "node:fs";
console.log(JSON.stringify(JSON.parse(readFileSync(0)).map(
  ([cost, arrivals, limit]) => [
    batching.rate(cost, limit),
    batching.load(cost, arrivals, limit),
    batching.waitAlone(cost, arrivals),
    batching.batchWhenBusy(cost, arrivals),
  ].map((one) => Number.isFinite(one) ? one : null))));
"""

COST = """
import { fleet, peakStreams } from "%s";
import { readFileSync } from "node:fs";
console.log(JSON.stringify(JSON.parse(readFileSync(0)).map(
  ([hours, peak, risk, streams, price, spare]) => {
    const demand = { hours, peak, risk };
    const found = fleet(demand, streams, price, spare);
    return [
      peakStreams(demand), found.machines, found.perMonth, found.perAudioHour,
      found.utilisation,
    ];
  })));
"""


def source() -> ModuleType:
    path = ROOT / "experiments" / "01-latency-budget" / "calculator.py"
    spec = importlib.util.spec_from_file_location("calculator", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def node(script: str, module: str, given: object) -> Any:
    """What a script that imports a module of the site answers."""
    path = shutil.which("node")
    assert path, "this test needs node"
    done = subprocess.run(
        [path, "--input-type=module", "-e", script % (FOLDER / module).as_uri()],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_the_sites_budget_is_the_budget_file() -> None:
    kept = json.loads((FOLDER / "budget.json").read_text(encoding="utf-8"))
    assert kept == source().calculator()
    assert set(kept["labels"]) == set(kept["parameters"])


@pytest.mark.external
def test_the_page_computes_what_python_computes() -> None:
    made = source()
    given = {
        "budget": made.calculator(),
        "shares": made.SHARES,
        "changes": made.CHANGES,
    }
    answer = node(SCRIPT, "budget.js", given)
    for found, wanted in zip(answer, made.vectors(), strict=True):
        for ours, theirs in zip(found["quantiles"], wanted["quantiles"], strict=True):
            assert ours == pytest.approx(theirs, rel=1e-9)
        assert found["total"] == pytest.approx(wanted["total"], rel=0.015)


@pytest.mark.external
def test_the_page_batches_as_python_does() -> None:
    cases = [(0.046, 0.037, 4, 1), (0.046, 0.037, 12, 8), (0.1, 0.01, 200, 32)]
    given = [({"call": c, "item": i}, rate, limit) for c, i, rate, limit in cases]
    answer = node(BATCHING, "batching.js", given)
    for found, (call, item, rate, limit) in zip(answer, cases, strict=True):
        cost = batching.Cost(call, item)
        wanted = [
            cost.rate(limit),
            batching.load(cost, rate, limit),
            batching.wait_alone(cost, rate),
            batching.batch_when_busy(cost, rate),
        ]
        finite = [value if math.isfinite(value) else None for value in wanted]
        assert found == pytest.approx(finite)


@pytest.mark.external
def test_the_page_plans_fleets_as_python_does() -> None:
    core = prices()["core"]
    cases = [
        (100, 2.5, 0.001, 16, core.usd_per_hour, 1),
        (1_000, 1.5, 0.001, 8, core.usd_per_hour, 0),
        (99_999, 4, 0.02, 256, core.usd_per_hour, 2),
    ]
    answer = node(COST, "cost.js", cases)
    for found, (hours, peak, risk, streams, _, spare) in zip(
        answer, cases, strict=True
    ):
        demand = Demand(hours, peak, risk)
        wanted = fleet(demand, streams, core, spare)
        assert found == pytest.approx(
            [
                demand.peak_streams,
                wanted.machines,
                wanted.usd_per_month,
                wanted.usd_per_audio_hour,
                wanted.utilisation,
            ]
        )
