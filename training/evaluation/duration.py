"""Metrics of a duration head, in seconds."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau

Floats = NDArray[np.float64]


def xauc(label: Floats, prediction: Floats) -> float | None:
    """Share of pairs with different labels that are predicted in the right order; ties count one half.

    Zhan et al., "Deconfounding Duration Bias in Watch-time Prediction", KDD 2022, https://arxiv.org/abs/2206.06003.
    Computed exactly in n log n from Kendall's tau-b: with C concordant and D discordant pairs, tau-b is
    (C - D) / sqrt(pairs distinct in label x pairs distinct in prediction), and XAUC = (1 + (C - D) / distinct) / 2.
    """
    distinct_labels, distinct_predictions = _distinct_pairs(label), _distinct_pairs(prediction)
    if distinct_labels == 0:
        return None
    if distinct_predictions == 0:
        return 0.5
    tau = float(kendalltau(label, prediction).statistic)
    return 0.5 * (1 + tau * float(np.sqrt(distinct_predictions / distinct_labels)))


def duration_deviance(label: Floats, mean: Floats) -> float:
    """Mean of log(mean) + label / mean: the part of the gamma deviance that depends on the prediction.

    Its expectation is smallest exactly at the true mean whatever the distribution (Patton 2011, the QLIKE loss), it is
    defined at zero, and it counts errors as ratios, so the longest durations do not decide alone.
    """
    held = np.maximum(mean, 1e-3)
    return float((np.log(held) + label / held).mean())


def coverage(label: Floats, low: Floats, high: Floats) -> float:
    """Share of the rows whose duration lies inside its interval, ends included."""
    return float(((low <= label) & (label <= high)).mean())


def interval_score(label: Floats, low: Floats, high: Floats, wanted: float) -> float:
    """Mean width of the interval, plus what a miss is off by times 2 / (1 - wanted).

    Gneiting, Raftery, "Strictly Proper Scoring Rules, Prediction, and Estimation", Journal of the American Statistical
    Association 2007, https://doi.org/10.1198/016214506000001437, equation 43: smallest for the true quantiles, so a
    narrow interval pays only as long as it covers.
    """
    missed = np.maximum(low - label, 0.0) + np.maximum(label - high, 0.0)
    return float((high - low + 2 / (1 - wanted) * missed).mean())


def duration_metrics(
    label: Floats, mean: Floats, median: Floats, ends: tuple[Floats, Floats] | None = None, wanted: float | None = None
) -> dict[str, float | None]:
    """All metrics of a duration.

    Args:
        label: seconds, [rows], only rows in which the label counts.
        mean: predicted mean, [rows]; judged by order, total and deviance.
        median: predicted median, [rows]; judged by absolute and logarithmic error.
        ends: of the interval, [rows] each; None where none is predicted.
        wanted: share of the rows that should lie inside.
    """
    found: dict[str, float | None] = {
        "mae_seconds": float(np.abs(median - label).mean()),
        "rmse_log1p": float(np.sqrt(np.square(np.log1p(median) - np.log1p(label)).mean())),
        "xauc": xauc(label, mean),
        "predicted_over_observed": float(mean.sum() / label.sum()) if label.any() else None,
        "deviance": duration_deviance(label, mean),
        "mean_seconds": float(label.mean()),
    }
    if ends is None or wanted is None:
        return found
    return found | {
        "coverage": coverage(label, *ends),
        "interval_seconds": float((ends[1] - ends[0]).mean()),
        "interval_score": interval_score(label, *ends, wanted),
    }


def _distinct_pairs(values: Floats) -> float:
    _, counts = np.unique(values, return_counts=True)
    n = float(len(values))
    return n * (n - 1) / 2 - float((counts * (counts - 1.0) / 2).sum())
