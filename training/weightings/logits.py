"""One logit a task: weights that are positive and have a known sum by construction."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn


class TaskLogits(nn.Module):
    """A scalar parameter a task, so that a task without a loss in a batch is not moved by an optimizer's momentum."""

    def __init__(self, tasks: Iterable[str]) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self._position = {name: position for position, name in enumerate(self.tasks)}
        self.values = nn.ParameterList(nn.Parameter(torch.zeros(())) for _ in self.tasks)

    def shares(self, tasks: Sequence[str]) -> Tensor:
        """Softmax over the logits of these tasks, [tasks], without a graph."""
        return torch.softmax(self.of(tasks), dim=0)

    @torch.no_grad()
    def of(self, tasks: Sequence[str]) -> Tensor:
        """The logits of these tasks, [tasks], without a graph."""
        return torch.stack([self.values[self._position[name]] for name in tasks])

    def leave_gradient(self, tasks: Sequence[str], gradient: Tensor) -> None:
        """Leave a gradient, [tasks], in the parameters of these tasks and in no other."""
        for name, value in zip(tasks, gradient.unbind(), strict=True):
            self.values[self._position[name]].grad = value.clone()
