"""What do a thousand hours of audio a day cost, and which promise costs most?

Everything here is derived: demand and prices are assumed or cited, and the
streams that a core holds are read from `experiments/06-streams`, live, finals
first. The same day is planned for two objectives: finals within 0.6 s, and
first stable words within 3 s, each at the 95th percentile. Cards that hold as
many streams as pay for them are planned next to the cores.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from record import write

from earshot.scaling.cost import Demand, Fleet, capacity, fewest_streams, fleet, prices

HERE = Path(__file__).parent
HOURS = (100, 1_000, 10_000, 100_000)
FACTORS = (1.5, 2.5, 4)
OBJECTIVES = {"final": ("final_delay_s", 0.6), "stable": ("first_stable_s", 3.0)}
CARDS = ("l4", "h100")
POLICY = "finals first"


def capacities() -> dict[str, int]:
    """Streams that a core held, by objective."""
    data = json.loads((HERE.parent / "06-streams" / "data.json").read_text("utf-8"))
    rows = [
        row
        for row in data["values"]["streams"]
        if row["way"] == "live" and row["policy"] == POLICY
    ]
    return {
        name: capacity({row["streams"]: row[key]["p95"] for row in rows}, objective)
        for name, (key, objective) in OBJECTIVES.items()
    }


def planned(demand: Demand, per_core: int) -> dict[str, Any]:
    """A fleet of single cores, in machines and money."""
    found = fleet(demand, per_core, prices()["core"])
    return {
        "peak_streams": demand.peak_streams,
        "cores": found.machines,
        "usd_per_day": round(found.usd_per_day, 2),
        "usd_per_audio_hour": round(found.usd_per_audio_hour, 5),
        "utilisation_percent": round(100 * found.utilisation, 1),
    }


def next_to_cores(card: str, cores: Fleet) -> dict[str, float]:
    """Cards that hold what pays for them, one spare: so many `times` as dear."""
    price = prices()[card]
    cards = fleet(cores.demand, round(fewest_streams(cores, price)), price)
    return {
        "times": round(cards.usd_per_day / cores.usd_per_day, 2),
        "used_percent": round(100 * cards.utilisation, 1),
    }


def values() -> dict[str, Any]:
    """Fleets by objective and hours, by peak, and what a dearer machine must hold."""
    held, core = capacities(), prices()["core"]
    large = fleet(Demand(HOURS[-1]), held["final"], core)
    return {
        "streams_per_core": held,
        "fleets": {
            name: {str(hours): planned(Demand(hours), per_core) for hours in HOURS}
            for name, per_core in held.items()
        },
        "peaks": {
            str(factor).replace(".", "_"): planned(Demand(1_000, factor), held["final"])
            for factor in FACTORS
        },
        "break_even_streams": {
            name: round(fewest_streams(large, price))
            for name, price in prices().items()
            if not price.cores
        },
        "cards": {
            card: {
                str(hours): next_to_cores(
                    card, fleet(Demand(hours), held["final"], core)
                )
                for hours in HOURS
            }
            for card in CARDS
        },
    }


if __name__ == "__main__":
    write(HERE / "data.json", values())
