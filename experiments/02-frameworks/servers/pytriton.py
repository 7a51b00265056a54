"""PyTriton: Triton, in C++, calls back into this process; Open Inference Protocol."""

import numpy as np
from pytriton.decorators import batch
from pytriton.model_config import DynamicBatcher, ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig
from servers.speech import BATCH, PORT, WAIT_S, load

model = load()


@batch
def transcribe(audio: np.ndarray) -> dict[str, np.ndarray]:
    texts = model([clip.decode() for clip in audio[:, 0]])
    return {"text": np.array([[text.encode()] for text in texts])}


if __name__ == "__main__":
    delay = DynamicBatcher(max_queue_delay_microseconds=round(1e6 * WAIT_S))
    ports = TritonConfig(http_port=PORT, grpc_port=PORT + 1, metrics_port=PORT + 2)
    with Triton(config=ports) as triton:
        triton.bind(
            model_name="transcriber",
            infer_func=transcribe,
            inputs=[Tensor(name="audio", dtype=bytes, shape=(1,))],
            outputs=[Tensor(name="text", dtype=bytes, shape=(1,))],
            config=ModelConfig(max_batch_size=BATCH, batcher=delay),
        )
        triton.serve()
