"""Metrics of a value head, in the unit of its label."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

NUM_BINS = 10
Floats = NDArray[np.float64]


def normalised_gini(label: Floats, prediction: Floats) -> float | None:
    """Share of the total that the order of the predictions finds early, over what the best order would.

    Wang, Liu, Miao, "A Deep Probabilistic Model for Customer Lifetime Value Prediction", 2019,
    https://arxiv.org/abs/1912.07753, section 4: the area between gain curve and diagonal, over that of the labels' own
    order. 0 is chance, 1 is that order; None where the labels do not vary. Ties share their mean rank.
    """
    best = _gini(label, label)
    return _gini(label, prediction) / best if best > 0 else None


def spearman(label: Floats, prediction: Floats) -> float | None:
    """Correlation of the ranks; None where the labels do not vary, 0 where the predictions do not."""
    if label.min() == label.max():
        return None
    if prediction.min() == prediction.max():
        return 0.0
    return float(np.corrcoef(rankdata(label), rankdata(prediction))[0, 1])


def value_deviance(label: Floats, mean: Floats) -> float:
    """Mean Tweedie deviance of power 1.5: 4 (sqrt(label) - sqrt(mean))^2 / sqrt(mean).

    Jorgensen, "Exponential Dispersion Models", 1987: the likelihood of a sum of gamma amounts whose number is Poisson.
    It is defined at zero, and smallest in expectation exactly at the true mean whatever the distribution.
    """
    held = np.maximum(mean, np.finfo(np.float32).tiny)
    return float((4 * np.square(np.sqrt(label) - np.sqrt(held)) / np.sqrt(held)).mean())


def deviance_left(label: Floats, mean: Floats) -> float | None:
    """The deviance over that of knowing the rows' own mean and nothing else; None where labels do not vary.

    Free of the unit, so it can be compared between tasks.
    """
    if label.min() == label.max():
        return None
    return value_deviance(label, mean) / value_deviance(label, np.full(len(label), label.mean()))


def decile_error(label: Floats, mean: Floats, num_bins: int = NUM_BINS) -> float | None:
    """Mean distance of predicted and observed mean over bins of equal size, as a share of the mean of all rows."""
    if not label.any():
        return None
    bins = np.array_split(np.argsort(mean, kind="stable"), min(num_bins, len(mean)))
    distances = [abs(mean[rows].mean() - label[rows].mean()) * len(rows) for rows in bins]
    return float(sum(distances) / label.sum())


def value_metrics(label: Floats, mean: Floats, probability: Floats) -> dict[str, float | None]:
    """All metrics of a value.

    Args:
        label: in its own unit, [rows], only rows in which it counts.
        mean: expected amount, calibrated, [rows].
        probability: that the amount is above zero, calibrated, [rows].
    """
    above = label > 0
    both = 0 < above.sum() < len(label)
    return {
        "normalised_gini": normalised_gini(label, mean),
        "spearman": spearman(label, mean),
        "deviance_left": deviance_left(label, mean),
        "mae": float(np.abs(mean - label).mean()),
        "predicted_over_observed": float(mean.sum() / label.sum()) if above.any() else None,
        "decile_error": decile_error(label, mean),
        "probability_auc": float(roc_auc_score(above, probability)) if both else None,
        "probability_over_observed": float(probability.sum() / above.sum()) if above.any() else None,
        "mean": float(label.mean()),
        "rate": float(above.mean()),
    }


def _gini(label: Floats, score: Floats) -> float:
    """Area between the gain curve in the order of the score and the diagonal, in rows times total."""
    return float((label * (rankdata(score) - (len(label) + 1) / 2)).sum())
