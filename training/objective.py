"""Each task's loss over the rows in which its label counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from torch import Tensor

from models.heads import BinaryTask
from models.network import Network
from training.entire_space import entire_space_loss

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


def task_losses(network: Network, outputs: Mapping[str, Tensor], labels: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Mean loss of each task, a scalar, in units of the loss of always predicting the base rate.

    Args:
        network: whose heads know their losses.
        outputs: by task, [batch, outputs of the head].
        labels: by task, [batch], NaN where the label does not count.

    Returns:
        Only tasks with at least one row in the batch that says anything: a mean of nothing is no loss of zero.
    """
    found = {name: _loss(network, name, outputs, labels) for name in outputs}
    return {name: loss for name, loss in found.items() if loss is not None}


def _loss(network: Network, name: str, outputs: Mapping[str, Tensor], labels: Mapping[str, Tensor]) -> Tensor | None:
    """Mean loss of a task, a scalar; None without a row."""
    task = network.graph.tasks[name]
    if isinstance(task, BinaryTask) and task.entire_space is not None:
        return entire_space_loss(network, task, outputs, labels)
    observed = ~labels[name].isnan()
    return network.head(name).loss(outputs[name][observed], labels[name][observed]).mean() if observed.any() else None


def observed_shares(network: Network, labels: Mapping[str, Tensor]) -> dict[str, float]:
    """By task, the share of rows that its loss is the mean of; a loss over the entire space is the mean of all."""
    tasks = network.graph.tasks.values()
    everywhere = {
        task.name
        for task in tasks
        if isinstance(task, BinaryTask) and task.entire_space is not None and task.entire_space.learns_everywhere
    }
    return {
        name: 1.0 if name in everywhere else 1.0 - float(label.isnan().float().mean()) for name, label in labels.items()
    }


def in_unit(network: Network, losses: Mapping[str, Tensor], unit: LossUnit) -> dict[str, Tensor]:
    """The losses in units of the base rate's loss, as they come, or in nats and squared units of the label."""
    if unit == "base_rate":
        return dict(losses)
    return {name: loss * network.head(name).base_loss for name, loss in losses.items()}
