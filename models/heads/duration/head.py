"""What all duration heads have: a distribution of 1 + seconds / scale, and how it becomes seconds."""

from abc import abstractmethod
from typing import NamedTuple

from torch import Tensor

from models.calibration import Calibration, Moment
from models.heads.base import TaskBase
from models.heads.duration.statistics import DurationStatistics
from models.heads.tower_head import TowerHead


class Growths(NamedTuple):
    """1 + seconds / scale before calibration, [batch] each, between 1 and what the longest duration seen gives.

    Attributes:
        mean: its mean.
        median: its median.
        low: lower end of the interval.
        high: upper end of the interval.
    """

    mean: Tensor
    median: Tensor
    low: Tensor
    high: Tensor


class DurationHead(TowerHead):
    """A tower that predicts the distribution of a duration in seconds.

    Args:
        task: what is predicted.
        statistics: of its label.
        input_width: of representation and estimates.
        num_outputs: numbers that describe the distribution.
        coverage: share of the rows that lie inside the interval; None answers no interval.
    """

    def __init__(
        self,
        task: TaskBase,
        statistics: DurationStatistics,
        input_width: int,
        num_outputs: int,
        coverage: float | None,
    ) -> None:
        super().__init__(task, input_width, num_outputs)
        self.statistics = statistics
        self.coverage = coverage

    @property
    def base_loss(self) -> float:
        """What the distribution of all rows costs, in nats or pinballs of the standardised logarithm."""
        cost = self.statistics.base_cost
        assert cost is not None, f"the statistics of task {self.task.name} were measured for another distribution"
        return cost

    @abstractmethod
    def growths(self, output: Tensor) -> Growths:
        """Mean, median and interval of 1 + seconds / scale."""

    def estimate(self, output: Tensor) -> Tensor:
        """The mean of the duration in units of the scale, before calibration, [batch, 1]."""
        return (self.growths(output).mean - 1.0).to(output.dtype).unsqueeze(1)

    def predict(self, output: Tensor, calibration: Calibration) -> dict[str, Tensor]:
        """Mean, median and, where asked for, the interval in seconds, [batch] each.

        The mean is at most the longest duration seen times the calibration's factor; all others are at most as long
        as that duration, and low <= median <= high.
        """
        growths = self.growths(output)
        moment = calibration if isinstance(calibration, Moment) else Moment()
        scale, longest = self.statistics.scale_seconds, self.statistics.max_seconds

        def seconds(factor: float, growth: Tensor, most: float | None = longest) -> Tensor:
            return (scale * (factor * growth - 1.0)).clamp(0.0, most).to(output.dtype)

        median = seconds(moment.median_factor, growths.median)
        found = [seconds(moment.factor, growths.mean, None), median]
        if self.coverage is not None:
            low = seconds(moment.low_factor, growths.low).minimum(median)
            found += [low, seconds(moment.high_factor, growths.high).maximum(median)]
        return dict(zip(self.task.prediction_names, found, strict=True))
