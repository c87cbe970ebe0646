"""Triton with a Python function behind it by PyTriton, which may put rows together."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pytriton.decorators import batch
from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

from benchmarks.serving.ports import free_port
from benchmarks.serving.systems.given import given
from benchmarks.serving.systems.predicting import EagerModel
from benchmarks.serving.world import ALL_SIZES, is_text

MAX_ROWS = 2_000
told = given()


class AsWritten:
    def __init__(self) -> None:
        self.model = EagerModel(told.checkpoint)

    def __call__(self, **columns: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
        values = {name: _values(name, column.ravel()) for name, column in columns.items()}
        answers = self.model.predict_columns(values, len(next(iter(columns.values()))))
        return {field: answer[:, None] for field, answer in answers.items()}


def _values(name: str, tensor: NDArray[Any]) -> list[object]:
    values = tensor.tolist()
    return [value.decode() for value in values] if is_text(name) else values


def main() -> None:
    function = AsWritten()
    ports = TritonConfig(
        http_address="127.0.0.1", http_port=told.port, grpc_port=free_port(), metrics_port=free_port(), log_verbose=0
    )
    inputs = [Tensor(name=n, dtype=bytes if is_text(n) else np.int64, shape=(1,)) for n in ALL_SIZES]
    outputs = [Tensor(name=field, dtype=np.float32, shape=(1,)) for field in function.model.fields]
    with Triton(config=ports) as triton:
        config = ModelConfig(max_batch_size=MAX_ROWS)
        triton.bind("serving", infer_func=batch(function), inputs=inputs, outputs=outputs, config=config)
        triton.serve()


if __name__ == "__main__":
    main()
