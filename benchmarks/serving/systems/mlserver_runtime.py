"""MLServer: the runtimes of both ways, which `mlserver start` imports."""

import os
from pathlib import Path

from mlserver import MLModel
from mlserver.codecs import NumpyCodec, PandasCodec
from mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput

from benchmarks.serving.systems.predicting import EagerModel, EngineModel

CHECKPOINT = Path(os.environ["SERVED_CHECKPOINT"])


class Engine(MLModel):
    async def load(self) -> bool:
        self.model = EngineModel(CHECKPOINT)
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        answers = self.model.predict_tensors({each.name: each.data.root for each in payload.inputs})
        outputs = [
            ResponseOutput(name=field, shape=list(values.shape), datatype="FP32", data=values.tolist())
            for field, values in answers.items()
        ]
        return InferenceResponse(model_name=self.name, outputs=outputs)


class AsWritten(MLModel):
    async def load(self) -> bool:
        self.model = EagerModel(CHECKPOINT)
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        rows = self.decode_request(payload, default_codec=PandasCodec)
        answers = self.model.predict_columns({name: rows[name].tolist() for name in rows}, len(rows))
        outputs = [NumpyCodec.encode_output(field, values) for field, values in answers.items()]
        return InferenceResponse(model_name=self.name, outputs=outputs)
