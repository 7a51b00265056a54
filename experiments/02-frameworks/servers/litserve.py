"""LitServe: an HTTP process hands requests to the model's process."""

import litserve
from servers.speech import BATCH, PORT, WAIT_S, load


class Transcriber(litserve.LitAPI):
    def setup(self, device: str) -> None:
        self.model = load()

    def decode_request(self, request: dict[str, str]) -> str:
        return request["audio"]

    def predict(self, audio: str | list[str]) -> str | list[str]:
        return self.model(audio) if BATCH > 1 else self.model([audio])[0]

    def encode_response(self, output: str) -> dict[str, str]:
        return {"text": output}


if __name__ == "__main__":
    api = Transcriber(BATCH, WAIT_S if BATCH > 1 else 0, api_path="/transcribe")
    server = litserve.LitServer(api, accelerator="cpu")
    server.run(port=PORT, generate_client_file=False, log_level="warning")
