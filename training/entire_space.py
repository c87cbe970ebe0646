"""The loss of a task that is observed only where another happened, over the entire space of rows.

Two parts, each in units of what the base rates cost, so 1 knows nothing yet; with `ips` the loss is their mean. With
`none` it is the product alone. With `calibration` it is the cross-entropy of clicked rows without weights, which then
only serve the calibration: weights make a few rows count for many, and cost some of the order that a head can learn.
docs/results.md has what each of them corrects and costs.

    product   all rows: binary cross-entropy of P(click) P(conversion | click) against click and conversion.
              Ma, Zhao, Huang, Wang, Hu, Zhu, Gai, "Entire Space Multi-Task Model: An Effective Approach for Estimating
              Post-Click Conversion Rate", SIGIR 2018, https://arxiv.org/abs/1804.07931, equation 3.
    weighted  clicked rows: cross-entropy of P(conversion | click), each row weighted by 1 / P(click), so that clicked
              rows stand for all rows: the product alone answers the rate of those who click, too high for the others.
              Wang, Chang, Liu, Huang, Xu, Yu, Chu, Ren, "ESCM2: Entire Space Counterfactual Multi-Task Model for
              Post-Click Conversion Rate Estimation", SIGIR 2022, https://arxiv.org/abs/2204.05125, section 4.2.

The weights are self-normalised (Swaminathan, Joachims, "The Self-Normalized Estimator for Counterfactual Learning",
NIPS 2015): their mean over the clicked rows of a batch is 1. So a propensity that is off by a factor changes nothing,
and neither does the rarity of clicks. The propensity is a measurement and no lever: it is always detached, or a head
would lower its loss by calling its costly rows likely.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from models.heads import BinaryHead, BinaryTask
from models.network import Network
from training.negative_sampling import weighted_mean


def entire_space_loss(
    network: Network,
    task: BinaryTask,
    outputs: Mapping[str, Tensor],
    labels: Mapping[str, Tensor],
    stands_for: Tensor | None = None,
) -> Tensor | None:
    """Mean loss of a task with `entire_space`, a scalar; None where no row of the batch says anything.

    Args:
        network: whose heads these are.
        task: what is learned, say conversion.
        outputs: by task, [batch, 1].
        labels: by task, [batch], NaN where the label does not count.
        stands_for: how many rows of the log each one stands for, [batch], where negatives were left out.
    """
    space, click, own = task.entire_space, _seen_by(network, task), _binary(network, task.name)
    assert space is not None, f"task {task.name} learns where its label counts"
    output, label = outputs[task.name], labels[task.name]
    joint, observed = joint_label(labels[click.task.name], label), ~label.isnan()
    parts: list[Tensor] = []
    if space.learns_everywhere and (counts := ~joint.isnan()).any():
        chance = outputs[click.task.name][counts]
        chance = chance.detach() if space.stop_gradient else chance
        cost = product_loss(_logit(click, chance), _logit(own, output[counts]), joint[counts])
        cost = weighted_mean(cost, None if stands_for is None else stands_for[counts])
        parts.append(cost / _entropy(click.statistics.rate * own.statistics.rate))
    if space.correction != "none" and observed.any():
        weight = row_weights(network, task.name, outputs, observed) if space.correction == "ips" else None
        parts.append(weighted_mean(own.loss(output[observed], label[observed]), _times(weight, stands_for, observed)))
    return torch.stack(parts).mean() if parts else None


def row_weights(network: Network, name: str, outputs: Mapping[str, Tensor], rows: Tensor) -> Tensor | None:
    """For how many rows of average chance each one stands, [rows]; None where every row stands for itself.

    The click rate over P(click), at most `largest_weight`.

    Args:
        network: whose heads these are.
        name: of the task that learns from these rows.
        outputs: by task, [batch, outputs of the head].
        rows: which, a mask or an index.
    """
    task = network.graph.tasks[name]
    if not isinstance(task, BinaryTask) or task.entire_space is None or task.entire_space.correction == "none":
        return None
    click = _seen_by(network, task)
    probability = torch.sigmoid(_logit(click, outputs[click.task.name][rows].detach()))
    return (click.statistics.rate / probability).clamp(max=task.entire_space.largest_weight)


def joint_label(click: Tensor, conversion: Tensor) -> Tensor:
    """Click and conversion, [batch]: 0 where nothing was clicked, and NaN where either is unknown."""
    return torch.where(click == 0, torch.zeros_like(click), torch.where(click > 0, conversion, torch.nan))


def product_loss(click: Tensor, conversion: Tensor, joint: Tensor) -> Tensor:
    """Binary cross-entropy in nats of the product of two probabilities, [rows], from their logits.

    All in logarithms: log p = log P(click) + log P(conversion), and what is left of one is no click, or a click that
    does not convert. No logit overflows, and a product near 1 loses no digits.
    """
    log_click, log_conversion = logsigmoid(click), logsigmoid(conversion)
    log_neither = torch.logaddexp(logsigmoid(-click), log_click + logsigmoid(-conversion))
    return -(joint * (log_click + log_conversion) + (1 - joint) * log_neither)


def _times(weight: Tensor | None, stands_for: Tensor | None, observed: Tensor) -> Tensor | None:
    """Weights of the observed rows with those of left out rows, [rows]; None where all stand for themselves."""
    if stands_for is None:
        return weight
    return stands_for[observed] if weight is None else weight * stands_for[observed]


def _logit(head: BinaryHead, output: Tensor) -> Tensor:
    return output[:, 0] + head.base_logit


def _seen_by(network: Network, task: BinaryTask) -> BinaryHead:
    """The head of the task that decides whether this one's label is seen."""
    assert task.observed_when is not None, f"task {task.name} is always observed"
    return _binary(network, task.observed_when)


def _binary(network: Network, name: str) -> BinaryHead:
    head = network.head(name)
    assert isinstance(head, BinaryHead), f"task {name} is binary"
    return head


def _entropy(rate: float) -> float:
    """In nats, of a binary label with this rate."""
    return -rate * math.log(rate) - (1 - rate) * math.log1p(-rate)
