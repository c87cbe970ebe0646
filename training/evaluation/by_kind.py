"""Which metrics a task has, by its kind: of the model, of the base rate, and against the truth."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.heads import (
    BinaryStatistics,
    BinaryTask,
    DurationStatistics,
    DurationTask,
    LabelStatistics,
    RegressionStatistics,
    RegressionTask,
    Task,
    ValueStatistics,
    ValueTask,
)
from training.evaluation.binary import binary_metrics
from training.evaluation.captured import captured_deviance, captured_entropy, captured_value, captured_variance
from training.evaluation.duration import duration_metrics
from training.evaluation.gauc import gauc
from training.evaluation.regression import regression_metrics
from training.evaluation.scored import Scored
from training.evaluation.value import value_metrics

Metrics = dict[str, float | None]
Floats = NDArray[np.float64]


def task_metrics(task: Task, scored: Scored, group_by: str | None = None) -> Metrics:
    """The model's metrics on rows in which the task's label counts; empty where there are none."""
    label = scored.labels[task.name]
    if len(label) == 0:
        return {}
    groups = None if group_by is None else scored.extra[group_by]
    return _metrics(task, label, [scored.predictions[name] for name in task.prediction_names], groups)


def base_metrics(task: Task, statistics: LabelStatistics, scored: Scored, group_by: str | None = None) -> Metrics:
    """The same of always predicting the training window's rate or mean."""
    label = scored.labels[task.name]
    if len(label) == 0:
        return {}
    constants = [np.full(len(label), constant) for constant in _base(task, statistics)]
    return _metrics(task, label, constants, None if group_by is None else scored.extra[group_by])


def captured_metrics(task: Task, scored: Scored, truth: Floats) -> Metrics:
    """The captured share, and what the truth itself would have."""
    label, prediction = scored.labels[task.name], scored.predictions[task.name]
    match task:
        case BinaryTask():
            return captured_entropy(label, prediction, truth)
        case DurationTask():
            return captured_deviance(label, prediction, truth)
        case RegressionTask():
            return captured_variance(label, prediction, truth)
        case ValueTask():
            return captured_value(label, prediction, truth)


def _metrics(task: Task, label: Floats, predictions: list[Floats], groups: pd.Series | None) -> Metrics:
    match task:
        case BinaryTask():
            grouped = {} if groups is None else {"gauc": gauc(label, predictions[0], groups)}
            return binary_metrics(label, predictions[0]) | grouped
        case DurationTask():
            mean, median, *ends = predictions
            return duration_metrics(label, mean, median, (ends[0], ends[1]) if ends else None, task.coverage)
        case RegressionTask():
            return regression_metrics(label, predictions[0])
        case ValueTask():
            return value_metrics(label, *predictions)


def _base(task: Task, statistics: LabelStatistics) -> tuple[float, ...]:
    """The constant that is always predicted, for each field of the answer."""
    match statistics:
        case BinaryStatistics():
            return (statistics.rate,)
        case DurationStatistics():
            median = statistics.scale_seconds * float(np.expm1(statistics.log_mean))
            ends = base_interval(statistics, task.coverage) if isinstance(task, DurationTask) and task.coverage else ()
            return statistics.mean_seconds, median, *ends
        case RegressionStatistics():
            return (statistics.mean,)
        case ValueStatistics():
            return statistics.mean, statistics.amounts.share_above


def base_interval(statistics: DurationStatistics, coverage: float) -> tuple[float, float]:
    """Seconds between which so many rows of the training window lie."""
    seen = np.array(statistics.quantiles_seconds)
    low, high = np.interp([(1 - coverage) / 2, (1 + coverage) / 2], (np.arange(len(seen)) + 0.5) / len(seen), seen)
    return float(low), float(high)
