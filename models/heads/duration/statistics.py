"""What a duration head knows of its label before it learns."""

from typing import Literal

from pydantic import Field

from models.frozen import Frozen
from models.heads.inflated import Inflation


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
    quantiles_seconds: tuple[float, ...] = ()
    """Durations below which evenly spaced shares of the rows stay, (k + 1/2) / number; empty without an interval."""
    bounces: Inflation | None = None
    """Of a distribution with bounces: how many, and how long the others stay."""
    base_cost: float | None = Field(default=None, gt=0)
    """What the distribution of all rows costs, in the unit of the distribution's own loss; None for `log_normal`."""
