"""Many streams at once, each at its own pace whatever the server does.

The load is open: a slow answer delays no packet. How late the client itself was
is measured too, since a late client blames the server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from time import monotonic

from earshot.api.messages import Config
from earshot.client.errors import ClientError, Refused
from earshot.client.meter import Meter, Tally
from earshot.client.packets import Packet
from earshot.client.player import converse
from earshot.client.report import Figures, figures, pooled
from earshot.client.stream import Client
from earshot.client.watch import ServerUse, Watch, server_use

LATE_S = 0.02
"""A client with packets later than this at p95 is the bottleneck itself."""


# --8<-- [start:plan]
@dataclass(frozen=True)
class Plan:
    """So many streams of the same packets, begun `spacing` seconds apart.

    The packets are played once, or over and over for `seconds` of audio.
    """

    url: str
    config: Config
    packets: Sequence[Packet]
    streams: int
    spacing: float = 0.37
    seconds: float | None = None

    def audio(self) -> Iterator[Packet]:
        """The packets of one stream."""
        if self.seconds is None:
            yield from self.packets
            return
        left_ms = 1000 * self.seconds
        for packet in cycle(self.packets):
            if left_ms <= 0:
                return
            left_ms -= packet.ms
            yield packet


# --8<-- [end:plan]
@dataclass(frozen=True)
class LoadReport:
    """What a load came to: of all streams together, of each, and of the server."""

    url: str
    codec: str
    packet_ms: float
    streams: int
    spacing_s: float
    overall: Figures
    each: tuple[Figures, ...]
    server: ServerUse | None

    @property
    def late(self) -> bool:
        """Whether the client was the bottleneck."""
        late = self.overall.late_s
        return late is not None and late.p95 > LATE_S


# --8<-- [start:load]
async def load(plan: Plan) -> LoadReport:
    """Run a plan; a stream that fails is one of the problems reported.

    Raises `ClientError` where no stream at all could send audio.
    """
    waits = [number * plan.spacing for number in range(plan.streams)]
    async with Watch(plan.url) as watch:
        results = await asyncio.gather(*(one(plan, wait) for wait in waits))
    tallies = [tally for tally, _ in results]
    total = pooled(tallies)
    errors = [error for _, error in results if error]
    if errors and not total.audio_s:
        raise errors[0]
    return LoadReport(
        url=plan.url,
        codec=plan.config.codec,
        packet_ms=plan.packets[0].ms,
        streams=plan.streams,
        spacing_s=plan.spacing,
        overall=figures(total),
        each=tuple(map(figures, tallies)),
        server=server_use(watch.readings, total.audio_s),
    )


async def one(plan: Plan, wait: float) -> tuple[Tally, ClientError | None]:
    """One stream's measurements, and what it failed of."""
    await asyncio.sleep(wait)
    meter = Meter(monotonic())
    try:
        async with Client(plan.url, plan.config) as client:
            await converse(client, plan.audio(), meter)
    except ClientError as error:
        kind = type(error).__name__
        code = error.code if isinstance(error, Refused) else kind
        meter.tally.problems[f"stream failed: {code}"] += 1
        return meter.tally, error
    return meter.tally, None


# --8<-- [end:load]
