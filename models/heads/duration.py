"""A task that takes a time: dwell, watch time.

The head models log(1 + duration / scale), standardised, as Gaussian: durations are heavy-tailed with a spike at zero.
The scale is the median of the positive durations of the log, so the unit of the label cancels exactly: a log in
milliseconds trains to the same network as the same log in seconds.
"""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from models.calibration import Calibration, Moment
from models.frozen import Frozen
from models.heads.base import TaskBase
from models.mlp import Mlp

SECONDS_IN: dict[str, float] = {"ms": 1e-3, "s": 1.0, "min": 60.0}


class DurationStatistics(Frozen):
    """What was measured of a duration over the training window, in seconds."""

    kind: Literal["duration"] = "duration"
    num_observed: int = Field(ge=1)
    mean_seconds: float = Field(ge=0)
    max_seconds: float = Field(gt=0)
    scale_seconds: float = Field(gt=0)
    """Median of the positive durations."""
    log_mean: float
    """Mean of log(1 + seconds / scale)."""
    log_standard_deviation: float = Field(gt=0)


class DurationTask(TaskBase):
    """Predicts seconds; the label is zero or more, or null (not observed)."""

    kind: Literal["duration"]
    unit: Literal["ms", "s", "min"] = "s"
    """Unit of the label's column. Predictions and metrics are in seconds."""

    @property
    def seconds_per_unit(self) -> float:
        """Seconds in one unit of the label."""
        return SECONDS_IN[self.unit]

    @property
    def prediction_names(self) -> tuple[str, ...]:
        """Fields of the answer that this task fills: the mean and the median, in seconds."""
        return (self.name, f"{self.name}_median")

    def build(self, input_width: int, statistics: DurationStatistics) -> "DurationHead":
        """The head for a representation (and estimates) of this width."""
        return DurationHead(self, input_width, statistics)


class DurationHead(nn.Module):
    """A tower that predicts the standardised logarithm of a duration in seconds."""

    num_outputs = 1
    likelihood: Literal["gaussian", "categorical"] = "gaussian"

    def __init__(self, task: DurationTask, input_width: int, statistics: DurationStatistics) -> None:
        super().__init__()
        self.task = task
        self.statistics = statistics
        self.tower = Mlp(input_width, task.tower)
        self.output = nn.Linear(self.tower.output_width, 1)

    @property
    def base_loss(self) -> float:
        """Squared error in log(1 + seconds / scale) of always predicting its mean."""
        return self.statistics.log_standard_deviation**2

    def forward(self, x: Tensor) -> Tensor:
        """Standardised log-duration, [batch, 1]."""
        output: Tensor = self.output(self.tower(x))
        return output

    def loss(self, output: Tensor, label: Tensor) -> Tensor:
        """Squared error of the standardised logarithm, [batch]: 1 is as good as always predicting its mean.

        Args:
            output: [batch, 1].
            label: seconds, [batch].
        """
        return (output - self.taught(label))[:, 0].square()

    def estimate(self, output: Tensor) -> Tensor:
        """The centre of the duration in units of the scale, before calibration, [batch, 1]."""
        return (self.growth(output) - 1.0).unsqueeze(1)

    def taught(self, label: Tensor) -> Tensor:
        """The output that a label in seconds stands for, [batch, 1]: its standardised logarithm."""
        log_duration = torch.log1p(label / self.statistics.scale_seconds)
        return ((log_duration - self.statistics.log_mean) / self.statistics.log_standard_deviation).unsqueeze(1)

    def growth(self, output: Tensor) -> Tensor:
        """The centre of 1 + seconds / scale, [batch]: exp of the predicted mean of its logarithm.

        Held between 1 and what the longest duration seen gives.
        """
        log_duration = output[:, 0] * self.statistics.log_standard_deviation + self.statistics.log_mean
        longest = self.statistics.max_seconds / self.statistics.scale_seconds
        return torch.exp(log_duration).clamp(1.0, 1.0 + longest)

    def predict(self, output: Tensor, calibration: Calibration) -> dict[str, Tensor]:
        """Mean and median in seconds, [batch] each."""
        growth = self.growth(output)
        moment = calibration if isinstance(calibration, Moment) else Moment()
        longest = self.statistics.max_seconds / self.statistics.scale_seconds
        mean, median = self.task.prediction_names
        return {
            mean: self.statistics.scale_seconds * (moment.factor * growth - 1.0).clamp(min=0.0),
            median: self.statistics.scale_seconds * (moment.median_factor * growth - 1.0).clamp(0.0, longest),
        }
