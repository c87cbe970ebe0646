"""Numbers that reach the network as distances from their mean, all such features of a batch at once."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models.columns import Column
from models.features.numeric import NumericFeature, NumericStatistics, transformed

LARGEST_DEVIATION = 1e6
"""Standardised values are held within this: a sentinel such as 1e308 must not become an infinity in float32."""


class Standardised:
    """Encodes numeric features with `encoding = "standardise"`.

    Args:
        features: in the order of their inputs, with what was measured of each.
    """

    def __init__(self, features: Sequence[tuple[NumericFeature, NumericStatistics]]) -> None:
        self.features = tuple(feature for feature, _ in features)
        self._means = np.array([measured.mean for _, measured in features])
        self._deviations = np.array([measured.standard_deviation for _, measured in features])

    def encode(self, given: Mapping[str, Column], num_rows: int) -> NDArray[np.float32]:
        """Two inputs a feature and row: the standardised value (0 where missing) and the missing flag.

        Args:
            given: columns of `num_rows` rows, or of one row for all; an absent one is missing.
            num_rows: rows to encode.

        Returns:
            [num_rows, features, 2]
        """
        if not self.features:
            return np.empty((num_rows, 0, 2), np.float32)
        values = np.empty((len(self.features), num_rows))
        for place, feature in enumerate(self.features):
            column = given.get(feature.name)
            if column is None:
                values[place] = np.nan
            else:
                assert isinstance(column, np.ndarray)
                values[place] = transformed(feature, column)
        values = values.T
        missing = np.isnan(values)
        with np.errstate(over="ignore"):
            distances = (values - self._means) / self._deviations
        distances[missing] = 0.0
        inputs = np.empty((num_rows, len(self.features), 2), np.float32)
        np.minimum(distances, LARGEST_DEVIATION, out=distances)
        inputs[..., 0] = np.maximum(distances, -LARGEST_DEVIATION, out=distances)
        inputs[..., 1] = missing
        return inputs
