"""Leaves out most negatives of one task while training, and makes the losses right for it exactly.

He, Pan, Jin, Xu, Liu, Xu, Shi, Atallah, Herbrich, Bowers, Quinonero Candela, "Practical Lessons from Predicting Clicks
on Ads at Facebook", ADKDD 2014, https://doi.org/10.1145/2648584.2648589, section 6.3: a model trained where negatives
are kept with probability w predicts p, and the truth is q = p / (p + (1 - p) / w). In log-odds this is a shift,
logit q = logit p + log w. So we do not undo it when serving: the loss is taken at logit q - log w, and the network's
output means the whole distribution from the first step on. Whoever reads this task reads the truth, and neither
calibration nor serving knows of the sampling.

Another task that learns from rows whose negatives were thinned counts each kept negative 1 / w times, which leaves the
expectation of its sums as it was: Horvitz, Thompson, "A Generalization of Sampling Without Replacement from a Finite
Universe", JASA 1952, https://doi.org/10.1080/01621459.1952.10483446.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from models.errors import ConfigError
from models.frozen import Frozen
from models.heads import BinaryHead, BinaryStatistics, BinaryTask, Head, Task
from models.names import TaskName


class NegativeSampling(Frozen):
    """Which rows training batches leave out; validation, test, vocabularies and statistics see all rows."""

    task: TaskName
    """A binary task; rows in which its label is 0 are thinned."""
    keep: float = Field(gt=0, le=1)
    """Share of those rows that an epoch trains on; each epoch draws anew."""

    def kept(self, labels: Mapping[str, Tensor], random: np.random.Generator) -> Tensor:
        """Positions of the rows that stay, rising; positives and rows without the label always do.

        Args:
            labels: by task, [rows], NaN where the label does not count.
            random: one number a row is drawn of it, whatever the labels are.
        """
        label = labels[self.task]
        drawn = torch.from_numpy(random.random(len(label)) < self.keep)
        return (drawn | (label != 0)).nonzero()[:, 0]

    def weights(self, labels: Mapping[str, Tensor]) -> Tensor:
        """For how many rows of the log each kept one stands, [rows]."""
        return torch.where(labels[self.task] == 0, 1.0 / self.keep, 1.0)

    def mean_loss(self, head: Head, output: Tensor, label: Tensor, weight: Tensor) -> Tensor:
        """Mean loss of a task over kept rows, a scalar; 1 is as good as the base rate in any case.

        The sampled task itself needs no weights: what is left of it is a sample of which the odds are known.

        Args:
            head: of the task.
            output: [rows, outputs of the head].
            label: [rows], all observed.
            weight: of each row, [rows].
        """
        if head.task.name != self.task:
            return weighted_mean(head.loss(output, label), weight)
        unit = head.base_loss / self.base_loss(head)
        return unit * head.loss(output - math.log(self.keep), label).mean()

    def base_loss(self, head: Head) -> float:
        """What always predicting the base rate costs on kept rows, in the label's own unit."""
        if head.task.name != self.task:
            return head.base_loss
        assert isinstance(head, BinaryHead), f"task {self.task} is binary"
        rate = head.statistics.rate
        sampled = rate / (rate + (1 - rate) * self.keep)
        return head.statistics.model_copy(update={"rate": sampled}).entropy

    def expected_rows(self, num_rows: int, statistics: BinaryStatistics) -> int:
        """How many rows of a window an epoch is expected to keep.

        Args:
            num_rows: rows of the window.
            statistics: of the task's label in it.
        """
        negatives = statistics.num_observed * (1 - statistics.rate)
        return max(1, round(num_rows - (1 - self.keep) * negatives))


def check_sampling(sampling: NegativeSampling | None, tasks: Sequence[Task]) -> None:
    """Refuse a sampling of what is no binary task.

    Raises:
        ConfigError: naming it.
    """
    binary = [task.name for task in tasks if isinstance(task, BinaryTask)]
    if sampling is not None and sampling.task not in binary:
        raise ConfigError(
            f"`data.negative_sampling` thins the negatives of a binary task; found task '{sampling.task}', which is "
            f"none of: {', '.join(binary) or '(there is none)'}"
        )


def weighted_mean(values: Tensor, weight: Tensor | None) -> Tensor:
    """Mean of values, [rows], a scalar; with weights the self-normalised one."""
    return values.mean() if weight is None else (weight * values).sum() / weight.sum()
