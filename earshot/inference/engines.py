"""From the name of a model to a recogniser that is ready to be called."""

from __future__ import annotations

from collections.abc import Callable

from earshot.inference.recogniser import Recogniser
from earshot.models.coldstart import PROCESS
from earshot.models.manifest import ModelError
from earshot.models.store import Store


def load(id: str, store: Store, threads: int = 1) -> Recogniser:
    """The recogniser for model `id`, its weights verified, not yet warm.

    Its name is that of the weights' folder, which has their digest in it.
    Raises `ModelError` when the weights are missing, not as pinned, or not
    those of a recogniser. Each engine is imported when it is asked for.
    """
    folder = store.verify(id)
    PROCESS.mark("digests")
    made = _engine(store.models[id].engine, id)
    PROCESS.mark("engine")
    recogniser = made(folder, threads, name=folder.name)
    PROCESS.mark("weights")
    return recogniser


def _engine(engine: str, id: str) -> Callable[..., Recogniser]:
    """The class of an engine, which brings its libraries along."""
    if engine == "moonshine":
        from earshot.inference.moonshine import Moonshine

        return Moonshine
    if engine == "whisper":
        from earshot.inference.whisper import Whisper

        return Whisper
    raise ModelError(f"{id} recognises no words")
