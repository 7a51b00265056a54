"""MLServer: a runtime class, in a process of its own; Open Inference Protocol."""

import asyncio

from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.codecs import StringCodec
from mlserver.types import InferenceRequest, InferenceResponse
from servers.speech import BATCH, PORT, WAIT_S, load


class Transcriber(MLModel):
    async def load(self) -> bool:
        self.model = load()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        clips = StringCodec.decode_input(payload.inputs[0])
        texts = StringCodec.encode_output("text", self.model(clips))
        return InferenceResponse(model_name=self.name, outputs=[texts])


async def main() -> None:
    batching = {"max_batch_size": BATCH, "max_batch_time": WAIT_S} if BATCH > 1 else {}
    model = ModelSettings(name="transcriber", implementation=Transcriber, **batching)
    ports = {"http_port": PORT, "grpc_port": PORT + 1, "metrics_port": PORT + 2}
    await MLServer(Settings(debug=False, **ports)).start([model])


if __name__ == "__main__":
    asyncio.run(main())
