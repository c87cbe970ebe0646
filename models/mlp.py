"""The multi-layer perceptron that trunks and heads are made of."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field
from torch import Tensor, nn

from models.frozen import Frozen
from models.normalisation import NormalisationName, normalisation

ActivationName = Literal["relu", "silu", "gelu"]
_ACTIVATIONS: dict[ActivationName, type[nn.Module]] = {"relu": nn.ReLU, "silu": nn.SiLU, "gelu": nn.GELU}


class MlpConfig(Frozen):
    """Widths of the hidden layers and what follows each of them."""

    widths: tuple[Annotated[int, Field(ge=1)], ...] = Field(min_length=1)
    """Units of each hidden layer."""
    activation: ActivationName = "relu"
    """What follows each linear layer. Smooth ones do not die."""
    normalisation: NormalisationName = "none"
    """What is done to each layer's units before the activation: `batch` takes mean and variance of a unit over the
    rows of the batch, and when it predicts their running means; `layer` takes them over the units of a row."""
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)
    """Share of units dropped after each activation in training."""


class Activation(nn.Module):
    """An activation under one type, so that telemetry finds every hidden unit of a subnet."""

    def __init__(self, name: ActivationName) -> None:
        super().__init__()
        self.function = _ACTIVATIONS[name]()

    def forward(self, x: Tensor) -> Tensor:
        """Units after the activation, [batch, width]."""
        activated: Tensor = self.function(x)
        return activated


class Mlp(nn.Module):
    """Linear layers, each followed by normalisation, activation, dropout: [batch, input width] to [batch, widths[-1]].

    Args:
        input_width: of what it reads.
        config: of its layers.
        linears: the linear layers, one for each of `widths`; ordinary ones where none are given.

    Attributes:
        output_width: units of the last layer.
        is_shallow: whether it has one hidden layer.
        parts_by_unit: whether what follows a linear layer looks at each unit of a row alone, as normalisation does not.
    """

    def __init__(self, input_width: int, config: MlpConfig, linears: Sequence[nn.Module] | None = None) -> None:
        super().__init__()
        if linears is None:
            linears = [nn.Linear(*widths) for widths in pairwise([input_width, *config.widths])]
        layers: list[nn.Module] = []
        for linear, width in zip(linears, config.widths, strict=True):
            layers += [linear, *normalisation(config.normalisation, width), Activation(config.activation)]
            if config.dropout:
                layers.append(nn.Dropout(config.dropout))
        self.layers = nn.Sequential(*layers)
        self.output_width = config.widths[-1]
        self.is_shallow = len(config.widths) == 1
        self.parts_by_unit = config.normalisation == "none"
        self._num_first = 3 if config.dropout else 2

    def forward(self, x: Tensor) -> Tensor:
        """The last hidden layer, [batch, widths[-1]]."""
        hidden: Tensor = self.layers(x)
        return hidden

    @property
    def first(self) -> nn.Module:
        """The first linear layer."""
        return self.layers[0]

    def after_first(self, units: Tensor) -> Tensor:
        """Activation and dropout of the first layer; of any number of units where `parts_by_unit` is set."""
        return _through(list(self.layers)[1 : self._num_first], units)

    def deeper(self, hidden: Tensor) -> Tensor:
        """All layers but the first, [batch, widths[0]] to [batch, widths[-1]], where `parts_by_unit` is set."""
        return _through(list(self.layers)[self._num_first :], hidden)


def _through(layers: Sequence[nn.Module], x: Tensor) -> Tensor:
    for layer in layers:
        x = layer(x)
    return x
