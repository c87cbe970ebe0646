"""Between which values the inputs of products lie, column by column, on held-out rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

Values = NDArray[np.float32]


@dataclass(frozen=True)
class Range:
    """The smallest and the largest value of each column, [width]."""

    low: Values
    high: Values

    @property
    def is_rectified(self) -> bool:
        """Whether no value is below zero, as after a ReLU."""
        return bool((self.low >= 0).all())

    @property
    def reach(self) -> Values:
        """The largest distance from zero, [width]; 1 where a column is zero always."""
        reach = np.maximum(np.abs(self.low), np.abs(self.high))
        return np.where(reach > 0, reach, 1).astype(np.float32)


def ranges_of(model: onnx.ModelProto, tensors: Sequence[str], batches: Iterable[Sequence[Values]]) -> dict[str, Range]:
    """The range of each tensor, [..., width], over all batches.

    Args:
        model: in float32.
        tensors: inputs of the model, or what one of its nodes makes.
        batches: the model's inputs, in its order.
    """
    given = [each.name for each in model.graph.input]
    made = [name for name in dict.fromkeys(tensors) if name not in given]
    opened = onnx.ModelProto()
    opened.CopyFrom(model)
    opened.graph.output.extend(onnx.ValueInfoProto(name=name) for name in made)
    session = onnxruntime.InferenceSession(opened.SerializeToString(), providers=["CPUExecutionProvider"])
    found: dict[str, Range] = {}
    for batch in batches:
        inputs = dict(zip(given, batch, strict=True))
        for name, values in [*inputs.items(), *zip(made, session.run(made, inputs) if made else [], strict=True)]:
            found[name] = _widened(found.get(name), values.reshape(-1, values.shape[-1]))
    return {name: found[name] for name in tensors}


def _widened(before: Range | None, values: Values) -> Range:
    low, high = values.min(axis=0), values.max(axis=0)
    return Range(low, high) if before is None else Range(np.minimum(before.low, low), np.maximum(before.high, high))
