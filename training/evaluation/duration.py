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


def duration_metrics(label: Floats, mean: Floats, median: Floats) -> dict[str, float | None]:
    """All metrics of a duration.

    Args:
        label: seconds, [rows], only rows in which the label counts.
        mean: predicted mean, [rows]; judged by order, total and deviance.
        median: predicted median, [rows]; judged by absolute and logarithmic error.
    """
    return {
        "mae_seconds": float(np.abs(median - label).mean()),
        "rmse_log1p": float(np.sqrt(np.square(np.log1p(median) - np.log1p(label)).mean())),
        "xauc": xauc(label, mean),
        "predicted_over_observed": float(mean.sum() / label.sum()) if label.any() else None,
        "deviance": duration_deviance(label, mean),
        "mean_seconds": float(label.mean()),
    }


def _distinct_pairs(values: Floats) -> float:
    _, counts = np.unique(values, return_counts=True)
    n = float(len(values))
    return n * (n - 1) / 2 - float((counts * (counts - 1.0) / 2).sum())
