"""Metrics of a regression head, in the unit of its label."""

import numpy as np
from numpy.typing import NDArray

from training.evaluation.duration import xauc

Floats = NDArray[np.float64]


def explained_share(label: Floats, prediction: Floats) -> float | None:
    """R squared: the share of the labels' variance that the prediction explains; None where they do not vary.

    1 is knowing every label, 0 is as good as knowing the rows' own mean and nothing else, below 0 is worse. It has no
    unit: other than the errors it can be compared between tasks.
    """
    if label.min() == label.max():
        return None
    return 1 - float(np.square(prediction - label).mean() / label.var())


def regression_metrics(label: Floats, prediction: Floats) -> dict[str, float | None]:
    """All metrics of a regression.

    There is no ratio of totals: a label that may be negative has no total to divide by, so the level is judged by the
    bias, predicted mean less observed mean.

    Args:
        label: in its own unit, [rows], only rows in which it counts.
        prediction: of the mean, calibrated, [rows].
    """
    return {
        "r2": explained_share(label, prediction),
        "rmse": float(np.sqrt(np.square(prediction - label).mean())),
        "mae": float(np.abs(prediction - label).mean()),
        "xauc": xauc(label, prediction),
        "bias": float(prediction.mean() - label.mean()),
        "mean": float(label.mean()),
        "standard_deviation": float(label.std()),
    }
