"""One number a row: the centre of a log-normal whose spread is the same for all rows.

log(1 + duration / scale), standardised, is taken as Gaussian: durations are heavy-tailed with a spike at zero.
"""

import math
from statistics import NormalDist
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from models.frozen import Frozen
from models.heads.base import TaskBase
from models.heads.duration.head import DurationHead, Growths
from models.heads.duration.statistics import DurationStatistics


class LogNormalConfig(Frozen):
    """Squared error of the logarithm: the centre of a duration, with one spread for all rows."""

    kind: Literal["log_normal"] = "log_normal"
    coverage: float | None = Field(default=None, gt=0, lt=1)
    """Share of the rows that lie between NAME_low and NAME_high; without it neither is answered."""

    def build(self, task: TaskBase, input_width: int, statistics: DurationStatistics) -> "LogNormalHead":
        """The head for a representation (and estimates) of this width."""
        return LogNormalHead(task, statistics, input_width, 1, self.coverage)


class LogNormalHead(DurationHead):
    """A tower that predicts the standardised logarithm of a duration in seconds."""

    likelihood = "gaussian"

    @property
    def base_loss(self) -> float:
        """Squared error in log(1 + seconds / scale) of always predicting its mean."""
        return self.statistics.log_standard_deviation**2

    def loss(self, output: Tensor, label: Tensor) -> Tensor:
        """Squared error of the standardised logarithm, [batch]: 1 is as good as always predicting its mean.

        Args:
            output: [batch, 1].
            label: seconds, [batch].
        """
        return (output - self.taught(label))[:, 0].square()

    def taught(self, label: Tensor) -> Tensor:
        """The output that a label in seconds stands for, [batch, 1]: its standardised logarithm."""
        log_duration = torch.log1p(label / self.statistics.scale_seconds)
        return ((log_duration - self.statistics.log_mean) / self.statistics.log_standard_deviation).unsqueeze(1)

    def growths(self, output: Tensor) -> Growths:
        """The centre for mean and median, and ends that far from it as the spread of all labels says."""
        deviation = self.statistics.log_standard_deviation
        log_growth = output[:, 0].double() * deviation + self.statistics.log_mean
        reach = 0.0 if self.coverage is None else NormalDist().inv_cdf((1 + self.coverage) / 2) * deviation
        centre, low, high = (self._held(log_growth + shift) for shift in (0.0, -reach, reach))
        return Growths(centre, centre, low, high)

    def _held(self, log_growth: Tensor) -> Tensor:
        """The exponential, between 1 and what the longest duration seen gives."""
        longest = math.log1p(self.statistics.max_seconds / self.statistics.scale_seconds)
        return torch.exp(log_growth.clamp(0.0, longest))
