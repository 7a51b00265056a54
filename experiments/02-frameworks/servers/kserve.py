"""KServe's Python server, without Kubernetes; Open Inference Protocol."""

import kserve
from kserve import InferOutput, InferRequest, InferResponse
from servers.speech import PORT, load


class Transcriber(kserve.Model):
    def load(self) -> bool:
        self.model, self.ready = load(), True
        return self.ready

    def predict(self, payload: InferRequest, headers=None, response_headers=None):
        texts = self.model(payload.inputs[0].data)
        output = InferOutput("text", [len(texts)], "BYTES", texts)
        return InferResponse(payload.id, self.name, [output])


if __name__ == "__main__":
    model = Transcriber("transcriber")
    model.load()
    server = kserve.ModelServer(
        http_port=PORT, enable_grpc=False, enable_latency_logging=False
    )
    server.start([model])
