"""A number of candidate and champion on the same rows, and how far their difference would move on other rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from training.comparison.measures import Valued
from training.comparison.paired import MIN_RESAMPLES
from training.comparison.resampling import Draws, Sampled, sampled

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Evidence:
    """A number with its interval.

    Attributes:
        value: on all rows.
        half_width: of the interval around it.
    """

    value: float
    half_width: float

    @property
    def low(self) -> float:
        """The interval's lower end."""
        return self.value - self.half_width

    @property
    def high(self) -> float:
        """The interval's upper end."""
        return self.value + self.half_width

    @property
    def least_size(self) -> float:
        """How far from 0 it is at the least; 0 where the interval holds 0."""
        return max(0.0, abs(self.value) - self.half_width)


class Rows:
    """Rows in which a label counts, and draws of them or of whole groups, the same for every model.

    Args:
        label: [rows].
        groups: what rows belong together, the user say, [rows]; None where each row stands for itself.
        confidence: of intervals, one-sided.
    """

    def __init__(self, label: Floats, groups: pd.Series | None, confidence: float) -> None:
        self.label = label
        self._groups = groups
        self._width = float(norm.ppf(confidence))

    def __len__(self) -> int:
        return len(self.label)

    @cached_property
    def _draws(self) -> Draws:
        """Of no rows there is none; nobody asks for it then."""
        return Draws(self._groups, len(self.label))

    def sampled(self, measure: Valued, predictions: Sequence[Floats]) -> Sampled:
        """A measure of a model on all rows and on each draw."""
        return sampled(measure, self.label, predictions, self._draws)

    def evidence(self, one: Sampled, other: Sampled | None = None) -> Evidence | None:
        """A number, or the difference of two of the same rows; None where too few draws have one."""
        if one.value is None or (other is not None and other.value is None):
            return None
        draws = _numbers(one)
        value = one.value
        if other is not None and other.value is not None:
            draws, value = draws - _numbers(other), value - other.value
        draws = draws[np.isfinite(draws)]
        if len(draws) < MIN_RESAMPLES:
            return None
        return Evidence(value, self._width * float(np.std(draws, ddof=1)) * one.shrink)


def _numbers(found: Sampled) -> Floats:
    return np.array([np.nan if each is None else each for each in found.resamples], dtype=np.float64)
