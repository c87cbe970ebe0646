"""Weights set by hand: the baseline that every learned weighting has to beat."""

from collections.abc import Mapping
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from models.errors import ConfigError
from models.frozen import Frozen
from models.heads import Head
from models.names import TaskName
from training.weightings.base import Weighting


class FixedConfig(Frozen):
    """A constant a task."""

    kind: Literal["fixed"]
    weights: dict[TaskName, float] = Field(default_factory=dict)
    """By task; 1 where none is given. Zero leaves a task untrained."""

    def build(self, heads: Mapping[str, Head]) -> "Fixed":
        """The weighting for these heads.

        Raises:
            ConfigError: a weight below zero, or for an unknown task.
        """
        unknown = sorted(set(self.weights) - set(heads))
        if unknown:
            raise ConfigError(f"weights name tasks; found {', '.join(unknown)}, none of: {', '.join(heads)}")
        negative = [name for name, weight in self.weights.items() if weight < 0]
        if negative:
            raise ConfigError(f"a weight is zero or more; found one below zero for {', '.join(negative)}")
        return Fixed({name: self.weights.get(name, 1.0) for name in heads})


class Fixed(Weighting):
    """Sum of weight x loss."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        super().__init__()
        self._weights = dict(weights)

    def forward(self, losses: Mapping[str, Tensor]) -> Tensor:
        """The weighted sum of the tasks that have a loss in this batch, a scalar."""
        return torch.stack([self._weights[name] * loss for name, loss in losses.items()]).sum()

    def weights(self) -> dict[str, float]:
        """Current factor of each task's loss."""
        return dict(self._weights)
