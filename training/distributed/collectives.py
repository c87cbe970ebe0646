"""What all processes find out together."""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


class _Sum(torch.autograd.Function):
    """Adds up a tensor over the processes.

    Each process differentiates the same total by its own part, with which it enters unchanged; the parts' gradients
    of a weight are added up later, once for all weights.
    """

    @staticmethod
    def forward(context: Any, part: Tensor) -> Tensor:
        total = part.detach().clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        return gradient


def summed(part: Tensor) -> Tensor:
    """The sum over all processes, the same in each; gradients flow to the own part."""
    total: Tensor = _Sum.apply(part)  # type: ignore[no-untyped-call]
    return total


def agreed(value: Tensor) -> Tensor:
    """What the first process found, in all of them."""
    held = value.detach().clone()
    dist.broadcast(held, src=0)
    return held
