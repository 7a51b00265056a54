"""What follows from chapter 2's measurements of servers.

The budget with a server in between; and how many clips a server hears, for each that
the model by itself would have heard in the same minutes.

Rerun it after `02-frameworks`, or when the budget has changed.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from record import write

from earshot.slo.budget import Budget, Stage, evaluate

HERE = Path(__file__).parent


def measured() -> dict[str, Any]:
    """The servers of `02-frameworks`, by name."""
    path = HERE.parent / "02-frameworks" / "data.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["values"]
    return dict(found["servers"])


def spent(median_ms: float, p95_ms: float) -> dict[str, float]:
    """The opening budget with a call that goes through a server of its own.

    The delay is taken as lognormal, by its median and 95th percentile.
    """
    budget = Budget.load()
    shape = {"median_ms": median_ms, "p95_ms": p95_ms}
    hop = Stage("server", "server", "lognormal", shape, "measured", "02-frameworks")
    data = evaluate(replace(budget, stages=(*budget.stages, hop))).as_data()
    return {key: round(data[key], 1) for key in ("p50", "p95", "share")}


def heard(way: dict[str, Any]) -> float:
    """Clips that 32 callers get heard, for each that the model alone would hear."""
    return float(way["32"]["per_s"]) * float(way["model_ms"]) / 1000


def batches(server: dict[str, Any], one: float) -> dict[str, float]:
    """Clips heard without batches, where `one` is 1, and what batches make of it."""
    found = {"alone": round(heard(server["alone"]) / one, 2)}
    if "batched" in server:
        gain = heard(server["batched"]) / heard(server["alone"])
        found["gain"] = round(gain, 1)
    return found


def values() -> dict[str, Any]:
    """The opening budget and the same behind each server; and clips heard."""
    one = heard(measured()["starlette"]["alone"])
    opening = evaluate(Budget.load()).as_data()
    return {
        "opening": {key: round(opening[key], 1) for key in ("p50", "p95", "share")},
        "servers": {
            name: spent(server["no-op"]["1"]["p50_ms"], server["no-op"]["1"]["p95_ms"])
            for name, server in measured().items()
        },
        "clips": {name: batches(server, one) for name, server in measured().items()},
    }


if __name__ == "__main__":
    write(HERE / "data.json", values())
