"""Metrics of a binary head.

Normalised entropy: log loss over the entropy of the average rate (He et al., "Practical Lessons from Predicting Clicks
on Ads at Facebook", ADKDD 2014, section 2). 1 is as good as knowing the rate of the rows and nothing else.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import log_loss, roc_auc_score

NUM_ECE_BINS = 20
Floats = NDArray[np.float64]


def entropy(rate: float) -> float:
    """Log loss, in nats, of predicting the rate for every row; 0 where there is only one outcome."""
    return 0.0 if rate in (0.0, 1.0) else float(-rate * np.log(rate) - (1 - rate) * np.log1p(-rate))


def normalised_entropy(label: Floats, probability: Floats) -> float | None:
    """Log loss in units of the entropy of the rows' own rate; None where only one outcome was seen."""
    scale = entropy(float(label.mean()))
    return float(log_loss(label, probability, labels=[0, 1])) / scale if scale else None


def expected_calibration_error(label: Floats, probability: Floats, num_bins: int = NUM_ECE_BINS) -> float:
    """Mean distance of predicted and observed rate over bins of equal size.

    Naeini, Cooper, Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015; with bins
    of equal mass, because at low rates nearly all rows fall into the first bins of equal width.
    """
    order = np.argsort(probability, kind="stable")
    bins = np.array_split(order, min(num_bins, len(order)))
    distances = [abs(probability[rows].mean() - label[rows].mean()) * len(rows) for rows in bins]
    return float(sum(distances) / len(label))


def binary_metrics(label: Floats, probability: Floats) -> dict[str, float | None]:
    """All metrics that need no grouping.

    Args:
        label: 0 or 1, [rows], only rows in which the label counts.
        probability: calibrated, [rows].
    """
    both = 0 < label.sum() < len(label)
    return {
        "auc": float(roc_auc_score(label, probability)) if both else None,
        "log_loss": float(log_loss(label, probability, labels=[0, 1])),
        "normalised_entropy": normalised_entropy(label, probability),
        "predicted_over_observed": float(probability.sum() / label.sum()) if label.any() else None,
        "expected_calibration_error": expected_calibration_error(label, probability),
        "rate": float(label.mean()),
    }
