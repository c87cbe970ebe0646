"""Adds up the gradients of dense weights over the processes, all in one message.

Not `DistributedDataParallel`: a task without a label in a batch leaves its head without a gradient, which the optimizer
has to see as in one process; the weights of losses lie outside of the network; and what a process finds not finite has
to stop all of them, before any weight moves.
"""

from collections.abc import Sequence

import torch
import torch.distributed as dist
from torch import Tensor, nn


def add_up(parameters: Sequence[nn.Parameter], copies: Sequence[nn.Parameter], is_sound: bool) -> bool:
    """Give every process the gradients of all, and say whether all of them are sound.

    Args:
        parameters: each process has a part of their gradients. Where none has one, there is none.
        copies: of the losses' weighting; every process has the same whole gradient of them already.
        is_sound: whether this process's gradients of rows of the table are finite.
    """
    every = [*parameters, *copies]
    device = every[0].device
    held = torch.tensor([each.grad is not None for each in every] + [not is_sound], dtype=torch.float32, device=device)
    scale = 1 / dist.get_world_size()
    parts = [_flat(each) for each in parameters] + [_flat(each) * scale for each in copies]
    message = torch.cat([held, *parts])
    dist.all_reduce(message)
    flags = message[: len(held)].tolist()
    rest = message[len(held) :]
    for each, flag, part in zip(every, flags, torch.split(rest, [each.numel() for each in every]), strict=False):
        each.grad = part.view_as(each) if flag > 0 else None
    return not flags[-1]


def _flat(parameter: nn.Parameter) -> Tensor:
    if parameter.grad is None:
        return torch.zeros(parameter.numel(), device=parameter.device)
    return parameter.grad.detach().flatten()
