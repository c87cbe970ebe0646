"""Statistics of a duration."""

import numpy as np
from numpy.typing import NDArray

from models.errors import DataError
from models.heads import DurationStatistics, DurationTask
from models.heads.duration import BounceLogNormalConfig, LogNormalConfig
from models.heads.inflated import Inflation
from training.fitting.base_cost import base_cost
from training.fitting.inflation import cut_log_normal, smoothed_share
from training.fitting.moments import Moments

NUM_QUANTILES = 199
"""Kept of a duration that is answered with an interval: every half per cent."""


def duration_statistics(task: DurationTask, sample: NDArray[np.float64], moments: Moments) -> DurationStatistics:
    """What the head of this task needs to know.

    Args:
        task: whose label it is.
        sample: of the labels in seconds, [rows].
        moments: of all labels.

    Raises:
        DataError: the durations do not vary, or all are bounces.
    """
    if sample.max() == sample.min():
        raise DataError(
            f"a duration varies; column '{task.label}' of task '{task.name}' is {sample[0]:g} s in all "
            f"{moments.num_values:,} observed rows: remove the task, or correct the log"
        )
    scale = float(np.median(sample[sample > 0]))
    logarithm = np.log1p(sample / scale)
    found = DurationStatistics(
        num_observed=moments.num_values,
        mean_seconds=moments.mean,
        max_seconds=moments.highest,
        scale_seconds=scale,
        log_mean=float(logarithm.mean()),
        log_standard_deviation=float(logarithm.std()),
        quantiles_seconds=() if task.coverage is None else _quantiles(sample),
    )
    if isinstance(task.distribution, LogNormalConfig):
        return found
    if isinstance(task.distribution, BounceLogNormalConfig):
        found = found.model_copy(update={"bounces": _bounces(task, task.distribution.threshold(scale), sample)})
    return found.model_copy(update={"base_cost": base_cost(task, found, sample)})


def _quantiles(sample: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(np.quantile(sample, (np.arange(NUM_QUANTILES) + 0.5) / NUM_QUANTILES).tolist())


def _bounces(task: DurationTask, threshold: float, sample: NDArray[np.float64]) -> Inflation:
    stays = sample[sample > threshold]
    if len(stays) == 0 or stays.min() == stays.max():
        raise DataError(
            f"of a duration with bounces, some stay longer and differ; column '{task.label}' of task '{task.name}' has "
            f"{len(stays):,} of {len(sample):,} rows above {threshold:g} s{' of one length' if len(stays) else ''}: "
            f"lower `bounce_seconds`, or take another distribution"
        )
    logarithm = np.log(stays)
    mean, deviation = cut_log_normal(logarithm, float(np.log(threshold)))
    return Inflation(
        threshold=threshold,
        share_above=smoothed_share(len(stays), len(sample)),
        log_mean=mean,
        log_deviation=deviation,
        log_unit=float(logarithm.std()),
    )
