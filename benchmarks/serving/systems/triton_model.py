"""The model that Triton's Python backend runs within its own process: our engine on whole requests."""

import os
from pathlib import Path
from typing import Any

import triton_python_backend_utils as backend

from benchmarks.serving.systems.predicting import EngineModel
from benchmarks.serving.world import is_text


class TritonPythonModel:
    def initialize(self, args: dict[str, str]) -> None:
        self.model = EngineModel(Path(os.environ["SERVED_CHECKPOINT"]))

    def execute(self, requests: list[Any]) -> list[Any]:
        return [self._answered(request) for request in requests]

    def _answered(self, request: Any) -> Any:
        tensors = {}
        for tensor in request.inputs():
            values = tensor.as_numpy().tolist()
            tensors[tensor.name()] = [value.decode() for value in values] if is_text(tensor.name()) else values
        answers = self.model.predict_tensors(tensors)
        return backend.InferenceResponse([backend.Tensor(field, values) for field, values in answers.items()])
