"""Several loaded models in one budget of memory, and who goes when one more comes.

All state belongs to the event loop, so nothing is locked. Loading goes on elsewhere:
with lanes, `load` makes one and waits until it is warm, `unload` is `Lane.leave`.
"""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Coroutine,
    Iterable,
    Mapping,
)
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from earshot.models.manifest import Model, ModelError, find

Loaded = TypeVar("Loaded")


class NoRoom(ModelError):
    """A model does not fit beside those that can't go."""


def sizes(models: Mapping[str, Model], measured: Mapping[str, int]) -> dict[str, int]:
    """Bytes of memory by model: as measured, or of its files where nobody measured."""
    return {id: measured.get(id, model.bytes) for id, model in models.items()}


@dataclass(eq=False)
class Place(Generic[Loaded]):
    """A model that is loaded or being loaded, and how many use it or wait."""

    loading: asyncio.Task[Loaded]
    users: int = 0

    @property
    def idle(self) -> bool:
        """Whether nobody would miss it at this moment."""
        return not self.users and self.loading.done()


class Shelf(Generic[Loaded]):
    """Models that stay loaded as long as nobody needs their room.

    `sizes` has the bytes of every model there is; those loaded or being loaded
    never come to more than `budget`. The `pinned` have their room from the start
    and stay once they are loaded. Raises `NoRoom` when they alone are too many.
    """

    def __init__(
        self,
        budget: int,
        sizes: Mapping[str, int],
        load: Callable[[str], Coroutine[Any, Any, Loaded]],
        unload: Callable[[Loaded], None],
        pinned: Collection[str] = (),
    ) -> None:
        self.budget, self._sizes, self._pinned = budget, sizes, frozenset(pinned)
        self._load, self._unload = load, unload
        self._places: dict[str, Place[Loaded]] = {}  # least recently used first
        if (need := self._bytes(self._pinned)) > budget:
            raise NoRoom(f"pins need {mb(need)} of a budget of {mb(budget)}; pin fewer")

    # --8<-- [start:shelf]
    @asynccontextmanager
    async def lease(self, id: str) -> AsyncIterator[Loaded]:
        """The model `id`, which stays loaded until the lease is over.

        Raises `NoRoom` where it doesn't fit, which leaves all as it was,
        `ModelError` for one that isn't known, and what loading it raises.
        """
        place = self._places.get(id) or self._begin(id)
        place.users += 1
        try:
            yield await asyncio.shield(place.loading)
        finally:
            place.users -= 1
            if self._places.get(id) is place:
                self._places[id] = self._places.pop(id)  # the last to go

    def _begin(self, id: str) -> Place[Loaded]:
        """Make room for a model, and start to load it."""
        for other in self._leaving(id):
            self._unload(self._places.pop(other).loading.result())
        self._places[id] = Place(asyncio.create_task(self._fill(id)))
        return self._places[id]

    def _leaving(self, id: str) -> list[str]:
        """Those that nobody uses, as far as a model needs their room."""
        kept = {id, *self._places, *self._pinned}
        need, leaving = self._bytes(kept) - self.budget, []
        for other, place in self._places.items():
            if need > 0 and place.idle and other not in self._pinned:
                leaving.append(other)
                need -= self._sizes[other]
        if need > 0:
            raise NoRoom(self._refusal(id))
        return leaving

    # --8<-- [end:shelf]
    async def _fill(self, id: str) -> Loaded:
        """Load a model; if that fails, whoever comes next tries anew."""
        try:
            return await self._load(id)
        except BaseException:
            del self._places[id]
            raise

    def _refusal(self, id: str) -> str:
        need, budget = self._bytes(self._pinned | {id}), mb(self.budget)
        if need > self.budget:
            pinned = ", with the pinned ones," if self._pinned else ""
            return f"{id}{pinned} needs {mb(need)} of a budget of {budget}; raise it"
        used = ", ".join(one for one, place in self._places.items() if not place.idle)
        return f"no room for {id} in {budget} beside {used}, in use; ask again later"

    def _bytes(self, ids: Iterable[str]) -> int:
        return sum(find(id, self._sizes) for id in ids)


def mb(size: int) -> str:
    """Bytes as megabytes."""
    return f"{size / 1e6:.0f} MB"
