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

    def forward(self, x: Tensor) -> Tensor:
        """The last hidden layer, [batch, widths[-1]]."""
        hidden: Tensor = self.layers(x)
        return hidden
