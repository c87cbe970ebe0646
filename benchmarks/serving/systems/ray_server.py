"""Ray Serve: one replica, without the dashboard."""

import time
from pathlib import Path

import ray
from fastapi import FastAPI
from pydantic import BaseModel, create_model
from ray import serve
from starlette.requests import Request

from benchmarks.serving.systems.given import given
from benchmarks.serving.systems.predicting import Answers, EagerModel, EngineModel
from benchmarks.serving.world import ALL_SIZES, is_text

STORE_BYTES = 200 * 2**20
Row: type[BaseModel] = create_model("Row", **{name: (str if is_text(name) else int, ...) for name in ALL_SIZES})
app = FastAPI()


@serve.deployment(num_replicas=1, max_ongoing_requests=100)
class Engine:
    def __init__(self, checkpoint: Path) -> None:
        self.model = EngineModel(checkpoint)

    async def __call__(self, request: Request) -> Answers:
        asked = await request.json()
        return self.model.predict(asked["context"], asked["candidates"])


@serve.deployment(num_replicas=1, max_ongoing_requests=100)
@serve.ingress(app)
class AsWritten:
    def __init__(self, checkpoint: Path) -> None:
        self.model = EagerModel(checkpoint)

    @app.post("/predict")
    def predict(self, rows: list[Row]) -> Answers:
        return self.model.predict([row.model_dump() for row in rows])


def main() -> None:
    told = given()
    ray.init(num_cpus=2, include_dashboard=False, object_store_memory=STORE_BYTES, log_to_driver=False)
    serve.start(http_options={"host": "127.0.0.1", "port": told.port, "access_log": False})
    deployment = Engine if told.same_engine else AsWritten
    serve.run(deployment.bind(told.checkpoint), route_prefix="/predict" if told.same_engine else "/")
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main()
