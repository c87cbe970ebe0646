"""The same metrics for every system, by the functions that `threefold train` reports with."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.metrics import log_loss

from benchmarks.quality.rows import Rows
from models.calibration import Platt
from training.evaluation.binary import binary_metrics
from training.evaluation.calibrate_platt import fit_platt
from training.evaluation.duration import duration_metrics

SMALLEST = 1e-7
"""Probabilities are held within this and its complement, so that one sure mistake is not an infinite loss."""
Floats = NDArray[np.float64]
Measured = dict[str, dict[str, float]]
"""By task: order and loss of a binary task, or XAUC and error of a duration."""


def measured(rows: Rows, predictions: dict[str, Floats]) -> Measured:
    """Metrics of the test rows.

    Args:
        rows: the labels.
        predictions: by task, probabilities or log(1 + seconds) of validation and test rows, in their order.
    """
    return {task: _task(rows, task, predicted) for task, predicted in predictions.items()}


def of_evaluation(metrics: dict[str, Any], kinds: dict[str, str]) -> Measured:
    """The same numbers of a model of ours, whose predictions are calibrated on the validation rows already."""
    found: Measured = {}
    for task, kind in kinds.items():
        names = ("auc", "log_loss") if kind == "binary" else ("xauc", "rmse_log1p")
        found[task] = {name: float(metrics[task][name]) for name in names}
        if kind == "binary":
            found[task]["log_loss_platt"] = found[task]["log_loss"]
    return found


def _task(rows: Rows, task: str, predicted: Floats) -> dict[str, float]:
    num_validation = rows.ends[1] - rows.ends[0]
    label, on_validation = rows.labels[task][rows.test], rows.labels[task][rows.validation]
    counts, counted = ~np.isnan(label), ~np.isnan(on_validation)
    test, validation = predicted[num_validation:][counts], predicted[:num_validation][counted]
    if rows.kinds[task] == "duration":
        seconds = np.expm1(test)
        found = duration_metrics(label[counts], seconds, seconds)
        return {name: float(found[name] or 0) for name in ("xauc", "rmse_log1p")}
    held, known = (np.clip(p, SMALLEST, 1 - SMALLEST) for p in (test, validation))
    scaled = platt_scaled(logit(known), on_validation[counted], logit(held))
    return {
        "auc": float(binary_metrics(label[counts], held)["auc"] or 0),
        "log_loss": float(log_loss(label[counts], held, labels=[0, 1])),
        "log_loss_platt": float(log_loss(label[counts], scaled, labels=[0, 1])),
    }


def platt_scaled(known: Floats, label: Floats, asked: Floats) -> Floats:
    """Probabilities after the Platt scaling that our heads get, fitted on other rows.

    Args:
        known: logits of the rows that are fitted on.
        label: 0 or 1 of these rows.
        asked: logits of the rows that are wanted.
    """
    found = fit_platt(known, label)
    probability: Floats = expit(found.slope * asked + found.intercept if isinstance(found, Platt) else asked)
    return probability
