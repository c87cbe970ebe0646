"""Crosses of all inputs, of a degree that grows with each layer.

Wang, Shivanna, Cheng, Jain, Lin, Hong, Chi, "DCN V2: Improved Deep & Cross Network and Practical Lessons for Web-scale
Learning to Rank Systems", WWW 2021, https://arxiv.org/abs/2008.13535, equations 1 and 2:

    x_(l+1) = x_0 * (W_l x_l + b_l) + x_l        with a rank W_l = U_l V_l^T, U_l and V_l of [width, rank]
"""

from pydantic import Field
from torch import Tensor, nn

from models.frozen import Frozen


class CrossNetworkConfig(Frozen):
    """How many layers cross the inputs, and how costly each one is."""

    num_layers: int = Field(default=2, ge=1)
    """Layers; each one raises the degree of the crosses by 1, so that 2 layers make products of three inputs."""
    rank: int | None = Field(default=None, ge=1)
    """Rank of each layer's matrix, 2 x width x rank weights; a whole matrix, width x width, where none is given."""

    def build(self, width: int) -> "CrossNetwork":
        """The cross network for an input of this width."""
        return CrossNetwork(self, width)


class CrossNetwork(nn.Module):
    """A cross network, [batch, width] to [batch, width]."""

    def __init__(self, config: CrossNetworkConfig, width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(_matrix(width, config.rank) for _ in range(config.num_layers))

    def forward(self, x: Tensor) -> Tensor:
        """The input and its crosses, [batch, width]."""
        crossed = x
        for layer in self.layers:
            crossed = x * layer(crossed) + crossed
        return crossed


def _matrix(width: int, rank: int | None) -> nn.Module:
    """W x + b, with W as it is or of a low rank."""
    if rank is None:
        return nn.Linear(width, width)
    return nn.Sequential(nn.Linear(width, rank, bias=False), nn.Linear(rank, width))


def crossed(config: CrossNetworkConfig | None, width: int) -> nn.Module:
    """The cross network in front of a trunk's layers; where none is configured they read the input as it is."""
    return nn.Identity() if config is None else config.build(width)
