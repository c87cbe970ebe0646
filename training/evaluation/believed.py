"""How far what a window shows is believed against what was known before."""

import numpy as np
from numpy.typing import NDArray

PRIOR_ROWS = 100.0
"""Weight of the prior slope 1, in rows: a handful of positives must not turn a head upside down."""
DAY_TO_DAY = 0.05
"""By how much a true mean moves from one window to the next: a duration's or a value's as a share of it, a regression
label's in standard deviations of the label."""


def believed_mean(label: NDArray[np.float64], mean_before: float) -> float:
    """The mean of a window's labels, between what it shows and the mean of the window before.

    Durations and values are heavy-tailed: the mean of a few thousand of them is off by several per cent, and a single
    day's total can be a fifth too high by chance. So the observed mean gets the weight n / (n + v / d^2) with v the
    squared coefficient of variation and d = DAY_TO_DAY: the posterior mean if true means moved by that much between
    windows.
    """
    observed = float(label.mean())
    if observed == 0:
        return observed
    variation = float(label.var()) / observed**2
    weight = len(label) / (len(label) + variation / DAY_TO_DAY**2)
    return weight * observed + (1 - weight) * mean_before
