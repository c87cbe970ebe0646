"""Three numbers a row: the chance to stay, and mean and spread of the logarithm of the stay.

A visit that ends at once says little of how long others stay, and squared errors of its logarithm pull their mean down.
So bounces are a lump of their own, and the stays are a log-normal above it; `models.heads.inflated` has the likelihood.
"""

from typing import Literal

from pydantic import Field
from torch import Tensor

from models.frozen import Frozen
from models.heads.base import TaskBase
from models.heads.duration.head import DurationHead, Growths
from models.heads.duration.statistics import DurationStatistics
from models.heads.inflated import NUM_OUTPUTS, InflatedLogNormal

SHORTEST_STAY = 1e-3
"""Of the typical duration: what is shorter counts as zero, because the logarithm of next to nothing is an outlier."""


class BounceLogNormalConfig(Frozen):
    """Bounces as a lump, stays as a log-normal whose mean and spread differ from row to row."""

    kind: Literal["bounce_log_normal"] = "bounce_log_normal"
    bounce_seconds: float = Field(default=2.0, ge=0)
    """Durations up to this are bounces; with 0 only those of zero and of less than a thousandth of the median are."""
    coverage: float = Field(default=0.9, gt=0, lt=1)
    """Share of the rows that lie between NAME_low and NAME_high."""

    def threshold(self, scale_seconds: float) -> float:
        """The longest bounce in seconds."""
        return max(self.bounce_seconds, SHORTEST_STAY * scale_seconds)

    def build(self, task: TaskBase, input_width: int, statistics: DurationStatistics) -> "BounceLogNormalHead":
        """The head for a representation (and estimates) of this width."""
        return BounceLogNormalHead(task, statistics, input_width, self.coverage)


class BounceLogNormalHead(DurationHead):
    """A tower that predicts how likely a bounce is and how long a stay."""

    likelihood = "categorical"

    def __init__(self, task: TaskBase, statistics: DurationStatistics, input_width: int, coverage: float) -> None:
        super().__init__(task, statistics, input_width, NUM_OUTPUTS, coverage)
        assert statistics.bounces is not None, f"the statistics of task {task.name} have no bounces"
        self._ends = ((1 - coverage) / 2, (1 + coverage) / 2)
        self.distribution = InflatedLogNormal(statistics.bounces, statistics.max_seconds)

    def loss(self, output: Tensor, label: Tensor) -> Tensor:
        """Negative log likelihood in units of that of the distribution of all rows, [batch].

        Both in nats of the standardised logarithm, so the unit of the label cancels and 1 knows nothing of the row.

        Args:
            output: [batch, 3].
            label: seconds, [batch].
        """
        return self.distribution.cost(output, label) / self.base_loss

    def taught(self, label: Tensor) -> Tensor:
        """The outputs that a label in seconds stands for, [batch, 3]."""
        return self.distribution.outputs(label)

    def growths(self, output: Tensor) -> Growths:
        """Mean and quantiles of the predicted distribution."""
        row, distribution = self.distribution.parameters(output), self.distribution
        low, high = (distribution.quantile(row, level) for level in self._ends)
        found = (distribution.mean(row), distribution.quantile(row, 0.5), low, high)
        return Growths(*(1.0 + seconds / self.statistics.scale_seconds for seconds in found))
