"""Experts that read the same, without their first layers, and the gates that mix them.

A product for each expert and layer, one for all experts and a batched one were measured in ONNX Runtime with four
experts of [256, 128] at 1 to 500 rows: within 3% of each other as products. But units that are cut apart are copied,
which takes another 6% at 100 rows, and a batched product cannot be quantised column by column.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.inference.layers import layers_of, linear, sequential
from models.mlp import Mlp

NEVER = -1e9
"""The logit of an expert that a gate does not see: its weight is exactly zero."""


class Bank(nn.Module):
    """What each expert makes of the units of its first layer."""

    def __init__(self, experts: Sequence[Mlp]) -> None:
        super().__init__()
        layers = [layers_of(expert) for expert in experts]
        self.experts = nn.ModuleList(nn.Sequential(*first.after, *sequential(deeper)) for first, *deeper in layers)

    def forward(self, units: Sequence[Tensor]) -> Tensor:
        """The experts' last layers, [batch, experts, width]."""
        made = [expert(each) for expert, each in zip(self.experts, units, strict=True)]
        return torch.unflatten(torch.cat(made, dim=1), 1, (len(made), -1))


def firsts_of(experts: Sequence[Mlp]) -> list[nn.Linear]:
    """The experts' first layers."""
    return [layers_of(expert)[0].linear for expert in experts]  # type: ignore[misc]


def mixed(logits: Tensor, experts: Tensor) -> list[Tensor]:
    """One mixture of the experts a gate, each [batch, width].

    Args:
        logits: of all gates side by side, [batch, gates x experts].
        experts: [batch, experts, width].
    """
    weights = torch.unflatten(logits, 1, (-1, experts.shape[1])).softmax(dim=2)
    return list(torch.split(torch.bmm(weights, experts).flatten(1), experts.shape[2], dim=1))


def seeing(gate: nn.Linear, positions: Sequence[int], num_experts: int) -> nn.Linear:
    """A gate over the experts at these positions as one over all of them."""
    weight = gate.weight.new_zeros(num_experts, gate.in_features)
    bias = gate.weight.new_full((num_experts,), NEVER)
    weight[list(positions)], bias[list(positions)] = gate.weight.detach(), 0.0
    return linear(weight, bias)
