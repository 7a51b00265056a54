"""Chapter 3's data: sums hold, and what is derived comes out the same again."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from test_recorded import ROOT, experiment, recorded

from earshot.inference.batching import Cost


def values(name: str) -> dict[str, Any]:
    return dict(recorded(name)["values"])


def curves() -> dict[str, dict[str, Any]]:
    data = values("03-batching-curve")
    return {**data["complete"], **data["parts"]}


@pytest.mark.parametrize("name", curves())
def test_an_items_time_is_its_part_of_the_call(name: str) -> None:
    curve = curves()[name]
    for size, call in curve["call_ms"].items():
        item = curve["item_ms"][size]
        assert item * int(size) == pytest.approx(call, rel=0.02)
        gain = curve["item_ms"]["1"] / item
        assert curve["gain"][size] == pytest.approx(gain, rel=0.02)


def test_the_roofline_is_below_every_step_that_was_measured() -> None:
    data = values("03-batching-curve")
    step = data["parts"]["moonshine-decoder-step"]["call_ms"]
    bound = data["roofline"]["moonshine-decoder-step"]["call_ms"]
    assert all(bound[size] < step[size] for size in step)


def test_whom_company_helps_and_whom_not() -> None:
    gains = {name: curve["gain"] for name, curve in curves().items()}
    assert gains["moonshine-decoder-step"]["32"] > 3
    assert gains["varied"]["8"] > 1.5
    assert max(gains["moonshine-encoder-4s"].values()) < 1.1
    assert gains["whisper-encoder-30s"]["8"] < 0.9


def test_the_window_models_numbers_follow_from_the_cost() -> None:
    run, data = (
        experiment("experiments/03-batch-window/run.py"),
        values("03-batch-window"),
    )
    cost = Cost(data["cost"]["call_s"], data["cost"]["item_s"])
    for limit, most in data["most_a_second"].items():
        assert most == round(cost.rate(int(limit)), 1)
    policy = run.Policy(finals=8, window=0.05)
    for rate, row in data["long_run"]["limit-8-window-50"].items():
        times = run.arrivals(int(rate), run.COUNT, run.SEED)
        found = run.foreseen(times, policy, cost)
        assert {key: row[key] for key in found} == found


def test_percentiles_of_the_window_are_in_order_and_loads_below_one() -> None:
    data = values("03-batch-window")
    rows = [row for rows in data["long_run"].values() for row in rows.values()]
    assert all(row["load"] < 1 for row in rows)
    for live in data["live"].values():
        for pair in live.values():
            rows += [pair["measured"], pair["foreseen"]]
    for row in rows:
        assert 0 < row["p50"] <= row["p95"] <= row["p99"]
        assert row["batch"] >= 1


def test_the_arrangements_padding_is_what_their_lengths_say() -> None:
    run, data = experiment("experiments/03-padding/run.py"), values("03-padding")
    made = run.arrangements(run.utterances())
    assert {name.replace(" ", "-") for name in made} == set(data["arrangements"])
    for name, batches in made.items():
        row = data["arrangements"][name.replace(" ", "-")]
        assert run.wasted(batches).items() <= row.items()
        assert sum(map(len, batches)) == data["clips"]


def test_the_stages_of_a_start_come_to_its_total() -> None:
    data = values("03-cold-start")
    for rows in (data["first_words"], data["service"]):
        for row in rows.values():
            assert sum(row["stages_ms"].values()) == pytest.approx(
                row["total_ms"], rel=0.1
            )
            assert row["least_ms"] <= row["total_ms"] <= row["most_ms"]
    assert data["fork"]["same_words"] == 1


def test_starts_that_share_cores_take_as_long_as_the_sum_says() -> None:
    name = "03-cold-start-storm"
    run, data = experiment(f"experiments/{name}/run.py"), values(name)
    cores = recorded(name)["environment"]["cpus"]
    alone = data["together"]["cached"]["1"]
    for rows in data["together"].values():
        for crowd, row in rows.items():
            assert len(row["each_s"]) == int(crowd)
            assert row["each_s"] == sorted(row["each_s"])
    for crowd, row in data["together"]["cached"].items():
        args = int(crowd), alone["last_s"], alone["cpu_s"], cores
        assert row["foreseen_s"] == run.foreseen_s(*args)
        assert row["last_s"] == pytest.approx(row["foreseen_s"], rel=0.15)
    assert data["most_at_once"] == int(cores * data["deadline_s"] / alone["cpu_s"])


def test_the_storm_is_over_where_few_start_at_once_and_never_where_all_do() -> None:
    data = values("03-cold-start-storm")
    wanted, ways = data["wanted"], data["deadlines"]
    for at_once in ("2", "4"):
        assert (ways[at_once]["ready"], ways[at_once]["killed"]) == (wanted, 0)
    for at_once in ("6", "8", "8-with-pauses"):
        assert ways[at_once]["ready"] == 0 < ways[at_once]["killed"]
    few, all_at_once = data["limits"]["2"], data["together"]["cached"]["8"]
    assert few["first_s"] < all_at_once["first_s"] / 2
    assert few["last_s"] < 1.1 * all_at_once["last_s"]


def test_the_book_assumes_what_the_storm_was_made_with() -> None:
    facts = yaml.safe_load((ROOT / "manuscript/facts.yml").read_text(encoding="utf-8"))
    run, data = (
        experiment("experiments/03-cold-start-storm/run.py"),
        values("03-cold-start-storm"),
    )
    assert facts["storm-deadline"]["value"] == data["deadline_s"]
    assert facts["storm-watched"]["value"] == data["watched_s"]
    assert facts["k8s-pause"]["value"] == next(pause for pause in run.PAUSES_S if pause)


def test_the_fleets_are_what_the_model_gives() -> None:
    assert experiment("experiments/03-fleet/run.py").values() == values("03-fleet")


def test_every_type_heard_all_words_and_eight_bits_need_least_memory() -> None:
    types = values("03-quantisation")["types"]
    assert types["int8"]["weights_mb"] < types["float32"]["weights_mb"] / 2
    for row in types.values():
        assert row["beams_1"]["words"] == row["beams_5"]["words"] == 70


def test_every_way_to_use_two_cores_was_measured() -> None:
    run, data = experiment("experiments/03-threads/run.py"), values("03-threads")
    assert set(data) == set(run.WAYS)
    for name, way in run.WAYS.items():
        most = 1000 * way.processes / data[name]["wall_ms_per_audio_s"]
        assert data[name]["audio_s_per_s"] == pytest.approx(most, rel=0.2)
