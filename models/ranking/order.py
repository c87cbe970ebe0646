"""The best rows by their scores, without sorting the others."""

import numpy as np
from numpy.typing import NDArray

SORTED_WHOLE = 500
"""Up to so many rows one sort is the quickest way (benchmarks/best_rows.py)."""


def best(scores: NDArray[np.floating], k: int) -> NDArray[np.int64]:
    """Places of the k highest scores, the highest first; equal ones in the order of the rows.

    Args:
        scores: finite, [rows].
        k: 1 or more; beyond the number of rows it means all.
    """
    if len(scores) <= SORTED_WHOLE or k >= len(scores):
        return _sorted(scores)[:k]
    lowest = np.partition(scores, len(scores) - k)[len(scores) - k]
    above = np.flatnonzero(scores > lowest)
    level = np.flatnonzero(scores == lowest)[: k - len(above)]
    chosen = np.concatenate([above, level])
    return chosen[_sorted(scores[chosen])]


def _sorted(scores: NDArray[np.floating]) -> NDArray[np.int64]:
    return np.argsort(-scores, kind="stable")
