"""What moves an embedding table: only the rows that a batch touched, each once, whatever the size of the table."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.lookup import touched


class TableOptimizer(torch.optim.Optimizer):
    """Hands the touched rows of each table and their gradients to a rule. A rate of 0 leaves everything as it is."""

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move the rows that have a gradient."""
        assert closure is None
        for group in self.param_groups:
            for table in group["params"]:
                if table.grad is not None and group["lr"] != 0:
                    rows, gradients = touched(table.grad)
                    self.move(table, rows, gradients, group)

    @abstractmethod
    def move(self, table: Tensor, rows: Tensor, gradients: Tensor, group: dict[str, Any]) -> None:
        """Move rows of a table in place.

        Args:
            table: [rows of the table, dim].
            rows: the touched ones, int64 [touched], each once and ascending.
            gradients: of the touched rows, [touched, dim].
            group: the settings in force.
        """


def put(table: Tensor, rows: Tensor, values: Tensor) -> None:
    """Write values, [rows, dim], over distinct rows of a table.

    To NumPy a row is one value, and is copied as one; PyTorch goes through it number by number and takes two to three
    times as long on a CPU (benchmarks/embedding_step.py).
    """
    if table.device.type == "cpu":
        _as_values(table)[rows.numpy()] = _as_values(values)
    else:
        table.index_copy_(0, rows, values)


def _as_values(rows: Tensor) -> NDArray[np.void]:
    """The same memory with one value a row, [rows]."""
    array = rows.detach().numpy()
    return array.view(f"V{array.shape[1] * array.itemsize}")[:, 0]
