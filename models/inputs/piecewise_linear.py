"""Embeds numbers by a piecewise-linear encoding and a linear layer of each feature's own.

Gorishniy, Rubachev, Babenko, "On Embeddings for Numerical Features in Tabular Deep Learning", NeurIPS 2022,
https://arxiv.org/abs/2203.05556, equation 1 with quantile bins, followed by a linear layer (their PLE-LR: with ReLU).
Beyond the outer edges the paper goes on in a straight line; here a value is held at the edge, because nothing was seen
there that a slope could be learned from, and a stand-in such as 1e9 must not drown a row.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from models.mlp import Activation, ActivationName

NumericActivation = Literal["none"] | ActivationName


class PiecewiseLinear(nn.Module):
    """Lines between learned vectors: [batch, features] positions to [batch, features x dim].

    Args:
        pieces: number of pieces of each feature; 0 for a constant one.
        dim: width of an embedding.
        activation: what follows the linear layers.
    """

    steps: Tensor

    def __init__(self, pieces: Sequence[int], dim: int, activation: NumericActivation) -> None:
        super().__init__()
        most = max(pieces)
        held = torch.arange(most) < torch.tensor(pieces).unsqueeze(1)
        bound = torch.tensor(pieces).clamp(min=1).rsqrt().view(-1, 1, 1)  # as in any linear layer of so many inputs
        weights = (torch.rand(len(pieces), most, dim) * 2 - 1) * bound
        self.weights = nn.Parameter(weights * held.unsqueeze(2))
        self.biases = nn.Parameter((torch.rand(len(pieces), dim) * 2 - 1) * bound.squeeze(2))
        self.missing = nn.Parameter(torch.zeros(len(pieces), dim))
        self.activation = None if activation == "none" else Activation(activation)
        self.register_buffer("steps", torch.arange(most, dtype=torch.float32), persistent=False)

    def forward(self, positions: Tensor, missing: Tensor) -> Tensor:
        """Embeddings, [batch, features x dim].

        Args:
            positions: among the pieces of each feature, from 0 to their number, [batch, features].
            missing: 1 where there is no value, else 0, [batch, features].
        """
        encoded = (positions.unsqueeze(2) - self.steps).clamp(0, 1)  # [batch, features, pieces]
        embedded = torch.bmm(encoded.transpose(0, 1), self.weights).transpose(0, 1) + self.biases
        if self.activation is not None:
            embedded = self.activation(embedded.flatten(1)).view_as(embedded)
        return torch.where(missing.bool().unsqueeze(2), self.missing, embedded).flatten(1)
