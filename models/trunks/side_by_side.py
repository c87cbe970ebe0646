"""Perceptrons that read the same input, with their first layers as one matrix product, and their mixtures as another.

A product of a wide matrix is quicker than several of narrow ones, above all where it goes back: the gradients of the
input come as one sum. Weights stay where they are, in a layer of each perceptron's own, and are put side by side for
each pass: that costs what the weights weigh, so it pays from some hundred rows on (docs/speed.md has the numbers).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.mlp import Mlp

FEWEST_ROWS = 512
"""Rows from which the product of all first layers is quicker than to put their weights side by side is slow."""


def outputs_of(perceptrons: Sequence[Mlp], x: Tensor) -> Tensor:
    """What each perceptron makes of the same input, [batch, perceptrons, output width].

    Args:
        perceptrons: of one configuration.
        x: [batch, input width].
    """
    if len(x) < FEWEST_ROWS or len(perceptrons) == 1 or not perceptrons[0].parts_by_unit:
        return torch.stack([perceptron(x) for perceptron in perceptrons], dim=1)
    firsts = [perceptron.first for perceptron in perceptrons]
    units = functional.linear(x, _joined(firsts, "weight"), _joined(firsts, "bias"))
    hidden = perceptrons[0].after_first(units)  # works unit by unit and has no weights: any one's does for all
    if perceptrons[0].is_shallow:
        return hidden.view(len(x), len(perceptrons), perceptrons[0].output_width)
    parts = hidden.chunk(len(perceptrons), dim=1)
    deeper = [perceptron.deeper(part) for perceptron, part in zip(perceptrons, parts, strict=True)]
    return torch.stack(deeper, dim=1)


def linear_side_by_side(layers: Sequence[nn.Module], x: Tensor) -> Tensor:
    """Linear layers without bias on the same input, side by side, [batch, all their outputs]."""
    return functional.linear(x, _joined(layers, "weight"))


def mixed(logits: Tensor, experts: Tensor) -> list[Tensor]:
    """One mixture of the experts a gate, each [batch, width], all by one product.

    Args:
        logits: [batch, gates, experts]; an expert at minus infinity is left out.
        experts: [batch, experts, width].
    """
    return list(torch.bmm(torch.softmax(logits, dim=2), experts).unbind(dim=1))


def _joined(layers: Sequence[nn.Module], name: str) -> Tensor:
    return torch.cat([getattr(layer, name) for layer in layers])
