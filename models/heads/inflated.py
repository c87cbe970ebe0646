"""A log-normal with a lump below it: many visitors bounce and many users pay nothing, the rest spread over decades.

Three outputs a row: the log-odds of lying above the lump, and mean and spread of the logarithm of those who do; all
moved away from what the training window has, so outputs of zero predict just that. The cost is the negative logarithm
of the likelihood: Wang, Liu, Miao, "A Deep Probabilistic Model for Customer Lifetime Value Prediction", 2019,
https://arxiv.org/abs/1912.07753, equation 4, for a lump at zero.

Where the lump is wider than that, it is uniform from zero to its threshold and the log-normal is cut off there: its
likelihood is divided by the chance to lie above. That is ours; it keeps a label just above the threshold from being an
outlier of a logarithm that is not bounded below.
"""

import math
from typing import NamedTuple

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from models.frozen import Frozen
from models.heads.normal import Normal

NUM_OUTPUTS = 3
MOST_SPREAD = 1.5
"""A row's spread lies within a factor exp(1.5) = 4.5 of the spread of all rows: one label that is hit exactly must not
pay for an ever smaller one."""
FARTHEST = 8.0
"""Spreads by which the mean of a logarithm may lie below the threshold when it is read as a prediction."""
NORMAL = Normal()
HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)


class Inflation(Frozen):
    """What was measured of labels that lie in a lump at the bottom or above it, in the unit of the label."""

    threshold: float = Field(ge=0)
    """Labels up to this are the lump."""
    share_above: float = Field(gt=0, lt=1)
    log_mean: float
    """Mean of the logarithm above the threshold; of the log-normal before it is cut off."""
    log_deviation: float = Field(gt=0)
    log_unit: float = Field(gt=0)
    """Standard deviation of the logarithms seen above the threshold, in which costs are counted. Where much is cut off
    it is smaller than `log_deviation`."""


class Parameters(NamedTuple):
    """The distribution of each row, [rows] each, in the unit of the label.

    Attributes:
        logit: log-odds of lying above the lump.
        mean: of the logarithm above it.
        deviation: of the logarithm above it.
    """

    logit: Tensor
    mean: Tensor
    deviation: Tensor


class InflatedLogNormal:
    """Outputs read as a distribution.

    Args:
        measured: of the labels in the training window.
        largest: label seen; no mean and no quantile lies above it.
        normal: how the standard normal distribution is computed.
    """

    def __init__(self, measured: Inflation, largest: float, normal: Normal = NORMAL) -> None:
        self._measured = measured
        self._largest = largest
        self.normal = normal
        self.base_logit = math.log(measured.share_above) - math.log1p(-measured.share_above)

    def cost(self, output: Tensor, label: Tensor) -> Tensor:
        """Negative log likelihood in nats of the standardised logarithm, [rows].

        Not of the logarithm itself, so that no unit of the label moves the zero of this cost. As a density's it may
        fall below zero, where a head leaves less than 6% of the variance of the logarithm open.

        Args:
            output: [rows, 3].
            label: in its unit, [rows].
        """
        found = self._measured
        above = label > found.threshold
        seen = functional.binary_cross_entropy_with_logits(
            output[:, 0] + self.base_logit, above.to(output.dtype), reduction="none"
        )
        mean, log_spread = output[:, 1], _log_spread(output[:, 2])
        value = torch.where(above, label, torch.full_like(label, math.exp(found.log_mean)))
        error = (value.log() - found.log_mean) / found.log_deviation - mean
        unit = HALF_LOG_TWO_PI + math.log(found.log_deviation / found.log_unit)
        stayed = log_spread + 0.5 * (error * torch.exp(-log_spread)).square() + unit
        if found.threshold:
            cut = (math.log(found.threshold) - found.log_mean) / found.log_deviation
            stayed = stayed + self.normal.log_below((mean - cut) * torch.exp(-log_spread))
        return seen + torch.where(above, stayed, torch.zeros_like(stayed))

    def parameters(self, output: Tensor) -> Parameters:
        """The distribution of each row, in 64 bits."""
        found, output = self._measured, output.double()
        deviation = found.log_deviation * torch.exp(_log_spread(output[:, 2]))
        mean = found.log_mean + found.log_deviation * output[:, 1]
        if found.threshold:
            mean = torch.maximum(mean, math.log(found.threshold) - FARTHEST * deviation)
        return Parameters(output[:, 0] + self.base_logit, mean, deviation)

    def mean_above(self, row: Parameters) -> Tensor:
        """Mean of those above the lump, [rows]; at most the largest label seen."""
        exponent = row.mean + row.deviation.square() / 2
        if self._measured.threshold:
            margin = self._margin(row)
            exponent = exponent + self.normal.log_below(margin + row.deviation) - self.normal.log_below(margin)
        return self._held(exponent)

    def mean(self, row: Parameters) -> Tensor:
        """Mean of all, [rows]."""
        above = torch.sigmoid(row.logit)
        return above * self.mean_above(row) + (1 - above) * self._measured.threshold / 2

    def quantile(self, row: Parameters, level: float) -> Tensor:
        """What a share `level` stays below, [rows]; at most the largest label seen."""
        above, below = torch.sigmoid(row.logit), torch.sigmoid(-row.logit)
        inside = self._measured.threshold * (level / below.clamp(min=level))
        exceeding = ((1 - level) / above.clamp(min=1 - level)).clamp(max=1.0)
        chance = self.normal.below(self._margin(row)) if self._measured.threshold else 1.0
        exponent = row.mean - row.deviation * self.normal.place(exceeding * chance)
        return torch.where(level <= below, inside, self._held(exponent))

    def outputs(self, label: Tensor) -> Tensor:
        """What a label stands for, [rows, 3]: its side of the threshold, and its logarithm where it lies above.

        A side has no finite log-odds. Taken as one observation beside a prior of the base rate that is worth one more,
        it has, as for a binary head. One label says nothing of a spread, and one in the lump nothing of those above.
        """
        found = self._measured
        above = label > found.threshold
        logit = torch.logit((above.to(label.dtype) + found.share_above) / 2) - self.base_logit
        value = torch.where(above, label, torch.full_like(label, math.exp(found.log_mean)))
        standardised = (value.log() - found.log_mean) / found.log_deviation
        return torch.stack([logit, standardised, torch.zeros_like(logit)], dim=1)

    def _margin(self, row: Parameters) -> Tensor:
        """Spreads by which the mean of the logarithm lies above the threshold, [rows]."""
        return (row.mean - math.log(self._measured.threshold)) / row.deviation

    def _held(self, exponent: Tensor) -> Tensor:
        """The exponential, between the threshold and the largest label seen."""
        largest = max(self._largest, self._measured.threshold)
        return torch.exp(exponent.clamp(max=math.log(largest))).clamp(min=self._measured.threshold)


def _log_spread(output: Tensor) -> Tensor:
    """Logarithm of a row's spread in units of that of all rows, between -MOST_SPREAD and MOST_SPREAD."""
    return MOST_SPREAD * torch.tanh(output / MOST_SPREAD)
