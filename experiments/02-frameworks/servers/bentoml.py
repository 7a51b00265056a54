"""BentoML: a service class; its batcher learns how long to wait."""

import bentoml
from servers.speech import BATCH, PORT, load

batching = {"batchable": True, "max_batch_size": BATCH} if BATCH > 1 else {}


@bentoml.service(logging={"access": {"enabled": False}})
class Transcriber:
    def __init__(self) -> None:
        self.model = load()

    @bentoml.api(**batching)
    def transcribe(self, audio: list[str]) -> list[str]:
        return self.model(audio)


if __name__ == "__main__":
    bentoml.serve("servers.bentoml:Transcriber", port=PORT, blocking=True)
