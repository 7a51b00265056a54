"""From hours of audio a day to machines and money.

A stream takes as long as its audio, so audio hours a day are streams at a time.
The busiest hour has more of them than the mean, and within it they come and go
at random. How many a machine may have follows from a measured table and an
objective. The rest is division.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import NormalDist

from earshot import toml

PRICES = Path(__file__).with_name("prices.toml")
HOURS = 24
DAYS = 365 / 12
"""Days in a month, on average."""
KINDS = ("cited", "assumed")


class CostError(ValueError):
    """Numbers from which no fleet follows; the message says which."""


# --8<-- [start:demand]
@dataclass(frozen=True)
class Demand:
    """Audio hours a day, and how much busier the busiest hour is.

    In that hour, no more than a `risk` part of all moments may have more
    streams than there is room for.
    """

    audio_hours_per_day: float
    peak_factor: float = 2.5
    risk: float = 0.001

    def __post_init__(self) -> None:
        busiest = self.audio_hours_per_day * self.peak_factor
        if not 0 < busiest < math.inf or self.peak_factor < 1:
            raise CostError("hours exceed 0, a peak factor is at least 1")
        if not 0 < self.risk < 1:
            raise CostError("a risk is between 0 and 1")

    @property
    def mean_streams(self) -> float:
        """Streams at a time: Little's law with audio as the stay."""
        return self.audio_hours_per_day / HOURS

    @property
    def peak_streams(self) -> int:
        """Streams to have room for.

        Streams that begin at random are Poisson distributed around the mean
        of the busiest hour, m; the normal approximation is m + z √m.
        """
        mean = self.mean_streams * self.peak_factor
        margin = NormalDist().inv_cdf(1 - self.risk) * math.sqrt(mean)
        return math.ceil(mean + margin)


# --8<-- [end:demand]
# --8<-- [start:capacity]
def capacity(p95_s: Mapping[int, float], objective_s: float) -> int:
    """The most streams before a machine missed the objective.

    `p95_s` has the 95th percentile of a delay in s by number of streams. A
    number counts if all smaller ones met the objective, too. Nothing is
    read between or beyond what was measured. Raises `CostError` when none
    did.
    """
    held = 0
    for streams, delay in sorted(p95_s.items()):
        if delay > objective_s:
            break
        held = streams
    if not held:
        raise CostError(f"no number of streams met {objective_s} s")
    return held


# --8<-- [end:capacity]
@dataclass(frozen=True)
class Price:
    """What a machine costs an hour, and how we know."""

    name: str
    usd_per_hour: float
    cores: int
    kind: str
    source: str
    as_of: datetime.date


def prices(path: Path = PRICES) -> dict[str, Price]:
    """The price list by name; raises `CostError` for a price nobody vouches for."""
    names = [field.name for field in fields(Price)]
    try:
        entries = toml.read(path, CostError)["price"]
        found = [Price(**{name: entry[name] for name in names}) for entry in entries]
    except KeyError as error:
        raise CostError(f"{path} lacks {error}; compare {PRICES}") from None
    for price in found:
        if price.kind not in KINDS or price.usd_per_hour <= 0 or not price.source:
            raise CostError(f"{path.name}: {price.name}: kind, price or source is off")
    return {price.name: price for price in found}


# --8<-- [start:fleet]
@dataclass(frozen=True)
class Fleet:
    """Machines that run day and night, and what they cost."""

    demand: Demand
    per_machine: int
    machines: int
    usd_per_day: float

    @property
    def utilisation(self) -> float:
        """The part of all room for streams that is used over the day: below 1."""
        return self.demand.mean_streams / (self.machines * self.per_machine)

    @property
    def usd_per_month(self) -> float:
        """What the machines cost in a month of mean length."""
        return self.usd_per_day * DAYS

    @property
    def usd_per_audio_hour(self) -> float:
        """What an hour of audio costs, all machines included."""
        return self.usd_per_day / self.demand.audio_hours_per_day


def fleet(demand: Demand, per_machine: int, price: Price, spare: int = 1) -> Fleet:
    """Room for the busiest hour on machines of one kind, and `spare` more.

    A fleet of that size all day is what you pay without autoscaling.
    """
    machines = math.ceil(demand.peak_streams / per_machine) + spare
    return Fleet(demand, per_machine, machines, machines * HOURS * price.usd_per_hour)


def fewest_streams(other: Fleet, price: Price) -> float:
    """Streams a machine of this price must hold to cost no more per stream."""
    of_other = other.usd_per_day / HOURS / (other.machines * other.per_machine)
    return price.usd_per_hour / of_other


# --8<-- [end:fleet]
