"""How far a distribution has moved: the population stability index.

PSI is the sum over bins of (observed - expected) * log(observed / expected), the Kullback-Leibler divergence in both
directions (Jeffreys, "An Invariant Form for the Prior Probability in Estimation Problems", Proceedings of the Royal
Society A 1946). Credit scoring has used it since the 1990s with 0.1 for "look at it" and 0.25 for "it has moved".
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SMALLEST_SHARE = 1e-4
"""A bin that holds less counts as holding this: else one row in a bin that used to be empty would be infinitely far."""


def psi(expected: Sequence[float], counts: Sequence[float] | NDArray[np.int64] | NDArray[np.float64]) -> float:
    """How far counts have moved from the shares of a reference; 0 where there is no row.

    Both sides are raised to at least `SMALLEST_SHARE` a bin, so a bin that appears or vanishes counts as a change by
    the logarithm of its share over that, and not without bounds.

    Args:
        expected: shares of the reference, [bins].
        counts: rows now, or their shares, [bins].
    """
    total = float(np.sum(counts))
    if total == 0:
        return 0.0
    before, now = _held(np.asarray(expected, np.float64)), _held(np.asarray(counts, np.float64) / total)
    return float(((now - before) * np.log(now / before)).sum())


def psi_by_chance(num_bins: int, *rows: int) -> float:
    """What two samples of one distribution show on average: (bins - 1) times the sum of 1 / rows of each.

    To first order PSI is then a chi-squared variable with bins - 1 degrees of freedom times that sum (Yurdakul,
    "Statistical Properties of Population Stability Index", Western Michigan University 2018, section 3). Taking it
    off makes small samples comparable with large ones.

    Args:
        num_bins: of the distribution.
        rows: of each sample; one without rows counts nothing.
    """
    return (num_bins - 1) * sum(1 / count for count in rows if count)


def _held(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    raised = np.maximum(shares, SMALLEST_SHARE)
    held: NDArray[np.float64] = raised / raised.sum()
    return held
