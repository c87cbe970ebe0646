"""Products in 8 bits: which are rounded, and that no processor has to round them otherwise."""

from collections.abc import Sequence

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from models.inference.engines.by_onnx import OnnxRunner
from training.inference.int8 import LARGEST_WEIGHT, in_int8
from training.inference.onnx_graph import onnx_graph, serialised


class Experts(nn.Module):
    """Two experts on parts of one hidden layer, and a small layer at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(128, 256)
        self.deeper = nn.ModuleList(nn.Linear(128, 128) for _ in range(2))
        self.last = nn.Linear(256, 3)

    def forward(self, x: Tensor) -> Tensor:
        parts = torch.relu(self.first(x)).chunk(2, dim=1)
        found = [torch.relu(layer(part)) for layer, part in zip(self.deeper, parts, strict=True)]
        last: Tensor = self.last(torch.cat(found, dim=1))
        return last


def rounded(spread: Sequence[float] = (1.0,)) -> tuple[Experts, onnx.ModelProto, Tensor]:
    """The graph, the same in 8 bits, and rows whose columns differ in their spread."""
    torch.manual_seed(0)
    graph, rows = Experts(), torch.randn(300, 128) * torch.tensor(spread).repeat(128 // len(spread))
    with torch.no_grad():
        graph.first.weight /= torch.tensor(spread).repeat(128 // len(spread))
    model = onnx_graph(graph, [rows])
    return graph, in_int8(model, [[rows[part].numpy()] for part in torch.arange(300).split(100)]), rows


def count(model: onnx.ModelProto, op_type: str) -> int:
    return sum(node.op_type == op_type for node in model.graph.node)


def test_large_products_are_rounded_and_small_ones_are_not() -> None:
    _, model, _ = rounded()
    assert count(model, "MatMulIntegerToFloat") == 3
    assert count(model, "Gemm") + count(model, "MatMul") == 1


def test_what_several_products_read_is_rounded_once_and_the_relu_with_it() -> None:
    _, model, _ = rounded()
    assert count(model, "QuantizeLinear") == 2
    assert count(model, "Relu") == 2


def test_columns_of_any_spread_keep_their_digits() -> None:
    """With one scale for all columns the small ones would be rounded away."""
    graph, model, rows = rounded((1.0, 1e-3, 1e3, 1e-2))
    with torch.no_grad():
        expected = graph(rows).numpy()
    found = OnnxRunner(serialised(model))(rows)
    assert np.abs(found - expected).mean() < 0.03 * expected.std()


def test_two_products_fit_into_sixteen_bits() -> None:
    """Where a processor has no instruction for 8 bits, ONNX Runtime adds two products in 16; beyond, they saturate."""
    _, model, _ = rounded()
    integers = [each for each in model.graph.initializer if each.data_type == onnx.TensorProto.INT8]
    weights = [numpy_helper.to_array(each) for each in integers]
    assert len(weights) == 3
    for held in weights:
        assert np.abs(held.astype(int)).max() == pytest.approx(LARGEST_WEIGHT, abs=1)
        assert 2 * 255 * np.abs(held.astype(int)).max() < 2**15
