"""Adam that moves only the rows of a table that the batch touched (PyTorch's SparseAdam).

Kingma, Ba, "Adam", ICLR 2015, https://arxiv.org/abs/1412.6980.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import nn

from training.optimizers.base import OptimizerBase


class SparseAdamConfig(OptimizerBase):
    """For embedding tables; needs twice the memory of the tables for its moments."""

    kind: Literal["sparse_adam"]
    learning_rate: Annotated[float, Field(gt=0)] | Literal["auto"]
    """Step size, above 0; "auto" takes what `threefold lr-range` proposes for it."""
    betas: tuple[float, float] = (0.9, 0.999)
    """Decay of the two moments."""

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.SparseAdam:
        """The optimizer of these parameters."""
        return torch.optim.SparseAdam(list(parameters), lr=self.rate, betas=self.betas)
