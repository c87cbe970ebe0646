"""A row's quantiles, whatever the shape of its distribution: no bounce and no tail has to be named.

Lin, Wang, Xu, Kang, Chen, Wang, "Conditional Quantile Estimation for Uncertain Watch Time in Short-Video
Recommendation", 2024, https://arxiv.org/abs/2407.12223: many quantiles from one head, learned with the pinball loss of
Koenker, Bassett, "Regression Quantiles", Econometrica 1978, and none crosses another, because a head predicts the
distances between neighbours. Three things are ours. The quantiles are of the standardised logarithm, so that no unit
and no long duration rules the loss. Distances are counted from the median outwards, in units of those in the training
window, so that outputs of zero are the quantiles of all rows. And the mean is that of the whole distribution, straight
between the quantiles and flat beyond them.
"""

import math
from typing import Literal, Self

import numpy as np
import torch
from pydantic import Field, model_validator
from torch import Tensor
from torch.nn import functional

from models.errors import ConfigError
from models.frozen import Frozen
from models.heads.base import TaskBase
from models.heads.duration.head import DurationHead, Growths
from models.heads.duration.statistics import DurationStatistics

SMALLEST_DISTANCE = 0.01
"""Between neighbours, in standard deviations: where many labels are equal, their quantiles could not part otherwise."""
AT_ONE = math.log(math.e - 1)
"""Where softplus is 1."""
NEAR = 1e-6
"""Two logarithms this near are taken as one."""


class QuantilesConfig(Frozen):
    """Quantiles of each row, evenly spaced and never crossing, learned with the pinball loss."""

    kind: Literal["quantiles"] = "quantiles"
    num_quantiles: int = Field(default=21, ge=3, le=199)
    """How many, an odd number, so that the median is one of them."""
    coverage: float = Field(default=0.9, gt=0, lt=1)
    """Share of the rows that lie between NAME_low and NAME_high."""

    @model_validator(mode="after")
    def _has_a_middle(self) -> Self:
        if self.num_quantiles % 2 == 0:
            raise ConfigError(
                f"the median is one of the quantiles, so their number is odd; found num_quantiles = "
                f"{self.num_quantiles}: take {self.num_quantiles + 1}"
            )
        return self

    def build(self, task: TaskBase, input_width: int, statistics: DurationStatistics) -> "QuantilesHead":
        """The head for a representation (and estimates) of this width."""
        return QuantilesHead(task, statistics, input_width, self)


class QuantilesHead(DurationHead):
    """A tower that predicts the median of a standardised logarithm and the distances between its quantiles."""

    likelihood = "categorical"

    levels: Tensor
    median: Tensor
    below: Tensor
    above: Tensor

    def __init__(
        self, task: TaskBase, statistics: DurationStatistics, input_width: int, config: QuantilesConfig
    ) -> None:
        number, seen = config.num_quantiles, statistics.quantiles_seconds
        super().__init__(task, statistics, input_width, number, config.coverage)
        assert seen, f"the statistics of task {task.name} have no quantiles"
        self._middle = number // 2
        levels = (np.arange(number) + 0.5) / number
        known = np.log1p(np.asarray(seen) / statistics.scale_seconds)
        standardised = (known - statistics.log_mean) / statistics.log_standard_deviation
        base = np.interp(levels, (np.arange(len(seen)) + 0.5) / len(seen), standardised)
        distances = np.maximum(np.diff(base), SMALLEST_DISTANCE)
        for name, values in (
            ("levels", levels),
            ("median", base[self._middle]),
            ("below", distances[: self._middle][::-1].copy()),
            ("above", distances[self._middle :]),
        ):
            self.register_buffer(name, torch.as_tensor(values, dtype=torch.get_default_dtype()), persistent=False)

    def loss(self, output: Tensor, label: Tensor) -> Tensor:
        """Mean pinball loss of all quantiles in units of that of the quantiles of all rows, [batch].

        Args:
            output: [batch, num_quantiles].
            label: seconds, [batch].
        """
        above = self._standardised(label).unsqueeze(1) - self.quantiles(output)
        return torch.maximum(self.levels * above, (self.levels - 1) * above).mean(dim=1) / self.base_loss

    def quantiles(self, output: Tensor) -> Tensor:
        """Of the standardised logarithm, [batch, num_quantiles], in rising order."""
        median = self.median + output[:, self._middle : self._middle + 1]
        parts = functional.softplus(output + AT_ONE)
        down = (self.below * parts[:, : self._middle].flip(1)).cumsum(dim=1)
        up = (self.above * parts[:, self._middle + 1 :]).cumsum(dim=1)
        return torch.cat([median - down.flip(1), median, median + up], dim=1)

    def taught(self, label: Tensor) -> Tensor:
        """The outputs that a label in seconds stands for, [batch, num_quantiles]: it as the median, and no distance.

        One label says nothing of a spread.
        """
        outputs = torch.zeros(len(label), self.num_outputs, dtype=label.dtype, device=label.device)
        outputs[:, self._middle] = self._standardised(label) - self.median
        return outputs

    def growths(self, output: Tensor) -> Growths:
        """Of the distribution that is straight between the quantiles of the logarithm and flat beyond them."""
        statistics = self.statistics
        log_growth = self.quantiles(output).double() * statistics.log_standard_deviation + statistics.log_mean
        log_growth = log_growth.clamp(0.0, math.log1p(statistics.max_seconds / statistics.scale_seconds))
        growth = torch.exp(log_growth)
        distance = log_growth.diff(dim=1)
        inner = torch.where(
            distance > NEAR, growth.diff(dim=1) / distance.clamp(min=NEAR), (growth[:, 1:] + growth[:, :-1]) / 2
        )
        mean = (inner.sum(dim=1) + (growth[:, 0] + growth[:, -1]) / 2) / self.num_outputs
        assert self.coverage is not None
        low, high = (self._at(log_growth, level) for level in ((1 - self.coverage) / 2, (1 + self.coverage) / 2))
        return Growths(mean, growth[:, self._middle], torch.exp(low), torch.exp(high))

    def _at(self, quantiles: Tensor, level: float) -> Tensor:
        """The quantile of a level between two others, [batch]; beyond the outermost, that one."""
        place = min(max(level * self.num_outputs - 0.5, 0.0), self.num_outputs - 1.0)
        before = min(int(place), self.num_outputs - 2)
        return torch.lerp(quantiles[:, before], quantiles[:, before + 1], place - before)

    def _standardised(self, label: Tensor) -> Tensor:
        log_duration = torch.log1p(label / self.statistics.scale_seconds)
        return (log_duration - self.statistics.log_mean) / self.statistics.log_standard_deviation
