"""A task that takes a time: dwell, watch time.

All distributions are of durations in units of a scale, the median of the positive durations of the log, so the unit of
the label cancels exactly: a log in milliseconds trains to the same network as the same log in seconds.
"""

from typing import Annotated, Literal

from pydantic import Field

from models.heads.base import TaskBase
from models.heads.duration.bounce_log_normal import BounceLogNormalConfig
from models.heads.duration.head import DurationHead
from models.heads.duration.log_normal import LogNormalConfig
from models.heads.duration.quantiles import QuantilesConfig
from models.heads.duration.statistics import DurationStatistics

SECONDS_IN: dict[str, float] = {"ms": 1e-3, "s": 1.0, "min": 60.0}
DurationDistribution = Annotated[LogNormalConfig | BounceLogNormalConfig | QuantilesConfig, Field(discriminator="kind")]


class DurationTask(TaskBase):
    """Predicts seconds; the label is zero or more, or null (not observed)."""

    kind: Literal["duration"]
    unit: Literal["ms", "s", "min"] = "s"
    """Unit of the label's column. Predictions and metrics are in seconds."""
    distribution: DurationDistribution = LogNormalConfig()
    """What is predicted of a duration: `log_normal`, `bounce_log_normal` or `quantiles`."""

    @property
    def seconds_per_unit(self) -> float:
        """Seconds in one unit of the label."""
        return SECONDS_IN[self.unit]

    @property
    def coverage(self) -> float | None:
        """Share of the rows that lie inside the interval that is answered; None where none is."""
        return self.distribution.coverage

    @property
    def prediction_names(self) -> tuple[str, ...]:
        """Fields of the answer that this task fills, in seconds: mean, median, and the ends of an interval."""
        ends = () if self.coverage is None else (f"{self.name}_low", f"{self.name}_high")
        return (self.name, f"{self.name}_median", *ends)

    def build(self, input_width: int, statistics: DurationStatistics) -> DurationHead:
        """The head for a representation (and estimates) of this width."""
        return self.distribution.build(self, input_width, statistics)
