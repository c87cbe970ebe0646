"""A cross network of which the first layer's matrix is multiplied elsewhere, and the layers that read the crosses."""

from collections.abc import Sequence
from copy import deepcopy
from typing import NamedTuple

from torch import Tensor, nn

from models.inference.layers import bias_of, linear
from models.trunks.cross import CrossNetwork


class Front(NamedTuple):
    """What comes first in a trunk.

    Attributes:
        readings: the linear layers that read the input.
        first: from their units, and the input where crosses come first, to the units of the trunk's first layers.
        needs_rows: whether crosses come first.
    """

    readings: Sequence[nn.Linear]
    first: "Straight | OnCrosses"
    needs_rows: bool


def front(crosses: nn.Module, firsts: Sequence[nn.Linear]) -> Front:
    """A trunk's first layers behind a cross network, or behind nothing.

    Args:
        crosses: what `models.trunks.cross.crossed` made.
        firsts: the layers that read it.
    """
    if isinstance(crosses, CrossNetwork):
        return Front([first_of(crosses)], OnCrosses(crosses, firsts), needs_rows=True)
    return Front(firsts, Straight(), needs_rows=False)


def first_of(network: CrossNetwork) -> nn.Linear:
    """The linear layer of a cross network that reads the input: a whole matrix, or the first factor of one."""
    factor = _factors(network.layers[0])[0]
    return linear(factor.weight, bias_of(factor))


class Crosses(nn.Module):
    """The crosses of an input, from the units of `first_of` and the input itself."""

    def __init__(self, network: CrossNetwork) -> None:
        super().__init__()
        first, *others = deepcopy(network.layers)
        self.rest_of_first = nn.Sequential(*_factors(first)[1:])
        self.others = nn.ModuleList(others)

    def forward(self, units: Tensor, x: Tensor) -> Tensor:
        """The input and its crosses, [batch, width].

        Args:
            units: of `first_of`, [batch, width or rank].
            x: [batch, width].
        """
        crossed: Tensor = x * self.rest_of_first(units) + x
        for layer in self.others:
            crossed = x * layer(crossed) + crossed
        return crossed


class OnCrosses(nn.Module):
    """Layers that read crosses."""

    def __init__(self, network: CrossNetwork, firsts: Sequence[nn.Linear]) -> None:
        super().__init__()
        self.crosses = Crosses(network)
        self.firsts = nn.ModuleList(firsts)

    def forward(self, units: list[Tensor], x: Tensor | None) -> list[Tensor]:
        """The layers' units, [batch, units] each."""
        assert x is not None
        crosses = self.crosses(units[0], x)
        return [first(crosses) for first in self.firsts]


class Straight(nn.Module):
    """Layers that read the input: their units are there."""

    def forward(self, units: list[Tensor], x: Tensor | None) -> list[Tensor]:
        """The layers' units, [batch, units] each."""
        return units


def _factors(layer: nn.Module) -> list[nn.Linear]:
    return [*layer] if isinstance(layer, nn.Sequential) else [layer]  # type: ignore[list-item]
