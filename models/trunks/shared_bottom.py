"""One network shared by all tasks.

Caruana, "Multitask Learning", 1997, https://doi.org/10.1023/A:1007379606734 (hard parameter sharing).
"""

from typing import Literal

from torch import Tensor, nn

from models.frozen import Frozen
from models.mlp import Mlp, MlpConfig


class SharedBottomConfig(Frozen):
    """A single perceptron for all tasks."""

    kind: Literal["shared_bottom"]
    mlp: MlpConfig = MlpConfig(widths=(128, 64))
    """The shared layers."""

    def build(self, input_width: int, num_tasks: int) -> "SharedBottom":
        """The trunk for an input of this width."""
        return SharedBottom(self, input_width, num_tasks)


class SharedBottom(nn.Module):
    """Hands every task the same representation."""

    num_members = 1

    def __init__(self, config: SharedBottomConfig, input_width: int, num_tasks: int) -> None:
        super().__init__()
        self.mlp = Mlp(input_width, config.mlp)
        self.num_tasks = num_tasks
        self.output_width = self.mlp.output_width

    def common(self, x: Tensor) -> Tensor:
        """What all tasks share, [batch, output_width]."""
        hidden: Tensor = self.mlp(x)
        return hidden

    def split(self, common: Tensor, x: Tensor) -> list[Tensor]:
        """One representation a task, each [batch, output_width]: the same for all."""
        return [common] * self.num_tasks
