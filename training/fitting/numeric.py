"""Statistics of a numeric feature, from a stream."""

import numpy as np

from models.columns import Numbers
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
        self._sample = UniformSample(SAMPLE_SIZE, seed)

    def add(self, column: Numbers) -> None:
        """Take in a chunk. Moments of chunks are joined as in Chan, Golub, LeVeque 1979."""
        values = transformed(self.feature, column)
        values = values[~np.isnan(values)]
        if len(values) == 0:
            return
        total = self.num_present + len(values)
        shift = float(values.mean()) - self._mean
        self._squares += (
            float(((values - values.mean()) ** 2).sum()) + shift**2 * self.num_present * len(values) / total
        )
        self._mean += shift * len(values) / total
        self.num_present = total
        self._sample.add(values)

    def statistics(self) -> NumericStatistics:
        """What was measured; a constant feature keeps a deviation of 1."""
        deviation = (self._squares / self.num_present) ** 0.5
        return NumericStatistics(
            mean=self._mean, standard_deviation=deviation if deviation > 0 else 1.0, boundaries=self._boundaries()
        )

    def _boundaries(self) -> tuple[float, ...]:
        ranks = np.arange(1, self.feature.num_buckets) / self.feature.num_buckets
        quantiles = np.unique(np.quantile(self._sample.values, ranks, method="higher"))
        lowest = self._sample.values.min()
        return tuple(float(edge) for edge in quantiles if edge > lowest)  # an edge at the minimum cuts nothing off
