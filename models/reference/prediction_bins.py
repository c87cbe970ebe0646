"""Bins for the predictions of a head: of about equal weight, and none so narrow that a harmless change crosses it."""

import numpy as np
from numpy.typing import NDArray

from models.heads import LabelStatistics, RegressionStatistics
from models.reference.bins import prediction_edges

NUM_BINS = 20
NARROWEST = 0.4
"""Of the logarithm of a prediction, or in standard deviations of a regression's label. A head that knows little
predicts nearly one number: without this, a level that is 3% higher one day would look like another world. A fifth
up or down is what rates do from week to week."""


def bins_of_task(values: NDArray[np.float64], statistics: LabelStatistics) -> tuple[float, ...]:
    """Inner edges for a field of a head's answer.

    Args:
        values: predictions, finite, [rows].
        statistics: of the head's label.
    """
    if isinstance(statistics, RegressionStatistics):
        return prediction_edges(values, NUM_BINS, NARROWEST * statistics.standard_deviation, of_ratios=False)
    return prediction_edges(values, NUM_BINS, NARROWEST, of_ratios=True)
