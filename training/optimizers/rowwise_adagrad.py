"""AdaGrad with one accumulator a row, for embedding tables; moves only the rows that the batch touched.

Duchi, Hazan, Singer, "Adaptive Subgradient Methods", JMLR 2011; the row-wise form is the one of Naumov et al., "Deep
Learning Recommendation Model", 2019, https://arxiv.org/abs/1906.00091.
"""

from collections.abc import Callable, Iterable
from typing import Any, Literal

import torch
from pydantic import Field
from torch import nn

from training.optimizers.base import OptimizerBase


class RowwiseAdagradConfig(OptimizerBase):
    """For embedding tables."""

    kind: Literal["rowwise_adagrad"] = "rowwise_adagrad"
    weight_decay: float = Field(default=0.0, ge=0)
    """Decoupled, and paid only by touched rows: rows shrink by rate x decay each time they are used."""
    eps: float = Field(default=1e-8, gt=0)
    """Keeps the first step finite."""

    def build(self, parameters: Iterable[nn.Parameter]) -> "RowwiseAdagrad":
        """The optimizer of these parameters."""
        return RowwiseAdagrad(parameters, lr=self.rate, weight_decay=self.weight_decay, eps=self.eps)


class RowwiseAdagrad(torch.optim.Optimizer):
    """Steps each touched row by rate x gradient / sqrt(sum of the row's mean squared gradients so far)."""

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float, weight_decay: float, eps: float) -> None:
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay, "eps": eps})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move the rows that have a gradient."""
        assert closure is None
        for group in self.param_groups:
            if group["lr"] == 0:
                continue
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._step_rows(parameter, group)

    def _step_rows(self, parameter: nn.Parameter, group: dict[str, Any]) -> None:
        assert parameter.grad is not None
        gradient = parameter.grad.coalesce()
        rows, values = gradient.indices()[0], gradient.values()
        state = self.state[parameter]
        if not state:
            state["sum"] = torch.zeros(len(parameter), device=parameter.device)
        sums = state["sum"]
        sums.index_add_(0, rows, values.square().mean(dim=1))
        scale = group["lr"] / (sums[rows].sqrt() + group["eps"])
        moved = -scale.unsqueeze(1) * values
        if group["weight_decay"]:
            moved -= group["lr"] * group["weight_decay"] * parameter[rows]
        parameter.index_add_(0, rows, moved)
