"""What is compared of a task: its own loss in units of the base rate's, and the order that it puts rows in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from models.heads import (
    BinaryStatistics,
    DurationStatistics,
    LabelStatistics,
    RegressionStatistics,
    ValueStatistics,
)
from training.evaluation.binary import entropy
from training.evaluation.duration import xauc
from training.evaluation.value import deviance_left, normalised_gini

Floats = NDArray[np.float64]
Aspect = Literal["loss", "order"]
ASPECTS: tuple[Aspect, ...] = ("loss", "order")
Valued = Callable[[Floats, Sequence[Floats]], float | None]
"""From labels and predictions, [rows] each, to a number; None where the rows do not decide it."""


@dataclass(frozen=True)
class Shown:
    """What people read of a measure.

    Attributes:
        key: its name in JSON.
        title: its name on the page.
        goal: which way is good.
        meaning: for the glossary.
    """

    key: str
    title: str
    goal: Literal["higher", "lower"]
    meaning: str


SMALLEST_PROBABILITY = float(np.finfo(np.float64).eps)
"""Of what happened: as scikit-learn's log loss."""
DECIMALS = 4
"""Digits shown: losses are near 1 and orders between 0 and 1."""
_XAUC = Shown("xauc", "XAUC", "higher", "Share of pairs of rows with different labels that are in the right order.")
_SHOWN: dict[str, dict[Aspect, Shown]] = {
    "binary": {
        "loss": Shown(
            "normalised_entropy", "Normalised entropy", "lower",
            "Log loss over that of knowing the test window's own rate and nothing else, which costs 1.",
        ),
        "order": Shown(
            "auc", "AUC", "higher", "Share of pairs of one positive and one negative row that are in the right order."
        ),
    },
    "duration": {
        "loss": Shown(
            "log_error", "Log error", "lower",
            "Squared error of log(1 + seconds / scale) by the predicted median, in units of the variance of that "
            "logarithm in the training window: what the head minimises. Always predicting its mean costs about 1.",
        ),
        "order": _XAUC,
    },
    "regression": {
        "loss": Shown(
            "squared_error", "Squared error", "lower",
            "Squared error in units of the label's variance in the training window: what the head minimises. Always "
            "predicting the mean costs about 1.",
        ),
        "order": _XAUC,
    },
    "value": {
        "loss": Shown(
            "deviance_left", "Deviance left", "lower",
            "Tweedie deviance of the expected amount over that of knowing the test window's own mean and nothing else, "
            "which costs 1.",
        ),
        "order": Shown(
            "normalised_gini", "Normalised Gini", "higher",
            "How early the order of the predictions finds the total, over the best order: 0 is chance, 1 that order.",
        ),
    },
}  # fmt: skip


def shown(kind: str, aspect: Aspect) -> Shown:
    """Name, direction and meaning of what is compared of a kind of task."""
    return _SHOWN[kind][aspect]


def measures(statistics: LabelStatistics) -> dict[Aspect, Valued]:
    """How the two are computed for a task, from predictions as they are served.

    Args:
        statistics: of its label in the training window: they fix the unit, the same for all variants.
    """
    if isinstance(statistics, BinaryStatistics):
        return {"loss": _entropy_share, "order": _auc}
    if isinstance(statistics, DurationStatistics):
        return {"loss": lambda label, predicted: _log_error(statistics, label, predicted[1]), "order": _xauc}
    if isinstance(statistics, ValueStatistics):
        return {
            "loss": lambda label, predicted: deviance_left(label, predicted[0]),
            "order": lambda label, predicted: normalised_gini(label, predicted[0]),
        }
    assert isinstance(statistics, RegressionStatistics)
    return {"loss": lambda label, predicted: _squared_error(statistics, label, predicted[0]), "order": _xauc}


def _entropy_share(label: Floats, predicted: Sequence[Floats]) -> float | None:
    """Normalised entropy. Like AUC below without scikit-learn, whose checks cost ten times as much on few rows."""
    scale = entropy(float(label.mean()))
    if not scale:
        return None
    happened = np.where(label > 0, predicted[0], 1 - predicted[0])
    return float(-np.log(np.maximum(happened, SMALLEST_PROBABILITY)).mean()) / scale


def _auc(label: Floats, predicted: Sequence[Floats]) -> float | None:
    positive = label > 0
    num_positive = int(positive.sum())
    num_pairs = num_positive * (len(label) - num_positive)
    if not num_pairs:
        return None
    ranks = rankdata(predicted[0])[positive].sum()
    return float((ranks - num_positive * (num_positive + 1) / 2) / num_pairs)


def _xauc(label: Floats, predicted: Sequence[Floats]) -> float | None:
    return xauc(label, predicted[0])


def _log_error(statistics: DurationStatistics, label: Floats, median: Floats) -> float:
    error = np.log1p(median / statistics.scale_seconds) - np.log1p(label / statistics.scale_seconds)
    return float(np.square(error / statistics.log_standard_deviation).mean())


def _squared_error(statistics: RegressionStatistics, label: Floats, mean: Floats) -> float:
    return float(np.square((mean - label) / statistics.standard_deviation).mean())
