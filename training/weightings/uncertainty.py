"""Weights learned as task uncertainty.

Kendall, Gal, Cipolla, "Multi-Task Learning Using Uncertainty to Weigh Losses for Scene Geometry and Semantics",
CVPR 2018, https://arxiv.org/abs/1705.07115, equations 7 and 10, with s = log(sigma^2) as the parameter:

    Gaussian likelihood (mean squared error L):   exp(-s) L / 2 + s / 2
    categorical likelihood (cross-entropy L):     exp(-s) L     + s / 2

At the optimum in s the factor of every loss is 1 / (2 L): the total is half the sum of log L, in which a loss's unit
is only a constant. sigma = exp(s / 2) is then the label's noise: sqrt(L) for a Gaussian, in the unit of the label where
L is in its square, and sqrt(2 L) for a categorical likelihood, whose sigma^2 is a temperature of the logits.

Two things are ours. The losses arrive in units of the base rate's loss, because a rare label's cross-entropy is small
for no merit of the model and would earn it a huge factor. And s starts at its optimum for the first losses: an
optimizer moves s by about its rate a step, so from zero a label in other units takes thousands of steps to reach its
factor.

The paper's labels are all observed. Where few rows have a label, the likelihood of the log, a product over the labels
that were observed, gives that task a small share of what the tasks share (`every = "label"`); by default every task has
its full part (docs/decisions/0005-every-task-counts-alike.md has what was measured).

The total may go below zero; it is nothing to stop or select on.
"""

import math
from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn

from models.frozen import Frozen
from models.heads import Head
from training.objective import Objective
from training.weightings.base import Weighting


class UncertaintyConfig(Frozen):
    """One learned log-variance a task."""

    kind: Literal["uncertainty"] = "uncertainty"
    start: Literal["first_losses", "zero"] = "first_losses"
    """Where s starts; `zero` is the paper's."""
    every: Literal["task", "label"] = "task"
    """What counts alike for what the tasks share: every `task`, however few its rows, or every observed `label`, so
    that a task observed in a tenth of the rows has a tenth of the factor."""

    def build(self, heads: Mapping[str, Head]) -> "Uncertainty":
        """The weighting for these heads."""
        return Uncertainty({name: head.likelihood for name, head in heads.items()}, self.start, self.every)


class Uncertainty(Weighting):
    """Losses weighted by exp(-s), with s / 2 as the price of calling a task noisy."""

    def __init__(
        self,
        likelihoods: Mapping[str, Literal["gaussian", "categorical"]],
        start: Literal["first_losses", "zero"] = "first_losses",
        every: Literal["task", "label"] = "task",
    ) -> None:
        super().__init__()
        self._every = every
        self._shares = dict.fromkeys(likelihoods, 1.0)
        self._scales = {name: 0.5 if kind == "gaussian" else 1.0 for name, kind in likelihoods.items()}
        self._position = {name: position for position, name in enumerate(likelihoods)}
        self._waiting = set(likelihoods) if start == "first_losses" else set()
        self.log_variances = nn.ParameterList(nn.Parameter(torch.zeros(())) for _ in likelihoods)

    @torch.no_grad()
    def start(self, losses: Mapping[str, Tensor]) -> None:
        """Set each s whose task has its first loss here to the optimum for it, log(2 x scale x L)."""
        for name in self._waiting & losses.keys():
            if losses[name] > 0:
                self.log_variance(name).fill_(math.log(2 * self._scales[name] * losses[name].item()))
                self._waiting.discard(name)

    def forward(self, losses: Mapping[str, Tensor]) -> Tensor:
        """The weighted sum of the tasks that have a loss in this batch, a scalar.

        A task without a loss in the batch contributes nothing, its s included.
        """
        return torch.stack([self._term(name, loss) for name, loss in losses.items()]).sum()

    def backward(self, objective: Objective) -> None:
        """Leave gradients in the network and in each s, by shares of the rows where labels count alike."""
        if self._every == "label":
            self._shares |= objective.shares
        super().backward(objective)

    def _term(self, name: str, loss: Tensor) -> Tensor:
        s = self.log_variance(name)
        term: Tensor = self._shares[name] * (self._scales[name] * torch.exp(-s) * loss + s / 2)
        return term

    def log_variance(self, name: str) -> Tensor:
        """The task's s, a scalar parameter."""
        parameter: Tensor = self.log_variances[self._position[name]]
        return parameter

    def weights(self) -> dict[str, float]:
        """Current factor of each task's loss; where labels count alike, by the last batch's share of rows."""
        return {name: self._shares[name] * self._scales[name] * math.exp(-s) for name, s in self._values().items()}

    def sigmas(self) -> dict[str, float]:
        """Learned sigma of each task, in the units in which its loss arrives."""
        return {name: math.exp(s / 2) for name, s in self._values().items()}

    def memory(self) -> dict[str, Any]:
        """The tasks that have had no loss yet, and the share of rows that each label had last."""
        return {"waiting": sorted(self._waiting), "shares": dict(self._shares)}

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Remember what `memory` gave."""
        self._waiting, self._shares = set(memory["waiting"]), dict(memory["shares"])

    def _values(self) -> dict[str, float]:
        return {name: self.log_variance(name).item() for name in self._scales}
