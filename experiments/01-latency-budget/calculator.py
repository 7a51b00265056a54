"""Give the site's calculator the budget, and test vectors that tie it to Python."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from house_style import ROOT

from earshot.slo.budget import DEFAULT, Budget, evaluate

TARGET = ROOT / "theme" / "site" / "calculators" / "budget.json"
ABOUT = ("name", "place", "shape", "kind", "source")
LABELS = {
    "frame_ms": "Audio in a packet",
    "step_ms": "Between two hearings",
    "refresh_ms": "Between two pictures",
}
CHANGES: tuple[dict[str, float], ...] = (
    {},
    {"step_ms": 100},
    {"step_ms": 400},
    {"frame_ms": 60, "step_ms": 800},
)
SHARES = (0.001, 0.05, 0.5, 0.95, 0.999)


def calculator() -> dict[str, Any]:
    """The budget file as plain data; a value that is a name is a parameter."""
    data = tomllib.loads(DEFAULT.read_text(encoding="utf-8"))
    stages = [
        {
            **{key: stage[key] for key in ("name", "place", "shape", "kind")},
            "values": {k: v for k, v in stage.items() if k not in ABOUT},
        }
        for stage in data["stage"]
    ]
    return {
        "target_ms": data["budget"]["target_ms"],
        "parameters": data["parameters"],
        "labels": LABELS,
        "stages": stages,
    }


def vectors() -> list[dict[str, Any]]:
    """What Python says of some parameters: quantiles of each stage, and totals."""
    found = []
    for changes in CHANGES:
        budget = Budget.load(parameters=changes)
        report = evaluate(budget)
        quantiles = [[s.quantile(p) for p in SHARES] for s in budget.stages]
        total = {"p50": report.p50, "p95": report.p95, "share": report.share}
        found.append({"changes": changes, "quantiles": quantiles, "total": total})
    return found


if __name__ == "__main__":
    TARGET.write_text(json.dumps(calculator(), indent=1) + "\n", encoding="utf-8")
