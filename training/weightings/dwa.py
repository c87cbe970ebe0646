"""Weights by how fast each loss fell of late: a task that stands still counts more.

Liu, Johns, Davison, "End-to-End Multi-Task Learning with Attention", CVPR 2019, https://arxiv.org/abs/1803.10704,
section 3.4 (dynamic weight average), for K tasks and a temperature T:

    weight_k = K softmax(r / T)_k      r_k = mean loss of the last window / mean loss of the window before it

The paper's windows are epochs, of which it makes two hundred. We make one to three, so a window is a number of steps.
Until two windows are full all weights are 1, and a ratio knows nothing of a loss's unit: on losses of different units
these weights are as lopsided as equal ones.
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


class DwaConfig(Frozen):
    """Dynamic weight average: tasks whose loss falls slowly count more."""

    kind: Literal["dwa"]
    interval_steps: int = Field(default=100, ge=1)
    """Steps of a window; weights follow the ratio of the mean losses of the last two."""
    temperature: float = Field(default=2.0, gt=0)
    """Large: nearly equal weights. The paper's is 2."""

    def build(self, heads: Mapping[str, Head]) -> "Dwa":
        """The weighting for these heads."""
        return Dwa(heads, self.interval_steps, self.temperature)


class Dwa(Weighting):
    """Sum of weight x loss, with new weights after each window of steps."""

    def __init__(self, tasks: Mapping[str, object], interval_steps: int, temperature: float) -> None:
        super().__init__()
        self._interval_steps = interval_steps
        self._temperature = temperature
        self._weights = dict.fromkeys(tasks, 1.0)
        self._before: dict[str, float] = {}
        self._seen: dict[str, list[Tensor]] = {name: [] for name in tasks}
        self._num_steps = 0

    def forward(self, losses: Mapping[str, Tensor]) -> Tensor:
        """The weighted sum of the tasks that have a loss in this batch, a scalar."""
        return torch.stack([self._weights[name] * loss for name, loss in losses.items()]).sum()

    def backward(self, objective: Objective) -> None:
        """Leave gradients by the weights of the windows before, and see this step's losses."""
        super().backward(objective)
        for name, loss in objective.losses.items():
            self._seen[name].append(loss.detach())
        self._num_steps += 1
        if self._num_steps % self._interval_steps == 0:
            self._close_window()

    def _close_window(self) -> None:
        """New weights from the window that is full; a task without a loss in it has the ratio 1."""
        now = {name: float(torch.stack(seen).mean()) for name, seen in self._seen.items() if seen}
        if self._before:
            ratios = [_ratio(now.get(name), self._before.get(name)) for name in self._weights]
            shares = torch.softmax(torch.tensor(ratios, dtype=torch.float64) / self._temperature, dim=0)
            self._weights = dict(zip(self._weights, (shares * len(ratios)).tolist(), strict=True))
        self._before |= now
        self._seen = {name: [] for name in self._seen}

    def weights(self) -> dict[str, float]:
        """Current factor of each task's loss; their sum is the number of tasks."""
        return dict(self._weights)

    def memory(self) -> dict[str, Any]:
        """The weights, the last window's means, and the losses of the one that is open."""
        return {"weights": self._weights, "before": self._before, "seen": self._seen, "num_steps": self._num_steps}

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Remember what `memory` gave."""
        self._weights, self._before = dict(memory["weights"]), dict(memory["before"])
        self._seen = {name: [loss.clone() for loss in seen] for name, seen in memory["seen"].items()}
        self._num_steps = memory["num_steps"]


def _ratio(now: float | None, before: float | None) -> float:
    return now / before if now is not None and before else 1.0
