"""Mean and spread of a stream of numbers."""

import math

import numpy as np
from numpy.typing import NDArray


class Moments:
    """Count, mean, deviation, smallest and largest value.

    Chunks are joined by their means and squared distances from them (Chan, Golub, LeVeque, "Updating Formulae and a
    Pairwise Algorithm for Computing Sample Variances", 1979), so values far from zero lose no digits.
    """

    def __init__(self) -> None:
        self.num_values = 0
        self.mean = 0.0
        self.lowest, self.highest = math.inf, -math.inf
        self._squares = 0.0

    def add(self, values: NDArray[np.float64]) -> None:
        """Take in a chunk without NaN, [rows]."""
        if len(values) == 0:
            return
        total = self.num_values + len(values)
        with np.errstate(over="ignore", invalid="ignore"):  # `deviation` is not finite then: whoever reads it refuses
            mean = float(values.mean())
            shift = mean - self.mean
            squares = float(np.square(values - mean).sum())
            self._squares += squares + shift * shift * self.num_values * len(values) / total
            self.mean += shift * len(values) / total
        self.lowest = min(self.lowest, float(values.min()))
        self.highest = max(self.highest, float(values.max()))
        self.num_values = total

    @property
    def is_constant(self) -> bool:
        """Whether there are no two different values; rounding makes the deviation of a constant tiny, not zero."""
        return self.lowest >= self.highest

    @property
    def deviation(self) -> float:
        """Standard deviation of all values; NaN or infinite where their squares are too large to be held."""
        return math.sqrt(self._squares / self.num_values)
