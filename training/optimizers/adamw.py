"""AdamW for dense parameters.

Loshchilov, Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, https://arxiv.org/abs/1711.05101.
"""

from collections.abc import Iterable
from typing import Literal

import torch
from pydantic import Field
from torch import nn

from training.optimizers.base import OptimizerBase


class AdamWConfig(OptimizerBase):
    """For networks and loss weights."""

    kind: Literal["adamw"] = "adamw"
    weight_decay: float = Field(default=0.0, ge=0)
    """Decoupled decay of the weights."""
    betas: tuple[float, float] = (0.9, 0.999)
    """Decay of the two moments."""

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.AdamW:
        """The optimizer of these parameters, in PyTorch's fused form."""
        return torch.optim.AdamW(parameters, lr=self.rate, weight_decay=self.weight_decay, betas=self.betas, fused=True)
