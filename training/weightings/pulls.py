"""How each task pulls at what all tasks share."""

import torch
from torch import Tensor

from training.objective import Objective


def pulls(objective: Objective) -> Tensor:
    """Gradient of each task's loss by the common representation, [tasks, values]; the graph is kept.

    A task that no path leads to from there pulls with zero.
    """
    return torch.stack([_pull(loss, objective.common) for loss in objective.losses.values()])


def _pull(loss: Tensor, common: Tensor) -> Tensor:
    (gradient,) = torch.autograd.grad(loss, [common], retain_graph=True, allow_unused=True)
    return (torch.zeros_like(common) if gradient is None else gradient).flatten().float()
