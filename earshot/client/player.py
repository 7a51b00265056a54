"""Plays audio to a server as a microphone would, and listens to what comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from time import monotonic

from earshot.api.messages import ServerEvent
from earshot.client.meter import Meter
from earshot.client.packets import Packet
from earshot.client.stream import Client


# --8<-- [start:play]
async def play(
    client: Client,
    packets: Iterable[Packet],
    meter: Meter,
    paced: bool = True,
) -> None:
    """Send each packet once its last sample would be spoken, then close."""
    spoken = monotonic()
    for packet in packets:
        spoken += packet.ms / 1000
        if paced and (early := spoken - monotonic()) > 0:
            await asyncio.sleep(early)
        now = monotonic()
        meter.sent(packet.ms, now, max(now - spoken, 0.0))
        await client.send(packet)
    await client.close()


async def converse(
    client: Client,
    packets: Iterable[Packet],
    meter: Meter,
    show: Callable[[ServerEvent], None] = lambda event: None,
    paced: bool = True,
) -> None:
    """Play until the session ends; raises what reading raises."""
    player = asyncio.create_task(play(client, packets, meter, paced))
    try:
        async for event in client:
            meter.heard(event, monotonic())
            show(event)
    finally:
        player.cancel()
        with suppress(asyncio.CancelledError):
            await player


# --8<-- [end:play]
