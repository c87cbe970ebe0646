"""Weights that let the logarithms of all losses fall alike, learned from what each step did to them.

Liu, Feng, Stone, Liu, "FAMO: Fast Adaptive Multitask Optimization", NeurIPS 2023,
https://arxiv.org/abs/2306.03792, algorithm 1. With z = softmax(xi) over the tasks:

    total = c sum_k z_k log L_k                    c = 1 / sum_k (z_k / L_k), a constant
    gradient of xi = J' d + gamma xi               d_k = log L_k before the step - log L_k after it, J of the softmax

So a task whose loss fell more than the others' loses weight. c makes the factors z_k c / L_k sum to 1; ours sum to the
number of tasks in the batch, so that 1 means the same as in equal weights. No gradient of a single task is needed, only
a second forward pass over the same rows. A logarithm has no unit: neither have the factors' ratios to 1 / L.
"""

from collections.abc import Mapping
from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor

from models.frozen import Frozen
from models.heads import Head
from training.weightings.base import Weighting
from training.weightings.logits import TaskLogits

SMALLEST_LOSS = 1e-8
"""A logarithm needs a loss above zero."""


class FamoConfig(Frozen):
    """Fast adaptive multitask optimization: all losses fall at the same relative speed."""

    kind: Literal["famo"]
    decay: float = Field(default=1e-3, ge=0)
    """How strongly the logits are pulled to zero, the paper's gamma: towards weights of 1 / loss."""

    def build(self, heads: Mapping[str, Head]) -> "Famo":
        """The weighting for these heads."""
        return Famo(heads, self.decay)


class Famo(Weighting):
    """Weighted sum of log losses; the optimizer group `weighting` moves the logits after the network's step."""

    looks_again = True

    def __init__(self, tasks: Mapping[str, object], decay: float) -> None:
        super().__init__()
        self._decay = decay
        self.logits = TaskLogits(tasks)
        self._before: dict[str, Tensor] = {}
        self._weights = dict.fromkeys(tasks, torch.ones(()))

    def forward(self, losses: Mapping[str, Tensor]) -> Tensor:
        """The weighted sum of the log losses of the tasks in this batch, a scalar."""
        names, values = list(losses), _bounded(losses)
        shares = self.logits.shares(names)
        scale = len(names) / (shares / values.detach()).sum()
        factors = scale * shares / values.detach()
        self._before = dict(zip(names, values.detach().unbind(), strict=True))
        self._weights |= dict(zip(names, factors.unbind(), strict=True))
        return scale * (shares @ torch.log(values))

    def look_again(self, losses: Mapping[str, Tensor]) -> None:
        """See how far each loss fell, and leave gradients in the logits of the tasks in this batch."""
        names = [name for name in losses if name in self._before]
        if not names:
            return
        before = torch.stack([self._before[name] for name in names])
        fallen = torch.log(before) - torch.log(_bounded({name: losses[name].detach() for name in names}))
        shares = self.logits.shares(names)
        gradient = shares * (fallen - shares @ fallen)
        self.logits.leave_gradient(names, gradient + self._decay * self.logits.of(names))

    def weights(self) -> dict[str, float]:
        """Factor of each task's loss in the last batch that had one."""
        return {name: float(weight) for name, weight in self._weights.items()}

    def memory(self) -> dict[str, Any]:
        """Factors of the last batch that had a task; its losses are used up when its step is over."""
        return {"weights": self._weights}

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Remember what `memory` gave."""
        self._weights = {name: weight.clone() for name, weight in memory["weights"].items()}


def _bounded(losses: Mapping[str, Tensor]) -> Tensor:
    return torch.stack(list(losses.values())) + SMALLEST_LOSS
