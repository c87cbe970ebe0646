"""Adam that moves only the rows of a table that the batch touched, and forgets nothing of the others meanwhile.

Kingma, Ba, "Adam", ICLR 2015, https://arxiv.org/abs/1412.6980; for rows that are seldom touched its moments stand still
between two batches that hold them, as in PyTorch's SparseAdam and TensorFlow's LazyAdam. The steps are those of
PyTorch's, which takes several times as long (benchmarks/embedding_step.py).
"""

from collections.abc import Iterable
from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from training.optimizers.base import OptimizerBase
from training.optimizers.table_optimizer import TableOptimizer, put


class SparseAdamConfig(OptimizerBase):
    """For embedding tables; needs twice the memory of the tables for its moments."""

    kind: Literal["sparse_adam"]
    betas: tuple[float, float] = (0.9, 0.999)
    """Decay of the two moments."""
    eps: float = Field(default=1e-8, gt=0)
    """Keeps the first step finite."""

    def build(self, parameters: Iterable[nn.Parameter]) -> "SparseAdam":
        """The optimizer of these parameters."""
        return SparseAdam(parameters, lr=self.rate, betas=self.betas, eps=self.eps)


class SparseAdam(TableOptimizer):
    """Steps each touched row by rate x first moment / sqrt(second moment), both corrected for their start at zero."""

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float, betas: tuple[float, float], eps: float) -> None:
        super().__init__(parameters, {"lr": lr, "betas": betas, "eps": eps})

    def move(self, table: Tensor, rows: Tensor, gradients: Tensor, group: dict[str, Any]) -> None:
        """Follow the gradients with the rows' moments, then step by them."""
        state = self.state[table]
        if not state:
            state.update(step=0, exp_avg=torch.zeros_like(table), exp_avg_sq=torch.zeros_like(table))
        state["step"] += 1
        first_decay, second_decay = group["betas"]
        first = state["exp_avg"].index_select(0, rows).lerp_(gradients, 1 - first_decay)
        second = state["exp_avg_sq"].index_select(0, rows).mul_(second_decay)
        second.addcmul_(gradients, gradients, value=1 - second_decay)
        put(state["exp_avg"], rows, first)
        put(state["exp_avg_sq"], rows, second)
        of_first, of_second = (1 - decay ** state["step"] for decay in group["betas"])
        step_size = group["lr"] * of_second**0.5 / of_first
        moved = table.index_select(0, rows).addcdiv_(first, second.sqrt_().add_(group["eps"]), value=-step_size)
        put(table, rows, moved)
