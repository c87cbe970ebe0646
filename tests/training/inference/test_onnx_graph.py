"""What leaves PyTorch is the same function, says nothing of the machine, and is the same bytes each time."""

import onnx
import pytest
import torch
from torch import Tensor, nn

from models.inference.engines.by_onnx import OnnxRunner
from training.inference.onnx_graph import onnx_graph, serialised


class Probability(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(x)


class OfItsRows(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * len(x)


def test_a_small_probability_is_as_exact_as_a_large_one() -> None:
    logits = torch.linspace(-80, 80, 801).unsqueeze(1)
    found = OnnxRunner(serialised(onnx_graph(Probability(), [logits])))(logits)
    assert found == pytest.approx(torch.sigmoid(logits).numpy(), rel=1e-6)


def test_the_same_graph_is_the_same_bytes_without_a_trace_of_the_code() -> None:
    torch.manual_seed(0)
    graph, rows = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)), torch.zeros(5, 3)
    first, second = (serialised(onnx_graph(graph, [rows])) for _ in range(2))
    assert first == second
    assert not any(node.metadata_props or node.doc_string for node in onnx.load_from_string(first).graph.node)
    assert b"/" not in first.replace(b"aten", b"")


def test_a_graph_of_so_many_rows_and_no_other_is_refused() -> None:
    with pytest.raises(RuntimeError, match="any number of rows"):
        onnx_graph(OfItsRows(), [torch.ones(5, 3)])
