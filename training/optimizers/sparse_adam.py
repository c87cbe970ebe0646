"""Adam that moves only the rows of a table that the batch touched (PyTorch's SparseAdam).

Kingma, Ba, "Adam", ICLR 2015, https://arxiv.org/abs/1412.6980.
"""

from collections.abc import Iterable
from typing import Literal

import torch
from pydantic import Field
from torch import nn

from models.frozen import Frozen


class SparseAdamConfig(Frozen):
    """For embedding tables; needs twice the memory of the tables for its moments."""

    kind: Literal["sparse_adam"]
    learning_rate: float = Field(gt=0)
    """Step size."""
    betas: tuple[float, float] = (0.9, 0.999)
    """Decay of the two moments."""

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.SparseAdam:
        """The optimizer of these parameters."""
        return torch.optim.SparseAdam(list(parameters), lr=self.learning_rate, betas=self.betas)
