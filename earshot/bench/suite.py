"""All measurements of a bench, one after another, as plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from earshot.bench import engine, live, simulated
from earshot.bench.policies import POLICIES, VARIANTS

MODELS = ("moonshine-tiny", "whisper-base")


# --8<-- [start:suite]
@dataclass(frozen=True)
class Suite:
    """What to measure: streams of `seconds` each, engines in `rounds`.

    `shipped` are numbers of live streams with the ladder in place, as the
    service is shipped; the policies are compared without it.
    """

    streams: Sequence[int] = (1, 4, 8, 16)
    shipped: Sequence[int] = (8, 16, 24)
    seconds: float = 30.0
    rounds: int = 5
    live: bool = True


Tell = Callable[[str], None]


def run(suite: Suite, tell: Tell) -> dict[str, Any]:
    """Everything, in the order in which it is told."""
    tell("recognisers alone")
    engines = [asdict(engine.measure(model, suite.rounds)) for model in MODELS]
    rows = [*simulated_rows(suite, tell)]
    if suite.live:
        rows += live_rows(suite, tell)
    return {"engines": engines, "streams": rows}


# --8<-- [end:suite]
def simulated_rows(suite: Suite, tell: Tell) -> Iterator[dict[str, Any]]:
    """Every policy at every number of streams, in virtual time; variants at some."""
    recogniser = simulated.recogniser()
    for name, policy in (POLICIES | VARIANTS).items():
        for streams in suite.streams if name in POLICIES else suite.shipped[:2]:
            tell(f"{streams} simulated streams, {name}")
            found = simulated.measure(policy, streams, suite.seconds, recogniser)
            yield {
                **about("simulated", name, streams, asdict(found.figures)),
                "cpu_per_stream_s": found.cpu_per_stream_s,
                "cores": found.busy,
                "batch": found.batch,
                "word_errors": list(found.word_errors),
            }


def live_rows(suite: Suite, tell: Tell) -> Iterator[dict[str, Any]]:
    """Every policy at every number of streams, then the service as shipped."""
    plans = [
        (name, live.scheduled(policy), streams)
        for name, policy in POLICIES.items()
        for streams in suite.streams
    ]
    plans += [("as shipped", {}, streams) for streams in suite.shipped]
    for name, settings, streams in plans:
        tell(f"{streams} live streams, {name}")
        report = live.measure(settings, streams, suite.seconds)
        server = report["server"]
        yield {
            **about("live", name, streams, report["overall"]),
            "cpu_per_stream_s": server["cpu_per_stream_s"],
            "cores": server["cores"],
            "memory_mb": server["memory_most_mb"],
        }


def about(
    way: str, policy: str, streams: int, figures: dict[str, Any]
) -> dict[str, Any]:
    """A row's head, and what its users saw."""
    return {"way": way, "policy": policy, "streams": streams, **figures}
