"""AdaGrad with one accumulator a row, for embedding tables; moves only the rows that the batch touched.

Duchi, Hazan, Singer, "Adaptive Subgradient Methods", JMLR 2011; the row-wise form is the one of Naumov et al., "Deep
Learning Recommendation Model", 2019, https://arxiv.org/abs/1906.00091.
"""

from collections.abc import Iterable
from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from training.optimizers.base import OptimizerBase
from training.optimizers.table_optimizer import TableOptimizer, put


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


class RowwiseAdagrad(TableOptimizer):
    """Steps each touched row by rate x gradient / sqrt(sum of the row's mean squared gradients so far)."""

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float, weight_decay: float, eps: float) -> None:
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay, "eps": eps})

    def move(self, table: Tensor, rows: Tensor, gradients: Tensor, group: dict[str, Any]) -> None:
        """Add to the rows' sums, then step by them."""
        state = self.state[table]
        if not state:
            state["sum"] = torch.zeros(len(table), device=table.device)
        lengths = torch.linalg.vector_norm(gradients, dim=1)
        sums = state["sum"].index_select(0, rows).add_(lengths.square_().div_(table.shape[1]))
        state["sum"].index_copy_(0, rows, sums)
        scale = sums.sqrt_().add_(group["eps"]).reciprocal_().mul_(-group["lr"])
        moved = table.index_select(0, rows)
        if group["weight_decay"]:
            moved.mul_(1 - group["lr"] * group["weight_decay"])
        put(table, rows, moved.addcmul_(gradients, scale.unsqueeze(1)))
