"""Weights that make all tasks pull alike at what they share, and harder those that learn more slowly.

Chen, Badrinarayanan, Lee, Rabinovich, "GradNorm: Gradient Normalization for Adaptive Loss Balancing in Deep
Multitask Networks", ICML 2018, https://arxiv.org/abs/1711.02257, equations 1 and 2 and algorithm 1, for K tasks:

    loss of the weights = sum_k | G_k - mean(G) r_k^alpha |       G_k = w_k n_k
    r_k = (L_k / first L_k) / mean over tasks of the same

n_k is the norm of the gradient of the loss L_k, and the target mean(G) r_k^alpha counts as a constant. The paper takes
n_k by the last shared layer's weights; we take it by what that layer computes, which is the same thing to all layers
below and costs no pass through them (Sener and Koltun 2018 do so too, https://arxiv.org/abs/1810.04650).

The paper moves w and scales it back to the sum K. Here w = K softmax(z), which is positive and has that sum by
construction, and z has the gradient w_k (p_k - sum_j w_j p_j / K) with p_k = sign(G_k - target_k) n_k.
"""

from collections.abc import Mapping
from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor

from models.frozen import Frozen
from models.heads import Head
from training.objective import Objective
from training.weightings.base import Weighting
from training.weightings.logits import TaskLogits
from training.weightings.pulls import pulls


class GradNormConfig(Frozen):
    """Gradients of equal size on the shared representation; slow tasks larger ones."""

    kind: Literal["gradnorm"]
    alpha: float = Field(default=1.5, ge=0)
    """How much harder a task pulls that learns more slowly than the others; 0 makes all pull alike. The paper's is 1.5
    for tasks that differ much, and 0.12 for tasks that are much alike."""

    def build(self, heads: Mapping[str, Head]) -> "GradNorm":
        """The weighting for these heads."""
        return GradNorm(heads, self.alpha)


class GradNorm(Weighting):
    """Sum of weight x loss, the weights moved by the optimizer group `weighting`."""

    def __init__(self, tasks: Mapping[str, object], alpha: float) -> None:
        super().__init__()
        self._alpha = alpha
        self.logits = TaskLogits(tasks)
        self._first: dict[str, float] = {}

    def start(self, losses: Mapping[str, Tensor]) -> None:
        """Remember each task's first loss, against which its progress is measured."""
        for name in losses.keys() - self._first.keys():
            if losses[name] > 0:
                self._first[name] = losses[name].item()

    def forward(self, losses: Mapping[str, Tensor]) -> Tensor:
        """The weighted sum of the tasks that have a loss in this batch, a scalar; no gradient reaches the weights."""
        return self._weights_of(list(losses)) @ torch.stack(list(losses.values()))

    def backward(self, objective: Objective) -> None:
        """Leave gradients in the network by the current weights, and in the weights by how the tasks pull."""
        names = list(objective.losses)
        losses = torch.stack([loss.detach() for loss in objective.losses.values()])
        self.logits.leave_gradient(names, self._gradient(names, losses, pulls(objective).norm(dim=1)))
        super().backward(objective)

    def _gradient(self, names: list[str], losses: Tensor, norms: Tensor) -> Tensor:
        """Gradient of the weights' loss by the logits, [tasks]; norms are those of the unweighted losses, [tasks]."""
        weights = self._weights_of(names)
        progress = losses / torch.tensor([self._first.get(name, 1.0) for name in names]).to(losses)
        sizes = weights * norms
        target = sizes.mean() * (progress / progress.mean()) ** self._alpha
        push = torch.sign(sizes - target) * norms
        return weights * (push - (weights * push).mean())

    def _weights_of(self, names: list[str]) -> Tensor:
        """Weights of the tasks that are present, [tasks]; their sum is their number."""
        return self.logits.shares(names) * len(names)

    def weights(self) -> dict[str, float]:
        """Current factor of each task's loss in a batch that has all tasks; their sum is the number of tasks."""
        return dict(zip(self.logits.tasks, self._weights_of(list(self.logits.tasks)).tolist(), strict=True))

    def memory(self) -> dict[str, Any]:
        """Each task's first loss."""
        return {"first": dict(self._first)}

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Remember what `memory` gave."""
        self._first = dict(memory["first"])
