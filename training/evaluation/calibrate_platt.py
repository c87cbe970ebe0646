"""Fits a line through logits: Platt's, and that of a value of a field on top of the overall calibration."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from models.calibration import Identity, Platt
from training.evaluation.believed import PRIOR_ROWS

GRADIENT = 1e-10
"""Where the fit of a line ends, in events a row: scipy's default of 1e-5 is 10% of a rate of 1 in 10,000."""
Floats = NDArray[np.float64]


def fit_platt(logit: Floats, label: Floats, weight: Floats | None = None) -> Platt | Identity:
    """Slope and intercept of least log loss; identity where only one outcome was seen.

    Fitted about the mean logit with a weak Gaussian prior that the slope is 1. The intercept is free, so predicted and
    observed totals agree on the rows of the fit.

    Args:
        logit: before calibration, [rows].
        label: 0 or 1, [rows].
        weight: for how many average rows each one stands, [rows]; 1 where none is given.
    """
    if label.min() == label.max():
        return Identity()
    slope, intercept = fitted_line(logit, label, average_one(weight, len(label)), level_rows=0.0)
    return Platt(slope=slope, intercept=intercept)


def average_one(weight: Floats | None, num_rows: int) -> Floats:
    """Weights whose mean is 1, [rows]."""
    return np.ones(num_rows) if weight is None else weight / weight.mean()


def fitted_line(logit: Floats, label: Floats, weight: Floats, level_rows: float) -> tuple[float, float]:
    """Slope and intercept of least log loss, with Gaussian priors that the head is right.

    Args:
        logit: before calibration, [rows].
        label: 0 or 1, [rows].
        weight: for how many rows each one stands, [rows].
        level_rows: weight of the prior that the level is right; at 0 there is none, and both outcomes have to occur.
    """
    centre = float((weight * logit).sum() / weight.sum())

    def loss(parameters: Floats) -> tuple[float, Floats]:
        log_slope, shift = parameters
        slope = np.exp(log_slope)
        z = slope * (logit - centre) + centre + shift
        error = weight * (expit(z) - label)
        prior = PRIOR_ROWS * log_slope**2 / 2 + level_rows * shift**2 / 2
        value = float((weight * (np.logaddexp(0, z) - label * z)).sum()) + prior
        slope_gradient = float((error * (logit - centre)).sum()) * slope + PRIOR_ROWS * log_slope
        return value / len(label), np.array([slope_gradient, float(error.sum()) + level_rows * shift]) / len(label)

    found = minimize(loss, np.zeros(2), jac=True, method="BFGS", options={"gtol": GRADIENT})
    slope = float(np.exp(found.x[0]))
    return slope, centre + float(found.x[1]) - slope * centre
