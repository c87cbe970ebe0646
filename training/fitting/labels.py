"""Statistics of a label, from a stream."""

import numpy as np
from numpy.typing import NDArray

from models.errors import DataError
from models.heads import (
    BinaryStatistics,
    BinaryTask,
    DurationTask,
    LabelStatistics,
    RegressionStatistics,
    RegressionTask,
    Task,
    ValueTask,
)
from training.fitting.amounts import value_statistics
from training.fitting.durations import duration_statistics
from training.fitting.moments import Moments
from training.fitting.sample import UniformSample

SAMPLE_SIZE = 200_000
SMALLEST_SPREAD = 1e-5
"""Of a regression label, as a share of its mean. Batches and answers hold 32-bit floats, whose steps are up to 1.2e-7
of the number: below this spread they would be more than a hundredth of a standard deviation."""


class LabelFit:
    """Collects what the task's head needs to know of its label."""

    def __init__(self, task: Task, seed: int) -> None:
        self.task = task
        self._sum = 0.0
        self._moments = Moments()
        self._sample = UniformSample(SAMPLE_SIZE, seed)

    def add(self, label: NDArray[np.float64]) -> None:
        """Take in the labels of a chunk, [rows], NaN where not observed."""
        observed = label[~np.isnan(label)]
        self._sum += float(observed.sum())
        self._moments.add(observed)
        self._sample.add(observed)

    def statistics(self) -> LabelStatistics:
        """What was measured.

        Raises:
            DataError: the label is never observed, or never varies, so there is nothing to learn.
        """
        name, column = self.task.name, self.task.label
        if self._num_observed == 0:
            when = f" where '{self.task.observed_when}' is positive" if self.task.observed_when else ""
            raise DataError(
                f"a task has labels in the training window; column '{column}' of task '{name}' is null in every "
                f"row{when}: remove the task, or correct the log"
            )
        match self.task:
            case BinaryTask():
                return self._binary(name, column)
            case DurationTask():
                return duration_statistics(self.task, self._sample.values, self._moments)
            case RegressionTask():
                return self._regression(name, column)
            case ValueTask():
                return value_statistics(self.task, self._sample.values, self._moments)

    @property
    def _num_observed(self) -> int:
        return self._moments.num_values

    def _binary(self, name: str, column: str) -> BinaryStatistics:
        if self._sum in (0, self._num_observed):
            raise DataError(
                f"a binary task has both outcomes in the training window; column '{column}' of task '{name}' is "
                f"{self._sum / self._num_observed:g} in all {self._num_observed:,} observed rows: remove the task, or "
                f"train on a longer window"
            )
        return BinaryStatistics(num_observed=self._num_observed, rate=self._sum / self._num_observed)

    def _regression(self, name: str, column: str) -> RegressionStatistics:
        found = self._moments
        if found.is_constant:
            raise DataError(
                f"a regression label varies; column '{column}' of task '{name}' is {found.mean:g} in all "
                f"{self._num_observed:,} observed rows: remove the task, or correct the log"
            )
        smallest = max(SMALLEST_SPREAD * abs(found.mean), float(np.finfo(np.float32).tiny))
        if found.deviation < smallest:
            raise DataError(
                f"a regression label has a spread that 32-bit floats can tell; column '{column}' of task '{name}' has "
                f"a standard deviation of {found.deviation:g} around {found.mean:.12g}, and they need {smallest:g}: "
                f"subtract a constant in the log, or write it in a smaller unit"
            )
        return RegressionStatistics(
            num_observed=self._num_observed,
            mean=found.mean,
            standard_deviation=found.deviation,
            min=found.lowest,
            max=found.highest,
        )
