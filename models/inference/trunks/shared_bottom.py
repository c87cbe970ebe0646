"""One network shared by all tasks."""

from torch import Tensor, nn

from models.inference.layers import layers_of, sequential
from models.inference.trunks.base import Twin
from models.trunks import SharedBottom


class Bottom(Twin):
    """The twin of `SharedBottom`."""

    def __init__(self, trunk: SharedBottom) -> None:
        first, *deeper = layers_of(trunk.mlp)
        assert isinstance(first.linear, nn.Linear)
        super().__init__([first.linear])
        self.rest = nn.Sequential(*first.after, *sequential(deeper))
        self.num_tasks = trunk.num_tasks

    def forward(self, units: list[Tensor], x: Tensor | None) -> list[Tensor]:
        """One representation a task, [batch, width]: the same for all."""
        return [self.rest(units[0])] * self.num_tasks
