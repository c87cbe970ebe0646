"""From what was counted of an id to numbers of about unit size that a network reads.

A rate is shrunk towards the overall one by `smoothing` rows at that rate, the mean of its posterior under a conjugate
prior: Micci-Barreca, "A Preprocessing Scheme for High-Cardinality Categorical Attributes in Classification and
Prediction Problems", SIGKDD Explorations 3(1), 2001, equation 3 with the weight n / (n + smoothing).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.heads import Task
from models.past.config import PastRatesConfig

Floats = NDArray[np.float64]
_LOGARITHMIC = {"duration", "value"}
"""Kinds whose labels are zero or more with a heavy tail: a mean of them would be the mean of a few rows."""


@dataclass(frozen=True)
class Evidence:
    """What was seen of some ids in the periods that count, decayed.

    Attributes:
        num_rows: [ids].
        num_observed: rows in which the task's label counts, [ids, tasks].
        sums: of the averaged labels, [ids, tasks].
    """

    num_rows: Floats
    num_observed: Floats
    sums: Floats


@dataclass(frozen=True)
class Base:
    """The same of all rows together; what an id without a past is taken for.

    Attributes:
        mean: of the averaged labels, [ids or 1, tasks].
        deviation: of the averaged labels, [ids or 1, tasks].
    """

    mean: Floats
    deviation: Floats


def averaged(task: Task, label: Floats) -> Floats:
    """What of a label is averaged, [rows]: 0 or 1, the logarithm of seconds or an amount, a number as it is.

    Seconds and not the log's unit, so that the unit cancels; no statistic of the training window is needed, so that
    one pass can sum it and a row's number depends on nothing that came after it.
    """
    return np.log1p(label) if task.kind in _LOGARITHMIC else label


def num_inputs(tasks: Sequence[Task]) -> int:
    """Numbers a row: the rows seen, and a task its rate and, where only some rows count, the rows that did."""
    return 1 + sum(1 + _has_own_count(task) for task in tasks)


def inputs(config: PastRatesConfig, tasks: Sequence[Task], found: Evidence, base: Base) -> NDArray[np.float32]:
    """The numbers of each id, float32 [ids, num_inputs]; all zero where there is no past.

    In this order: log(1 + rows / smoothing); then for each task the shrunk rate or mean against the overall one (a
    difference of log-odds, or standard deviations) and, where the task has `observed_when`, the logarithm of its rows.
    """
    columns = [_evidence_size(config, found.num_rows)]
    for position, task in enumerate(tasks):
        num_observed, total = found.num_observed[:, position], found.sums[:, position]
        mean, deviation = base.mean[:, position], base.deviation[:, position]
        weight = num_observed + config.smoothing
        if task.kind == "binary":
            columns.append(_log_odds((total + config.smoothing * mean) / weight) - _log_odds(mean))
        else:
            columns.append((total - num_observed * mean) / weight / deviation)
        if _has_own_count(task):
            columns.append(_evidence_size(config, num_observed))
    has_past = found.num_rows >= config.min_count
    return np.where(has_past[:, None], np.stack(columns, axis=1), 0.0).astype(np.float32)


def _has_own_count(task: Task) -> bool:
    return task.observed_when is not None


def _evidence_size(config: PastRatesConfig, num_rows: Floats) -> Floats:
    """0 for nothing, 0.7 where own rows weigh as much as the prior, 4 at fifty times that."""
    return np.log1p(num_rows / config.smoothing)


def _log_odds(probability: Floats) -> Floats:
    return np.log(probability) - np.log1p(-probability)
