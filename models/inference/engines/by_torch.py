"""Runs a graph by PyTorch, in float32 or with the large products in bfloat16."""

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.inference.engines.names import Precision
from models.inference.engines.runner import PredictedRows
from models.inference.reading import Added

SMALLEST_PRODUCT = 2**14
"""Weights from which a layer's product is rounded: smaller ones cost nothing, and the last layers decide the answer."""


class TorchRunner:
    """A graph under inference mode."""

    def __init__(self, graph: nn.Module, precision: Precision = "float32") -> None:
        self._graph = graph.eval() if precision == "float32" else in_bfloat16(graph.eval())

    @torch.inference_mode()
    def __call__(self, *inputs: Tensor) -> PredictedRows:
        """The graph's predictions, [rows, fields]."""
        predictions: PredictedRows = self._graph(*inputs).numpy()
        return predictions


class RoundedLinear(nn.Module):
    """A linear layer whose product is of bfloat16 numbers, with sums and results of 32 bits."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.weight = nn.Parameter(layer.weight.detach().bfloat16(), requires_grad=False)
        self.bias = None if layer.bias is None else nn.Parameter(layer.bias.detach().bfloat16(), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """The layer's units, [..., units]."""
        return functional.linear(x.bfloat16(), self.weight, self.bias).to(x.dtype)


class RoundedAdded(nn.Module):
    """The same of a product that is added to what the context gives."""

    def __init__(self, layer: Added) -> None:
        super().__init__()
        self.weight = nn.Parameter(layer.weight.detach().bfloat16(), requires_grad=False)

    def forward(self, units: Tensor, x: Tensor) -> Tensor:
        """The sum, [batch, units]."""
        return units + (x.bfloat16() @ self.weight).to(x.dtype)


def in_bfloat16(graph: nn.Module) -> nn.Module:
    """A copy of the graph whose large products are rounded."""
    copied = deepcopy(graph)
    for module in list(copied.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Linear | Added) and child.weight.numel() >= SMALLEST_PRODUCT:
                setattr(module, name, RoundedLinear(child) if isinstance(child, nn.Linear) else RoundedAdded(child))
    return copied
