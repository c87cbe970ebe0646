"""Layers as they are when nothing is learned any more: no dropout, and batch normalisation inside the layer before."""

from collections.abc import Iterable
from copy import deepcopy
from typing import NamedTuple

import torch
from torch import Tensor, nn

from models.mlp import Activation, Mlp
from models.normalisation import BatchNormalisation


class Layer(NamedTuple):
    """A layer of a perceptron.

    Attributes:
        linear: from what it reads to its units.
        after: what is done to the units; without weights, or with those of a normalisation over the units of a row.
    """

    linear: nn.Module
    after: nn.Sequential


class Centred(nn.Module):
    """Layer normalisation of units from which their mean is taken first.

    It changes nothing but the rounding: engines take a variance as a difference of squares, which cancels where the
    mean is large.
    """

    def __init__(self, norm: nn.LayerNorm) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, units: Tensor) -> Tensor:
        """Normalised units, [batch, width]."""
        normalised: Tensor = self.norm(units - units.mean(dim=1, keepdim=True))
        return normalised


def layers_of(perceptron: Mlp) -> list[Layer]:
    """Copies of a perceptron's layers, their batch normalisation folded where the layer is an ordinary one."""
    grouped: list[list[nn.Module]] = []
    for module in deepcopy(perceptron.layers):
        if isinstance(module, Activation | BatchNormalisation | nn.LayerNorm):
            grouped[-1].append(module)
        elif not isinstance(module, nn.Dropout):
            grouped.append([module])
    return [_layer(linear, after) for linear, *after in grouped]


def sequential(layers: Iterable[Layer]) -> nn.Sequential:
    """Layers one after the other."""
    return nn.Sequential(*(module for layer in layers for module in (layer.linear, *layer.after)))


def linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    """A linear layer of given weights, [units, width] and [units]."""
    made = nn.Linear(1, 1, device="meta")  # nothing is drawn that is thrown away
    made.out_features, made.in_features = weight.shape
    made.weight, made.bias = (nn.Parameter(values.detach().contiguous()) for values in (weight, bias))
    return made


def side_by_side(linears: Iterable[nn.Linear]) -> nn.Linear:
    """One layer with the units of all, which read the same."""
    held = list(linears)
    return linear(torch.cat([each.weight for each in held]), torch.cat([bias_of(each) for each in held]))


def bias_of(layer: nn.Linear) -> Tensor:
    """The layer's bias, [units]; zeros where it has none."""
    return layer.weight.new_zeros(layer.out_features) if layer.bias is None else layer.bias


def _layer(linear_layer: nn.Module, after: list[nn.Module]) -> Layer:
    if isinstance(linear_layer, nn.Linear) and after and isinstance(after[0], BatchNormalisation):
        return Layer(_normalised(linear_layer, after[0]), nn.Sequential(*after[1:]))
    return Layer(
        linear_layer, nn.Sequential(*(Centred(each) if isinstance(each, nn.LayerNorm) else each for each in after))
    )


def _normalised(layer: nn.Linear, over: BatchNormalisation) -> nn.Linear:
    """The layer and its normalisation by running values as one; in 64 bits, because a variance may be tiny."""
    assert over.running_mean is not None
    assert over.running_var is not None
    factor = over.weight.double() * (over.running_var.double() + over.eps).rsqrt()
    bias = (bias_of(layer).double() - over.running_mean.double()) * factor + over.bias.double()
    weight = layer.weight.double() * factor.unsqueeze(1)
    return linear(weight.to(layer.weight.dtype), bias.to(layer.weight.dtype))
