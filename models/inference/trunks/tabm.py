"""An ensemble: the first layers of all members are one matrix, with what each member scales inside it."""

from copy import deepcopy

from torch import Tensor, nn

from models.inference.layers import layers_of, linear, sequential
from models.inference.trunks.base import Twin
from models.inference.trunks.cross import front
from models.trunks import TabM
from models.trunks.tabm import FirstLayer


class Members(Twin):
    """The twin of `TabM`."""

    def __init__(self, trunk: TabM) -> None:
        first, *deeper = layers_of(trunk.mlp)
        assert isinstance(first.linear, FirstLayer)
        begun = front(trunk.cross, [_of_all_members(first.linear)])
        super().__init__(begun.readings, needs_rows=begun.needs_rows)
        self.first = begun.first
        self.num_units = first.linear.linear.out_features
        self.rest = nn.Sequential(*first.after, *sequential(deeper))
        self.adapters = deepcopy(trunk.adapters)

    def forward(self, units: list[Tensor], x: Tensor | None) -> list[Tensor]:
        """One representation a task, [batch x members, width]."""
        hidden = self.rest(self.first(units, x)[0].reshape(-1, self.num_units))
        return [adapter(hidden) for adapter in self.adapters]


def _of_all_members(layer: FirstLayer) -> nn.Linear:
    """s_k * (W (r_k * x)) + b_k of all members k, one after the other."""
    weight = layer.made.scale.unsqueeze(2) * layer.linear.weight * layer.seen.unsqueeze(1)
    return linear(weight.flatten(0, 1), layer.made.bias.flatten())
