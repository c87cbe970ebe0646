"""Layers of extraction: in the lowest one all branches read the same, above it each reads what its gate mixed below.

Gates are over all experts of their layer, and those that one does not see have no weight, so a layer's mixtures are one
product.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.inference.layers import side_by_side
from models.inference.trunks.bank import Bank, firsts_of, mixed, seeing
from models.inference.trunks.base import Twin
from models.inference.trunks.cross import front
from models.mlp import Mlp
from models.trunks import Ple
from models.trunks.ple import Extraction


class ExtractionLayers(Twin):
    """The twin of `Ple`."""

    def __init__(self, trunk: Ple) -> None:
        lowest, *upper = trunk.layers
        assert isinstance(lowest, Extraction)
        experts = [expert for own in _experts(lowest) for expert in own]
        begun = front(trunk.cross, [*firsts_of(experts), side_by_side(_gates(lowest))])
        super().__init__(begun.readings, needs_rows=begun.needs_rows)
        self.first = begun.first
        self.bank = Bank(experts)
        self.upper = nn.ModuleList(_Upper(layer) for layer in upper)  # type: ignore[arg-type]

    def forward(self, units: list[Tensor], x: Tensor | None) -> list[Tensor]:
        """One representation a task, [batch, width]."""
        *firsts, logits = self.first(units, x)
        branches = mixed(logits, self.bank(firsts))
        for layer in self.upper:
            branches = layer(branches)
        return branches


class _Upper(nn.Module):
    """A layer of which each branch has an input of its own."""

    def __init__(self, layer: Extraction) -> None:
        super().__init__()
        experts = _experts(layer)
        self.branches = [branch for branch, own in enumerate(experts) for _ in own]
        self.firsts = nn.ModuleList(first for own in experts for first in firsts_of(own))
        self.bank = Bank([expert for own in experts for expert in own])
        self.gates = nn.ModuleList(_gates(layer))

    def forward(self, branches: Sequence[Tensor]) -> list[Tensor]:
        units = [first(branches[branch]) for first, branch in zip(self.firsts, self.branches, strict=True)]
        logits = [gate(x) for gate, x in zip(self.gates, branches, strict=False)]
        return mixed(torch.cat(logits, dim=1), self.bank(units))


def _experts(layer: Extraction) -> list[list[Mlp]]:
    """The layer's experts by branch."""
    return [[*own] for own in layer.experts]  # type: ignore[misc]


def _gates(layer: Extraction) -> list[nn.Linear]:
    """The layer's gates, each over all of its experts: the tasks' own, in their order, and then the shared ones."""
    num_experts, num_shared = sum(layer.counts), layer.counts[-1]
    shared = range(num_experts - num_shared, num_experts)
    gates: list[nn.Linear] = []
    for branch, gate in enumerate(layer.gates):
        start, own = sum(layer.counts[:branch]), layer.counts[branch]
        is_shared = branch == len(layer.counts) - 1
        seen = range(num_experts) if is_shared else [*range(start, start + own), *shared]
        gates.append(seeing(gate, list(seen), num_experts))  # type: ignore[arg-type]
    return gates
