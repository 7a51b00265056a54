"""Ray Serve: a proxy and a replica, each a process, under a cluster of one node."""

import ray
from ray import serve
from servers.speech import BATCH, PORT, WAIT_S, load
from starlette.requests import Request


@serve.deployment(max_ongoing_requests=64, logging_config={"enable_access_log": False})
class Transcriber:
    def __init__(self) -> None:
        self.model = load()

    @serve.batch(max_batch_size=BATCH, batch_wait_timeout_s=WAIT_S)
    async def together(self, clips: list[str]) -> list[str]:
        return self.model(clips)

    async def __call__(self, request: Request) -> dict[str, str]:
        clip = (await request.json())["audio"]
        text = await self.together(clip) if BATCH > 1 else self.model([clip])[0]
        return {"text": text}


if __name__ == "__main__":
    ray.init(num_cpus=1, include_dashboard=False)
    serve.start(http_options={"port": PORT})
    serve.run(Transcriber.bind(), route_prefix="/transcribe", blocking=True)
