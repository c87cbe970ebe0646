"""The multi-layer perceptron that trunks and heads are made of."""

from typing import Annotated, Literal

from pydantic import Field
from torch import Tensor, nn

from models.frozen import Frozen

ActivationName = Literal["relu", "silu", "gelu"]
_ACTIVATIONS: dict[ActivationName, type[nn.Module]] = {"relu": nn.ReLU, "silu": nn.SiLU, "gelu": nn.GELU}


class MlpConfig(Frozen):
    """Widths of the hidden layers and what follows each of them."""

    widths: tuple[Annotated[int, Field(ge=1)], ...] = Field(min_length=1)
    """Units of each hidden layer."""
    activation: ActivationName = "relu"
    """What follows each linear layer. Smooth ones do not die."""
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
    """Linear layers, each followed by an activation and dropout: [batch, input width] to [batch, widths[-1]]."""

    def __init__(self, input_width: int, config: MlpConfig) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for width in config.widths:
            layers += [nn.Linear(input_width, width), Activation(config.activation)]
            if config.dropout:
                layers.append(nn.Dropout(config.dropout))
            input_width = width
        self.layers = nn.Sequential(*layers)
        self.output_width = input_width

    def forward(self, x: Tensor) -> Tensor:
        """The last hidden layer, [batch, widths[-1]]."""
        hidden: Tensor = self.layers(x)
        return hidden
