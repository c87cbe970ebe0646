"""Statistics of a numeric feature, from a stream."""

import math

import numpy as np

from models.columns import Numbers
from models.errors import DataError
from models.features import NumericFeature, NumericStatistics
from models.features.numeric import transformed
from training.fitting.moments import Moments
from training.fitting.sample import UniformSample

SAMPLE_SIZE = 200_000
"""Rows kept for quantiles: the standard error of a quantile's rank is below 0.12%."""


class NumericFit:
    """Collects mean, deviation and quantiles; missing values count apart."""

    def __init__(self, feature: NumericFeature, seed: int) -> None:
        self.feature = feature
        self._moments = Moments()
        self._sample = UniformSample(SAMPLE_SIZE, seed)

    def add(self, column: Numbers) -> None:
        """Take in a chunk."""
        values = transformed(self.feature, column)
        values = values[~np.isnan(values)]
        self._moments.add(values)
        self._sample.add(values)

    def statistics(self) -> NumericStatistics:
        """What was measured; a constant feature keeps a deviation of 1.

        Raises:
            DataError: values so large that their squares are infinite.
        """
        found = self._moments
        if not math.isfinite(found.deviation):
            raise DataError(
                f"a numeric feature has a mean and a deviation; column '{self.feature.name}' reaches from "
                f"{found.lowest:g} to {found.highest:g}: replace such stand-ins by null, or correct the log"
            )
        deviation = 1.0 if found.is_constant else found.deviation or 1.0
        return NumericStatistics(
            mean=found.mean,
            standard_deviation=deviation,
            boundaries=self._boundaries(),
            lowest=found.lowest,
            highest=found.highest,
        )

    def _boundaries(self) -> tuple[float, ...]:
        ranks = np.arange(1, self.feature.num_buckets) / self.feature.num_buckets
        quantiles = np.unique(np.quantile(self._sample.values, ranks, method="higher"))
        lowest = self._sample.values.min()
        return tuple(float(edge) for edge in quantiles if edge > lowest)  # an edge at the minimum cuts nothing off
