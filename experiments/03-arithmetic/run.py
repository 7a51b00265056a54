"""What follows from chapter 3's measurements, cited figures and the budget.

Everything here is derived: shares and ratios of what the other experiments and
the ledger hold, what a roofline says of three cards, and the latency budget
with the measured queue and model in place of the assumed ones.
"""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from record import write

from earshot.inference.batching import Cost
from earshot.inference.roofline import Machine, Work, knee
from earshot.slo.budget import Budget, Stage, evaluate

HERE = Path(__file__).parent
LEDGER = HERE.parents[1] / "manuscript" / "facts.yml"
CARDS = ("a100", "h100", "l40s")
HALF = Work(2, 2)  # a weight in float16: two bytes, a product and a sum
WINDOWS = {"none": "limit-8-window-0", "200": "limit-8-window-200"}
RATES = ("4", "8", "12")


def measured(name: str) -> Any:
    """What another experiment found."""
    path = HERE.parent / name / "data.json"
    return json.loads(path.read_text(encoding="utf-8"))["values"]


def less(after: float, before: float) -> float:
    """By how many percent one is less than the other."""
    return round(100 * (1 - after / before), 1)


def batching(ledger: dict[str, Any]) -> dict[str, Any]:
    """Gains and losses of company, and what a window adds."""
    curves, runs = measured("03-batching-curve"), measured("03-batch-window")
    encoder = curves["parts"]["whisper-encoder-30s"]["item_ms"]
    cost = Cost(runs["cost"]["call_s"], runs["cost"]["item_s"])
    none, wide = (runs["long_run"][name] for name in WINDOWS.values())
    return {
        "encoder_loss_percent": -less(encoder["8"], encoder["1"]),
        "call_ms": round(1000 * cost.call, 1),
        "item_ms": round(1000 * cost.item, 1),
        "ceiling_a_second": round(1 / cost.item, 1),
        "half_at_items": round(cost.call / cost.item, 2),
        "window_200": {
            rate: {
                key: round(wide[rate][key] - none[rate][key], 1)
                for key in ("p50", "p95")
            }
            for rate in (*RATES, "20")
        },
        "window_200_at_20_percent": -less(wide["20"]["p95"], none["20"]["p95"]),
        "computing_at_4_ms": round(1000 * cost.seconds(2), 1),
        "triton_gain": round(
            ledger["triton-batched-rate"] / ledger["triton-alone-rate"], 1
        ),
    }


def cards(ledger: dict[str, Any]) -> dict[str, Any]:
    """From how many items on a decoder in float16 is limited by arithmetic."""
    found = {}
    for card in CARDS:
        machine = Machine(
            1e12 * ledger[f"{card}-peak"], 1e12 * ledger[f"{card}-bandwidth"]
        )
        found[card] = round(knee(machine, HALF))
    return found


def starts(ledger: dict[str, Any]) -> dict[str, Any]:
    """Shares of a cold start, what bytecode saves, and least times to move data."""
    data = measured("03-cold-start")
    words, service = data["first_words"], data["service"]
    stages, spent = service["compiled"]["stages_ms"], words["compiled"]["stages_ms"]
    fork = data["fork"]
    pull = 8 * ledger["image-vllm"] / ledger["image-link"]
    held = measured("03-fleet")["streams_per_core"]["final"]
    return {
        "spares_for_pull": math.ceil(pull / held),
        "service_s": round(service["compiled"]["total_ms"] / 1000, 1),
        "imports_percent": round(
            100 * stages["imports"] / service["compiled"]["total_ms"]
        ),
        "weights_percent": round(
            100 * stages["weights"] / service["compiled"]["total_ms"]
        ),
        "bytecode_saves_ms": round(
            words["nothing-compiled"]["total_ms"] - words["compiled"]["total_ms"], 1
        ),
        "cache_saves_ms": round(
            words["from-disk"]["total_ms"] - words["compiled"]["total_ms"], 1
        ),
        "warm_up_ms": spent["warm-up"],
        "forked_ms": round(fork["fork_ms"] + fork["first_words_ms"], 1),
        "pull_least_s": round(pull),
        "gp3_least_s": round(15e9 / (1000 * 2**20), 1),
    }


def precision(ledger: dict[str, Any]) -> dict[str, Any]:
    """What eight bits and smaller models save, in percent."""
    types = measured("03-quantisation")["types"]
    wide, narrow = types["float32"], types["int8"]
    return {
        "memory_percent": less(narrow["weights_mb"], wide["weights_mb"]),
        "cpu_percent": less(
            narrow["beams_1"]["cpu_per_audio_s"], wide["beams_1"]["cpu_per_audio_s"]
        ),
        "working_saved_mb": round(wide["working_mb"] - narrow["working_mb"], 1),
        "gpu_time_percent": less(ledger["fw-int8"], ledger["fw-fp16"]),
        "gpu_memory_percent": less(ledger["fw-int8-memory"], ledger["fw-fp16-memory"]),
        "gpu_batch_gain": round(ledger["fw-fp16"] / ledger["fw-fp16-batch"], 1),
        "distil_short_points": round(ledger["distil-short"] - ledger["large-short"], 1),
    }


def spent(stages: dict[str, float]) -> dict[str, float]:
    """The budget with one stage for queue and model, a clip's delay."""
    budget = Budget.load()
    shape = {"median_ms": stages["p50"], "p95_ms": stages["p95"]}
    served = Stage("queue and model", "model", "lognormal", shape, "measured", "")
    kept = [s for s in budget.stages if s.name not in ("queue", "model")]
    data = evaluate(replace(budget, stages=(*kept, served))).as_data()
    return {key: data[key] for key in ("p50", "p95", "left", "share")}


def values() -> dict[str, Any]:
    """All that the chapter derives."""
    facts = yaml.safe_load(LEDGER.read_text(encoding="utf-8"))
    ledger = {name: fact["value"] for name, fact in facts.items() if "value" in fact}
    runs = measured("03-batch-window")["long_run"]
    budget = {
        way: {rate: spent(runs[name][rate]) for rate in RATES}
        for way, name in WINDOWS.items()
    }
    over = round(-budget["none"]["12"]["left"], 1)
    return {
        "batching": batching(ledger),
        "knee_items": cards(ledger),
        "starts": starts(ledger),
        "precision": precision(ledger),
        "budget": {**budget, "over_12_ms": over},
    }


if __name__ == "__main__":
    write(HERE / "data.json", values())
