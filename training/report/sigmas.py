"""What each learned sigma says of its head, in a sentence.

A sigma is a measure of the loss that is left (training/weightings/uncertainty.py): sigma^2 is the mean squared error of
a Gaussian likelihood and twice the mean cost of any other, as a log loss in nats.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from models.heads import (
    BinaryStatistics,
    DurationStatistics,
    LabelStatistics,
    RegressionStatistics,
    Task,
    ValueStatistics,
)
from training.history import History
from training.objective import LossUnit
from training.report.data import ReportData
from training.report.measures import finite

RECENT_READINGS = 10
SETTLED = 0.05
"""A sigma within this of what the last losses call for has settled."""


@dataclass(frozen=True)
class Sigma:
    """Where a task's sigma stands at the last reading.

    Attributes:
        task: its name.
        sigma: in the unit in which its loss arrives.
        rest: where it would come to rest for the loss of the last few readings; None where none was read.
        factor: of the task's loss.
        loss: of the last few readings, in units of the base rate's.
        sentence: what all of this says.
    """

    task: str
    sigma: float
    rest: float | None
    factor: float
    loss: float | None
    sentence: str


def learned_sigmas(run: ReportData, history: History) -> list[Sigma]:
    """One a task that learns a sigma, in the order of the configuration."""
    if not history.readings:
        return []
    last = history.readings[-1]
    sigmas = {task.name: finite(last.sigmas.get(task.name)) for task in run.model.tasks}
    return [
        _sigma(run, task, sigma, last.weights, _recent_loss(history, task.name))
        for task in run.model.tasks
        if (sigma := sigmas[task.name]) is not None and finite(last.weights.get(task.name)) is not None
    ]


def share_left(sigma: float, statistics: LabelStatistics, unit: LossUnit) -> float:
    """The loss that a sigma stands for, as a share of the base rate's."""
    loss = sigma**2 if _is_squared(statistics) else sigma**2 / 2
    return loss if unit == "base_rate" else loss / _base_loss(statistics)


def sigma_at_rest(share: float, statistics: LabelStatistics, unit: LossUnit) -> float:
    """The sigma that a loss calls for, given as a share of the base rate's."""
    loss = share if unit == "base_rate" else share * _base_loss(statistics)
    return math.sqrt(loss if _is_squared(statistics) else 2 * loss)


def _is_squared(statistics: LabelStatistics) -> bool:
    """Whether the loss is a squared error."""
    match statistics:
        case DurationStatistics():
            return statistics.base_cost is None
        case RegressionStatistics():
            return True
        case _:
            return False


def _base_loss(statistics: LabelStatistics) -> float:
    match statistics:
        case BinaryStatistics():
            return statistics.entropy
        case DurationStatistics():
            return statistics.base_cost or statistics.log_standard_deviation**2
        case RegressionStatistics():
            return statistics.standard_deviation**2
        case ValueStatistics():
            return statistics.base_cost


def _sigma(run: ReportData, task: Task, sigma: float, weights: Mapping[str, float], loss: float | None) -> Sigma:
    statistics = run.statistics[task.name]
    rest = None if loss is None else sigma_at_rest(loss, statistics, run.loss_unit)
    left = share_left(sigma, statistics, run.loss_unit)
    sentences = [
        f"Sigma {sigma:.3g}{_unit_words(statistics, run.loss_unit)}, so {_left_words(task, statistics, left)}."
    ]
    if rest is not None and abs(sigma - rest) > SETTLED * rest:
        sentences.append(f"It has not settled: the last losses call for {rest:.3g}.")
    captured = finite(run.measured(task).metrics.get("captured"))
    if captured is not None:
        sentences.append(f"In the test window of this simulated log it captured {captured:.0%} of what can be known.")
    return Sigma(task.name, sigma, rest, weights[task.name], loss, " ".join(sentences))


def _unit_words(statistics: LabelStatistics, unit: LossUnit) -> str:
    if not _is_squared(statistics):
        return ""
    if isinstance(statistics, RegressionStatistics):
        return " standard deviations of the label" if unit == "base_rate" else " in the label's own unit"
    return f" {'standard deviations' if unit == 'base_rate' else 'units'} of the duration's logarithm"


def _left_words(task: Task, statistics: LabelStatistics, left: float) -> str:
    """What is left of the base rate's loss on training rows, and what the head has done to the rest."""
    what = "squared error" if _is_squared(statistics) else "log loss" if task.kind == "binary" else "cost"
    if left >= 1:
        return f"the head's {what} on its training rows is no lower than the base rate's ({left:.0%} of it)"
    if not _is_squared(statistics):
        done = f"removes {1 - left:.0%} of the uncertainty of {task.name}"
    elif isinstance(statistics, RegressionStatistics):
        done = f"explains {1 - left:.0%} of the variance of {task.name}"
    else:
        done = f"explains {1 - left:.0%} of the variance of {task.name}'s logarithm"
    return f"{left:.0%} of the base rate's {what} is left: on its training rows the head {done}"


def _recent_loss(history: History, task: str) -> float | None:
    """The mean over the last few readings: one reading of a rare task is noise."""
    losses = [finite(reading.losses.get(task)) for reading in history.readings[-RECENT_READINGS:]]
    seen = [loss for loss in losses if loss is not None]
    return sum(seen) / len(seen) if seen else None
