"""The layers that read a graph's input, in two parts: W [c; i] = Wc c + Wi i, and Wc c is computed once."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.inference.layers import linear, side_by_side


@dataclass(frozen=True)
class InputColumns:
    """Which columns of the network's input the context gives, and which each candidate, in their order."""

    context: tuple[int, ...]
    candidates: tuple[int, ...]


class ReadingInParts(nn.Module):
    """Some linear layers on a context and its candidates.

    Args:
        layers: that read whole rows, one or more.
        columns: of whole rows, by part.
    """

    def __init__(self, layers: Sequence[nn.Linear], columns: InputColumns) -> None:
        super().__init__()
        whole = side_by_side(layers)
        self.of_context = linear(whole.weight[:, columns.context], whole.bias)
        self.widths = [layer.out_features for layer in layers]
        self.of_candidates = nn.ModuleList(Added(layer.weight[:, columns.candidates]) for layer in layers)

    def forward(self, c: Tensor, i: Tensor) -> list[Tensor]:
        """Each layer's units, [batch, units].

        Args:
            c: [1, context width].
            i: [batch, candidate width].
        """
        context = torch.split(self.of_context(c), self.widths, dim=1)
        return [added(each, i) for added, each in zip(self.of_candidates, context, strict=True)]


class Added(nn.Module):
    """A product that is added to the same units for all rows."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight.detach().t().contiguous())  # [width, units]

    def forward(self, units: Tensor, x: Tensor) -> Tensor:
        """The sum, [batch, units]."""
        return torch.addmm(units, x, self.weight)
