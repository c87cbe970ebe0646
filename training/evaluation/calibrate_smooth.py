"""Fits a smooth calibration: slopes between a few knots, held together by a penalty.

Papers and law: `models/calibration/smooth.py`.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from models.calibration import Identity, Smooth
from training.evaluation.believed import PRIOR_ROWS
from training.evaluation.calibrate_platt import GRADIENT, average_one

NUM_KNOTS = 8
BEND_ROWS = 100.0
"""Weight of the prior that neighbouring slopes are equal, in rows; the larger, the nearer to Platt's line."""
Floats = NDArray[np.float64]


def fit_smooth(
    logit: Floats, label: Floats, weight: Floats | None = None, bend_rows: float = BEND_ROWS
) -> Smooth | Identity:
    """Slopes and level of least penalised log loss; identity where only one outcome was seen.

    The mean of the log-slopes has the prior of Platt's slope, their differences one of `bend_rows`. The level is free,
    so predicted and observed totals agree on the rows of the fit.

    Args:
        logit: before calibration, [rows].
        label: 0 or 1, [rows].
        weight: for how many average rows each one stands, [rows]; 1 where none is given.
        bend_rows: weight of the prior that the function is a line.
    """
    if label.min() == label.max():
        return Identity()
    weight = average_one(weight, len(label))
    knots = _knots(logit, weight)
    centre = float((weight * logit).mean())
    pieces = _pieces(logit, knots) - _pieces(np.array([centre]), knots)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        log_slopes, shift = parameters[:-1], parameters[-1]
        slopes = np.exp(log_slopes)
        z = pieces @ slopes + centre + shift
        error = weight * (expit(z) - label)
        mean, bends = log_slopes.mean(), np.diff(log_slopes)
        prior = PRIOR_ROWS * mean**2 / 2 + bend_rows * float((bends**2).sum()) / 2
        value = float((weight * (np.logaddexp(0, z) - label * z)).sum()) + prior
        pull = PRIOR_ROWS * mean / len(log_slopes) + bend_rows * (np.append(0, bends) - np.append(bends, 0))
        gradient = np.append((error @ pieces) * slopes + pull, float(error.sum()))
        return value / len(label), gradient / len(label)

    start = np.zeros(len(knots) + 2)
    found = minimize(loss, start, jac=True, method="BFGS", options={"gtol": GRADIENT}).x
    slopes = np.exp(found[:-1])
    outputs = (_pieces(knots, knots) - _pieces(np.array([centre]), knots)) @ slopes + centre + found[-1]
    return Smooth(
        inputs=tuple(knots.tolist()),
        outputs=tuple(outputs.tolist()),
        slope_below=float(slopes[0]),
        slope_above=float(slopes[-1]),
    )


def _knots(logit: Floats, weight: Floats) -> Floats:
    """Distinct knots, [knots], with about equal evidence between them: a row near 0 or 1 tells less of a slope."""
    order = np.argsort(logit, kind="stable")
    probability = expit(logit[order])
    evidence = np.cumsum(weight[order] * probability * (1 - probability))
    wanted = np.linspace(0, evidence[-1], NUM_KNOTS + 2)[1:-1]
    return np.unique(logit[order][np.searchsorted(evidence, wanted).clip(max=len(logit) - 1)])


def _pieces(logit: Floats, knots: Floats) -> Floats:
    """How much of the way from the first knot to each logit lies in each piece, [rows, knots + 1]."""
    low, high = np.append(-np.inf, knots), np.append(knots, np.inf)
    pieces: Floats = np.clip(logit[:, None], low, high) - np.clip(knots[0], low, high)
    return pieces
