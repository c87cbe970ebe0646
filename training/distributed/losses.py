"""Each task's loss over the whole batch, of which every process has a slice.

A task's mean is over the rows of the whole batch in which its label counts. The mean of the slices' means is another
number: a rare label may be in one slice alone.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from models.network import Network
from training.distributed.collectives import summed
from training.negative_sampling import NegativeSampling
from training.objective import task_losses


def losses_of_all(
    network: Network,
    outputs: Mapping[str, Tensor],
    labels: Mapping[str, Tensor],
    sampling: NegativeSampling | None = None,
) -> dict[str, Tensor]:
    """Mean loss of each task over the rows of all processes, a scalar, the same in each; see `task_losses`.

    Its gradient is that of the own rows' part. So gradients are to be added up over the processes, not averaged.
    """
    own = task_losses(network, outputs, labels, sampling)
    counted = {name: _counted(name, labels, sampling) for name in outputs}
    # A part of zero hangs on the outputs too, so that every process has the same graph whatever its labels are.
    parts = [own[name] * counted[name] if name in own else outputs[name][:0].sum() for name in outputs]
    totals = summed(torch.stack([*parts, *counted.values()]))
    sums, counts = torch.split(totals, len(parts))
    held = zip(outputs, sums, counts.detach(), strict=True)
    return {name: total / count for name, total, count in held if float(count) > 0}


def _counted(name: str, labels: Mapping[str, Tensor], sampling: NegativeSampling | None) -> Tensor:
    """What the mean loss of a task's rows was divided by, a scalar: their number, or the rows that they stand for."""
    observed = ~labels[name].isnan()
    if sampling is None or sampling.task == name:
        return observed.sum().float()
    return sampling.weights(labels)[observed].sum()


def shares_of_all(labels: Mapping[str, Tensor], sampling: NegativeSampling | None = None) -> dict[str, float]:
    """By task, the share of all processes' rows that its loss is the mean of; see `observed_shares`."""
    first = next(iter(labels.values()))
    weight = torch.ones_like(first) if sampling is None else sampling.weights(labels)
    parts = [weight[~label.isnan()].sum() for label in labels.values()]
    *held, rows = summed(torch.stack([*parts, weight.sum()])).tolist()
    return {name: share / rows for name, share in zip(labels, held, strict=True)}
