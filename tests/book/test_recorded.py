"""What the book shows as computed or recorded is what the code gives now."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import shlex
import sys
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from earshot.cli import main

ROOT = Path(__file__).resolve().parents[2]
OUTPUTS = sorted((ROOT / "manuscript").glob("*/outputs/*.console"))


def experiment(script: str) -> ModuleType:
    """An experiment's script, given by its path, as a module."""
    path = ROOT / script
    name = path.parent.name[3:]
    spec = importlib.util.spec_from_file_location(f"{path.stem}_{name}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def recorded(name: str) -> dict[str, object]:
    path = ROOT / "experiments" / name / "data.json"
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", OUTPUTS, ids=lambda path: path.stem)
def test_a_recorded_output_is_what_the_command_prints(path: Path) -> None:
    first, _, rest = path.read_text(encoding="utf-8").partition("\n")
    program, *arguments = shlex.split(first.removeprefix("$ "))
    assert program == "earshot"
    result = CliRunner().invoke(main, arguments)
    assert result.output.rstrip() == rest.rstrip()


def test_the_latency_budgets_data_is_what_the_model_gives() -> None:
    name = "01-latency-budget"
    assert experiment(f"experiments/{name}/run.py").values() == recorded(name)["values"]


def test_shares_of_the_mean_come_to_a_hundred() -> None:
    shares = recorded("01-latency-budget")["values"]["shares"]
    assert sum(shares.values()) == pytest.approx(100, abs=0.3)


def test_the_histogram_holds_every_word_once() -> None:
    histogram = recorded("01-latency-budget")["values"]["histogram"]
    assert sum(histogram["percent"]) == pytest.approx(100, abs=0.1)


def test_the_frame_clock_times_every_frame() -> None:
    run = experiment("experiments/01-frame-clock/run.py")
    late = asyncio.run(run.listen(11, None))
    assert len(late) == 11
    assert min(late) > -1


def test_the_frame_clocks_percentiles_are_in_order() -> None:
    values = dict(recorded("01-frame-clock")["values"])
    assert values.pop("frames") == 1500
    assert set(values) == {"inline", "thread", "process"}
    for way in values.values():
        assert 0 <= way["p50"] <= way["p95"] <= way["worst"]
