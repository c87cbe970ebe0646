"""The constant distribution of labels with a lump at the bottom."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_ndtr

FARTHEST = 3.0
"""Deviations by which the mean of a cut log-normal may leave that of the labels above the cut, and the factor for their
deviation: a tail that falls from the cut on fits ever flatter bells ever farther below it."""


def smoothed_share(part: int, whole: int) -> float:
    """A share that is neither none nor all: half an observation is added to each side."""
    return (part + 0.5) / (whole + 1)


def cut_log_normal(logarithm: NDArray[np.float64], cut: float) -> tuple[float, float]:
    """Mean and deviation, before the cut, of the Gaussian of least cost for logarithms that all lie above it.

    The labels enter by their mean and variance alone: Cohen, "Estimating the Mean and Variance of Normal Populations
    from Singly Truncated and Doubly Truncated Samples", Annals of Mathematical Statistics 1950.
    """
    mean, deviation = float(logarithm.mean()), float(logarithm.std())
    start = (cut - mean) / deviation

    def cost(parameters: NDArray[np.float64]) -> float:
        moved, log_spread = parameters
        spread = np.exp(log_spread)
        return float(log_spread + (1 + moved**2) / (2 * spread**2) + log_ndtr((moved - start) / spread))

    reach = np.log(FARTHEST)
    found = minimize(cost, np.zeros(2), bounds=[(-FARTHEST, FARTHEST), (-reach, reach)], method="L-BFGS-B")
    return mean + deviation * float(found.x[0]), deviation * float(np.exp(found.x[1]))
