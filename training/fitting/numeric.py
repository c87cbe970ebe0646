"""Statistics of a numeric feature, from a stream."""

import math

import numpy as np

from models.columns import Numbers
from models.errors import DataError
from models.features import NumericFeature, NumericStatistics
from models.features.numeric import transformed
from training.fitting.sample import UniformSample

SAMPLE_SIZE = 200_000
"""Rows kept for quantiles: the standard error of a quantile's rank is below 0.12%."""


class NumericFit:
    """Collects mean, deviation and quantiles; missing values count apart."""

    def __init__(self, feature: NumericFeature, seed: int) -> None:
        self.feature = feature
        self.num_present = 0
        self._mean = 0.0
        self._squares = 0.0
        self._lowest, self._highest = math.inf, -math.inf
        self._sample = UniformSample(SAMPLE_SIZE, seed)

    def add(self, column: Numbers) -> None:
        """Take in a chunk. Moments of chunks are joined as in Chan, Golub, LeVeque 1979."""
        values = transformed(self.feature, column)
        values = values[~np.isnan(values)]
        if len(values) == 0:
            return
        total = self.num_present + len(values)
        with np.errstate(over="ignore", invalid="ignore"):  # refused in `statistics`, by name
            shift = values.mean() - self._mean
            self._squares += ((values - values.mean()) ** 2).sum() + shift**2 * self.num_present * len(values) / total
            self._mean += shift * len(values) / total
        self._lowest = min(self._lowest, float(values.min()))
        self._highest = max(self._highest, float(values.max()))
        self.num_present = total
        self._sample.add(values)

    def statistics(self) -> NumericStatistics:
        """What was measured; a constant feature keeps a deviation of 1.

        Raises:
            DataError: values so large that their squares are infinite.
        """
        if not math.isfinite(self._squares):
            raise DataError(
                f"a numeric feature has a mean and a deviation; column '{self.feature.name}' reaches from "
                f"{self._lowest:g} to {self._highest:g}: replace such stand-ins by null, or correct the log"
            )
        constant = self._lowest == self._highest  # rounding makes the deviation of a constant tiny, not zero
        deviation = 1.0 if constant else float(self._squares / self.num_present) ** 0.5 or 1.0
        return NumericStatistics(mean=float(self._mean), standard_deviation=deviation, boundaries=self._boundaries())

    def _boundaries(self) -> tuple[float, ...]:
        ranks = np.arange(1, self.feature.num_buckets) / self.feature.num_buckets
        quantiles = np.unique(np.quantile(self._sample.values, ranks, method="higher"))
        lowest = self._sample.values.min()
        return tuple(float(edge) for edge in quantiles if edge > lowest)  # an edge at the minimum cuts nothing off
