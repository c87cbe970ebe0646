"""How long each subnet's gradient is, just before the step."""

import torch
from torch import Tensor, nn

from models.lookup import touched
from training.optimizers import SubnetOptimizers


def gradient_norms(optimizers: SubnetOptimizers) -> dict[str, Tensor]:
    """By subnet with a gradient, the Euclidean norm over all its parameters, a scalar.

    A table's gradient holds only the touched rows; one that came twice counts once with its sum.
    """
    norms: dict[str, Tensor] = {}
    for name, parameters in trained(optimizers).items():
        norms[name] = torch.cat([_values(parameter).flatten() for parameter in parameters]).norm()
    return norms


def trained(optimizers: SubnetOptimizers) -> dict[str, list[nn.Parameter]]:
    """By subnet with a gradient, its parameters that have one."""
    held = {
        name: [p for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        for name, optimizer in optimizers.optimizers.items()
    }
    return {name: parameters for name, parameters in held.items() if parameters}


def _values(parameter: nn.Parameter) -> Tensor:
    assert parameter.grad is not None
    return touched(parameter.grad)[1] if parameter.grad.is_sparse else parameter.grad


def touched_rows(parameter: nn.Parameter) -> Tensor | None:
    """Rows of a table that have a gradient, [rows]; None for a dense parameter."""
    if parameter.grad is None or not parameter.grad.is_sparse:
        return None
    return touched(parameter.grad)[0]
