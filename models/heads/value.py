"""A task that is worth something: what a purchase brings, most often nothing.

The amount is zero or log-normal (ZILN, see `models.heads.inflated`): most rows are worth nothing, and the rest spread
over decades. A sum of all of them is what counts, so the mean is answered and not a typical amount. Its unit cancels
exactly: a log in cents trains to the same network as the same log in euros.
"""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from models.calibration import Amount, Calibration
from models.frozen import Frozen
from models.heads.base import TaskBase
from models.heads.inflated import NUM_OUTPUTS, InflatedLogNormal, Inflation
from models.heads.tower_head import TowerHead


class ValueStatistics(Frozen):
    """What was measured of an amount over the training window, in the label's unit."""

    kind: Literal["value"] = "value"
    num_observed: int = Field(ge=1)
    mean: float = Field(gt=0)
    max: float = Field(gt=0)
    amounts: Inflation
    """How many rows are worth something, and how much."""
    base_cost: float = Field(gt=0)
    """What the distribution of all rows costs, in nats of the standardised logarithm."""


class ValueTask(TaskBase):
    """Predicts an amount in the unit of its label; the label is zero or more, or null (not observed)."""

    kind: Literal["value"]

    @property
    def prediction_names(self) -> tuple[str, ...]:
        """Fields of the answer that this task fills: the expected amount, and the probability that there is one."""
        return (self.name, f"{self.name}_probability")

    def build(self, input_width: int, statistics: ValueStatistics) -> "ValueHead":
        """The head for a representation (and estimates) of this width."""
        return ValueHead(self, input_width, statistics)


class ValueHead(TowerHead):
    """A tower that predicts how likely an amount above zero is, and how large."""

    likelihood = "categorical"

    def __init__(self, task: ValueTask, input_width: int, statistics: ValueStatistics) -> None:
        super().__init__(task, input_width, NUM_OUTPUTS)
        self.statistics = statistics
        self.distribution = InflatedLogNormal(statistics.amounts, statistics.max)

    @property
    def base_loss(self) -> float:
        """Negative log likelihood of the distribution of all rows, in nats of the standardised logarithm."""
        return self.statistics.base_cost

    def loss(self, output: Tensor, label: Tensor) -> Tensor:
        """Negative log likelihood in units of that of the distribution of all rows, [batch].

        Args:
            output: [batch, 3].
            label: in its own unit, [batch].
        """
        return self.distribution.cost(output, label) / self.base_loss

    def estimate(self, output: Tensor) -> Tensor:
        """The expected amount before calibration in units of the mean of all rows, [batch, 1]."""
        expected = self.distribution.mean(self.distribution.parameters(output)) / self.statistics.mean
        return expected.to(output.dtype).unsqueeze(1)

    def taught(self, label: Tensor) -> Tensor:
        """The outputs that a label stands for, [batch, 3]."""
        return self.distribution.outputs(label)

    def predict(self, output: Tensor, calibration: Calibration) -> dict[str, Tensor]:
        """The expected amount in the label's unit, and the probability that it is above zero, [batch] each.

        The amount is at most the largest seen times the calibration's factor.
        """
        amount = calibration if isinstance(calibration, Amount) else Amount()
        row = self.distribution.parameters(output)
        probability = torch.sigmoid(amount.logit(row.logit))
        expected = amount.factor * probability * self.distribution.mean_above(row)
        name, probable = self.task.prediction_names
        return {name: expected.to(output.dtype), probable: probability.to(output.dtype)}
