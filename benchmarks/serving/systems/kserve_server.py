"""KServe's Python server: lists of instances, and for the engine also tensors of the protocol v2."""

from typing import Any
from uuid import uuid4

from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer

from benchmarks.serving.systems.given import given
from benchmarks.serving.systems.predicting import EagerModel, EngineModel

NAME = "serving"
told = given()


class Engine(Model):
    def load(self) -> bool:
        self.model = EngineModel(told.checkpoint)
        self.ready = True
        return self.ready

    async def predict(
        self, payload: InferRequest | dict[str, Any], headers: Any = None, response_headers: Any = None
    ) -> InferResponse | dict[str, Any]:
        if isinstance(payload, dict):
            asked = payload["instances"][0]
            return {"predictions": self.model.predict(asked["context"], asked["candidates"])}
        answers = self.model.predict_tensors({each.name: each.data for each in payload.inputs})
        outputs = []
        for field, values in answers.items():
            output = InferOutput(name=field, shape=list(values.shape), datatype="FP32")
            output.set_data_from_numpy(values, binary_data=False)
            outputs.append(output)
        return InferResponse(response_id=payload.id or uuid4().hex, model_name=NAME, infer_outputs=outputs)


class AsWritten(Model):
    def load(self) -> bool:
        self.model = EagerModel(told.checkpoint)
        self.ready = True
        return self.ready

    def predict(self, payload: dict[str, Any], headers: Any = None, response_headers: Any = None) -> dict[str, Any]:
        return {"predictions": self.model.predict(payload["instances"])}


if __name__ == "__main__":
    model = Engine(NAME) if told.same_engine else AsWritten(NAME)
    model.load()
    ModelServer(http_port=told.port, enable_grpc=False, workers=1, access_log_format=None).start([model])
