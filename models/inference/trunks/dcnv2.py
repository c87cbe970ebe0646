"""A cross network and a deep one: the first matrix of each reads the input where they are parallel."""

import torch
from torch import Tensor, nn

from models.inference.layers import layers_of, sequential
from models.inference.trunks.base import Twin
from models.inference.trunks.cross import Crosses, first_of
from models.trunks import DcnV2


class CrossAndDeep(Twin):
    """The twin of `DcnV2`."""

    def __init__(self, trunk: DcnV2) -> None:
        first, *deeper = layers_of(trunk.mlp)
        of_crosses = first_of(trunk.cross)
        assert isinstance(first.linear, nn.Linear)
        super().__init__([of_crosses, first.linear] if trunk.is_parallel else [of_crosses], needs_rows=True)
        self.crosses = Crosses(trunk.cross)
        begun = [] if trunk.is_parallel else [first.linear]
        self.deep = nn.Sequential(*begun, *first.after, *sequential(deeper))
        self.is_parallel = trunk.is_parallel
        self.num_tasks = trunk.num_tasks

    def forward(self, units: list[Tensor], x: Tensor | None) -> list[Tensor]:
        """One representation a task, [batch, width]: the same for all."""
        assert x is not None
        crosses = self.crosses(units[0], x)
        if not self.is_parallel:
            return [self.deep(crosses)] * self.num_tasks
        deep = self.deep(units[1])
        return [torch.cat([crosses, deep], dim=1)] * self.num_tasks
