"""Fits an isotonic calibration: pooled adjacent violators, and a line between the middles of the pools.

Paper and law: `models/calibration/isotonic.py`.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import brentq, isotonic_regression
from scipy.special import expit
from scipy.special import logit as log_odds

from models.calibration import Identity, Isotonic
from training.evaluation.calibrate_platt import average_one

MIN_EVENTS = 20.0
"""Of either outcome in a pool: fewer say little of its rate, and none would be an infinite logit."""
SMALLEST_STEP = 1e-9
"""Between the rates of two pools: a smaller one is rounding."""
FARTHEST = 50.0
"""A shift of logits beyond which no total can lie."""
Floats = NDArray[np.float64]


def fit_isotonic(logit: Floats, label: Floats, weight: Floats | None = None) -> Isotonic | Identity:
    """The increasing function of least log loss, joined by straight lines; identity where only one outcome was seen.

    Lines between the middles of the pools change the total a little; a last shift of all logits puts it right, so
    predicted and observed totals agree on the rows of the fit.

    Args:
        logit: before calibration, [rows].
        label: 0 or 1, [rows].
        weight: for how many average rows each one stands, [rows]; 1 where none is given.
    """
    if label.min() == label.max():
        return Identity()
    weight = average_one(weight, len(label))
    centres, rates = _pools(logit, label, weight)
    found = Isotonic(inputs=tuple(centres.tolist()), outputs=tuple(log_odds(rates).tolist()))
    calibrated = found.logit(torch.from_numpy(logit)).numpy()

    def too_much(shift: float) -> float:
        return float((weight * (expit(calibrated + shift) - label)).sum())

    return found.then(1.0, float(brentq(too_much, -FARTHEST, FARTHEST)))


def _pools(logit: Floats, label: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Mean logit and rate of the pools, [pools] each, both rising."""
    distinct, position = np.unique(logit, return_inverse=True)
    rows = np.bincount(position, weight)
    positives = np.bincount(position, weight * label)
    steps = isotonic_regression(positives / rows, weights=rows).x
    blocks = np.append(0, np.flatnonzero(np.diff(steps) > 0) + 1)
    sums = np.stack([np.add.reduceat(values, blocks) for values in (rows * distinct, positives, rows)])
    logits, positives, rows = _merged(sums)
    return logits / rows, positives / rows


def _merged(sums: Floats) -> Floats:
    """Neighbouring pools joined until each has events enough of either outcome, [3, pools]: logits, positives, rows."""
    pools: list[Floats] = []
    waiting, reached = np.zeros(3), 0.0
    for pool in sums.T:
        waiting = waiting + pool
        _, positives, rows = waiting
        if min(positives, rows - positives) >= MIN_EVENTS and positives / rows > reached + SMALLEST_STEP:
            pools.append(waiting)
            waiting, reached = np.zeros(3), positives / rows
    if pools:
        pools[-1] = pools[-1] + waiting
    return np.stack(pools or [waiting], axis=1)
