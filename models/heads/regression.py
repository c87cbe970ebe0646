"""A task that is a number: a rating, an amount, a change that may be negative.

The head models the standardised label as Gaussian. The mean and the standard deviation are those of the training
window, so the unit of the label and its zero cancel exactly: a log in cents trains to the same network as the same log
in euros. A time spent is better a `duration`: its tail is too heavy for squared errors.
"""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from models.calibration import Calibration, Line
from models.frozen import Frozen
from models.heads.base import TaskBase
from models.heads.tower_head import TowerHead


class RegressionStatistics(Frozen):
    """What was measured of a number over the training window, in the label's unit."""

    kind: Literal["regression"] = "regression"
    num_observed: int = Field(ge=1)
    mean: float
    standard_deviation: float = Field(gt=0)
    min: float
    max: float


class RegressionTask(TaskBase):
    """Predicts the mean of a number in the unit of its label; the label is any finite number or null (not observed)."""

    kind: Literal["regression"]

    def build(self, input_width: int, statistics: RegressionStatistics) -> "RegressionHead":
        """The head for a representation (and estimates) of this width."""
        return RegressionHead(self, input_width, statistics)


class RegressionHead(TowerHead):
    """A tower that predicts the standardised value of a label."""

    likelihood = "gaussian"

    def __init__(self, task: RegressionTask, input_width: int, statistics: RegressionStatistics) -> None:
        super().__init__(task, input_width)
        self.statistics = statistics

    @property
    def base_loss(self) -> float:
        """Squared error, in the label's unit squared, of always predicting the mean: the variance."""
        return self.statistics.standard_deviation**2

    def loss(self, output: Tensor, label: Tensor) -> Tensor:
        """Squared error of the standardised label, [batch]: 1 is as good as always predicting the mean.

        Args:
            output: [batch, 1].
            label: in its own unit, [batch].
        """
        return (output - self.taught(label))[:, 0].square()

    def estimate(self, output: Tensor) -> Tensor:
        """The value before calibration in standard deviations from the mean, [batch, 1]: the output itself."""
        return output

    def taught(self, label: Tensor) -> Tensor:
        """The output that a label stands for, [batch, 1]: its standardised value.

        In 64 bits, because the mean may be many deviations from zero and the label's digits would cancel.
        """
        standardised = (label.double() - self.statistics.mean) / self.statistics.standard_deviation
        return standardised.to(torch.get_default_dtype()).unsqueeze(1)

    def predict(self, output: Tensor, calibration: Calibration) -> dict[str, Tensor]:
        """The mean in the label's unit, [batch].

        Held between the smallest and the largest label seen: a mean lies among the values that it is the mean of, and
        an outlier among the features must not answer a rating of 17.
        """
        standardised = output[:, 0].double()
        if isinstance(calibration, Line):
            standardised = calibration.value(standardised)
        value = self.statistics.mean + self.statistics.standard_deviation * standardised
        return {self.task.name: value.clamp(self.statistics.min, self.statistics.max).to(output.dtype)}
