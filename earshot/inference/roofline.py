"""How fast a machine could run a graph at best, and which limit it meets first.

Either the arithmetic takes longer or the fetching of weights and activations,
and every call has its overhead. The model: Williams, Waterman and Patterson,
"Roofline", CACM 52(4), 2009, https://doi.org/10.1145/1498765.1498785
"""

from __future__ import annotations

from dataclasses import dataclass


# --8<-- [start:roofline]
@dataclass(frozen=True)
class Machine:
    """What a machine does at most: operations and bytes a second, s before a call."""

    flops_per_s: float
    bytes_per_s: float
    overhead_s: float = 0.0

    @property
    def ridge(self) -> float:
        """Operations a byte from which on arithmetic is the limit."""
        return self.flops_per_s / self.bytes_per_s


@dataclass(frozen=True)
class Work:
    """What a call asks for: weights once, operations and bytes for each item."""

    weight_bytes: float
    item_flops: float
    item_bytes: float = 0.0

    def intensity(self, items: int) -> float:
        """Operations a byte in a call with so many items; it grows with them."""
        return items * self.item_flops / self.moved(items)

    def moved(self, items: int) -> float:
        """Bytes that a call with so many items fetches."""
        return self.weight_bytes + items * self.item_bytes


# --8<-- [start:bound]
def seconds(machine: Machine, work: Work, items: int) -> float:
    """The least time of a call, overhead included.

    The greater of operations / peak and bytes / bandwidth.
    """
    arithmetic = items * work.item_flops / machine.flops_per_s
    fetching = work.moved(items) / machine.bytes_per_s
    return max(arithmetic, fetching) + machine.overhead_s


def knee(machine: Machine, work: Work) -> float:
    """Items from which on arithmetic is the limit and more gain nothing.

    n where n flops / peak = (weights + n bytes) / bandwidth; infinite
    where the items' own bytes take longer than their arithmetic.
    """
    spare = work.item_flops / machine.ridge - work.item_bytes
    return work.weight_bytes / spare if spare > 0 else float("inf")


# --8<-- [end:bound]
# --8<-- [end:roofline]
