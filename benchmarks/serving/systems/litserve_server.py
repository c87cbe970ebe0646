"""LitServe: one worker and one API server."""

from typing import Any

import litserve

from benchmarks.serving.systems.given import Given, given
from benchmarks.serving.systems.predicting import Answers, EagerModel, EngineModel


class Engine(litserve.LitAPI):
    told: Given

    def setup(self, device: str) -> None:
        self.model = EngineModel(self.told.checkpoint)

    def decode_request(self, request: dict[str, Any]) -> dict[str, Any]:
        return request

    def predict(self, request: dict[str, Any]) -> Answers:
        return self.model.predict(request["context"], request["candidates"])

    def encode_response(self, output: Answers) -> dict[str, Answers]:
        return {"predictions": output}


class AsWritten(litserve.LitAPI):
    told: Given

    def setup(self, device: str) -> None:
        self.model = EagerModel(self.told.checkpoint)

    def decode_request(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        return request["rows"]

    def predict(self, rows: list[dict[str, Any]]) -> Answers:
        return self.model.predict(rows)

    def encode_response(self, output: Answers) -> dict[str, Answers]:
        return {"predictions": output}


if __name__ == "__main__":
    told = given()
    api = Engine() if told.same_engine else AsWritten()
    api.told = told
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1)
    server.run(
        host="127.0.0.1", port=told.port, num_api_servers=1, generate_client_file=False, log_level="warning",
        access_log=False,
    )  # fmt: skip
