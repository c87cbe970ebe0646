"""A cross network and a deep one.

Wang, Shivanna, Cheng, Jain, Lin, Hong, Chi, "DCN V2: Improved Deep & Cross Network and Practical Lessons for Web-scale
Learning to Rank Systems", WWW 2021, https://arxiv.org/abs/2008.13535, figure 1: stacked (a) and parallel (b).
"""

from typing import Literal

import torch
from torch import Tensor, nn

from models.frozen import Frozen
from models.mlp import Mlp, MlpConfig
from models.trunks.cross import CrossNetworkConfig


class DcnV2Config(Frozen):
    """Explicit crosses of the inputs, and a perceptron, for all tasks."""

    kind: Literal["dcnv2"]
    structure: Literal["parallel", "stacked"] = "parallel"
    """`parallel`: both read the input, and the heads get both side by side. `stacked`: the perceptron reads the
    crosses, and the heads the perceptron."""
    cross: CrossNetworkConfig = CrossNetworkConfig()
    """The cross network."""
    mlp: MlpConfig = MlpConfig(widths=(128, 64))
    """The deep network."""

    def build(self, input_width: int, num_tasks: int) -> "DcnV2":
        """The trunk for an input of this width."""
        return DcnV2(self, input_width, num_tasks)


class DcnV2(nn.Module):
    """Hands every task the same representation."""

    num_members = 1

    def __init__(self, config: DcnV2Config, input_width: int, num_tasks: int) -> None:
        super().__init__()
        self.cross = config.cross.build(input_width)
        self.mlp = Mlp(input_width, config.mlp)
        self.is_parallel = config.structure == "parallel"
        self.num_tasks = num_tasks
        self.output_width = self.mlp.output_width + (input_width if self.is_parallel else 0)

    def common(self, x: Tensor) -> Tensor:
        """What all tasks share, [batch, output_width]."""
        crosses = self.cross(x)
        deep: Tensor = self.mlp(x if self.is_parallel else crosses)
        return torch.cat([crosses, deep], dim=1) if self.is_parallel else deep

    def split(self, common: Tensor, x: Tensor) -> list[Tensor]:
        """One representation a task, each [batch, output_width]: the same for all."""
        return [common] * self.num_tasks
