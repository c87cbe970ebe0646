"""Each task's loss over the rows in which its label counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from torch import Tensor

from models.heads import BinaryTask
from models.members import for_each_member
from models.network import Network
from training.entire_space import entire_space_loss
from training.negative_sampling import NegativeSampling, weighted_mean

LossUnit = Literal["base_rate", "label"]


@dataclass(frozen=True)
class Objective:
    """The losses of one batch, and where their gradients meet.

    Attributes:
        losses: by task with an observed row, a scalar each, in the unit that the weighting gets them in.
        common: what the trunk computed for all tasks, [batch, ...], a part of every loss's graph.
        network: whose losses these are.
        shares: by task, the share of the batch's rows that its loss is the mean of; 1 where none is given.
    """

    losses: dict[str, Tensor]
    common: Tensor
    network: Network
    shares: Mapping[str, float] = field(default_factory=dict)


def task_losses(
    network: Network,
    outputs: Mapping[str, Tensor],
    labels: Mapping[str, Tensor],
    sampling: NegativeSampling | None = None,
) -> dict[str, Tensor]:
    """Mean loss of each task, a scalar, in units of the loss of always predicting the base rate.

    Args:
        network: whose heads know their losses.
        outputs: by task, [batch, outputs of the head], or [batch x members, outputs of the head]: then the loss is the
            mean of the members' own losses, each of which learns from every label.
        labels: by task, [batch], NaN where the label does not count.
        sampling: how rows were left out of the batch; None where none were.

    Returns:
        Only tasks with at least one row in the batch that says anything: a mean of nothing is no loss of zero.
    """
    labels = {name: _for_members(label, outputs[name]) for name, label in labels.items() if name in outputs}
    weight = None if sampling is None else sampling.weights(labels)
    found = {name: _loss(network, name, outputs, labels, sampling, weight) for name in outputs}
    return {name: loss for name, loss in found.items() if loss is not None}


def _for_members(label: Tensor, output: Tensor) -> Tensor:
    """The label of each row of the output, [batch] or [batch x members]."""
    return for_each_member(label, max(1, len(output) // max(1, len(label))))


def _loss(
    network: Network,
    name: str,
    outputs: Mapping[str, Tensor],
    labels: Mapping[str, Tensor],
    sampling: NegativeSampling | None,
    weight: Tensor | None,
) -> Tensor | None:
    """Mean loss of a task, a scalar; None without a row. Rows weigh what the sampling says, [batch], or all alike."""
    task, head = network.graph.tasks[name], network.head(name)
    if isinstance(task, BinaryTask) and task.entire_space is not None:
        return entire_space_loss(network, task, outputs, labels, weight)
    output, label = outputs[name], labels[name]
    observed = ~label.isnan()
    num_observed = int(observed.count_nonzero())
    if num_observed == 0:
        return None
    if num_observed < len(label):
        output, label = output[observed], label[observed]
        weight = None if weight is None else weight[observed]
    if sampling is None or weight is None:
        return head.loss(output, label).mean()
    return sampling.mean_loss(head, output, label, weight)


def observed_shares(
    network: Network, labels: Mapping[str, Tensor], sampling: NegativeSampling | None = None
) -> dict[str, float]:
    """By task, the share of rows that its loss is the mean of; a loss over the entire space is the mean of all.

    Of a batch with rows left out it is what the share would be with all of them.
    """
    tasks = network.graph.tasks.values()
    everywhere = {
        task.name
        for task in tasks
        if isinstance(task, BinaryTask) and task.entire_space is not None and task.entire_space.learns_everywhere
    }
    weight = None if sampling is None else sampling.weights(labels)
    return {
        name: 1.0 if name in everywhere else 1.0 - float(weighted_mean(label.isnan().float(), weight))
        for name, label in labels.items()
    }


def in_unit(
    network: Network, losses: Mapping[str, Tensor], unit: LossUnit, sampling: NegativeSampling | None = None
) -> dict[str, Tensor]:
    """The losses in units of the base rate's loss, as they come, or in nats and squared units of the label."""
    if unit == "base_rate":
        return dict(losses)
    heads = {name: network.head(name) for name in losses}
    bases = {name: head.base_loss if sampling is None else sampling.base_loss(head) for name, head in heads.items()}
    return {name: loss * bases[name] for name, loss in losses.items()}
