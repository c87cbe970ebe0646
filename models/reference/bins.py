"""Bins between inner edges: an edge belongs to the bin above it, and bins at both ends are open."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SMALLEST = float(np.finfo(np.float64).tiny)
"""Stands for a prediction of 0 where logarithms are taken."""


def bin_counts(edges: Sequence[float], values: NDArray[np.floating]) -> NDArray[np.int64]:
    """Values in each bin, [edges + 1]; NaN is in none.

    Args:
        edges: inner edges, ascending.
        values: [rows].
    """
    present = values[~np.isnan(values)]
    codes = np.searchsorted(np.asarray(edges, np.float64), present, side="right")
    return np.bincount(codes, minlength=len(edges) + 1).astype(np.int64)


def quantile_edges(values: Floats, num_bins: int) -> tuple[float, ...]:
    """Inner edges of bins of about equal weight; a value of more weight than a bin has one for itself.

    So a number that was always 0 has a bin for all that is above, and its first other value is seen to be new.

    Args:
        values: without NaN, [rows].
        num_bins: about so many.
    """
    if len(values) == 0:
        return ()
    wanted = np.quantile(values, np.arange(1, num_bins) / num_bins, method="higher")
    edges, times = np.unique(wanted, return_counts=True)
    heavy = edges[times > 1]
    return tuple(np.unique([*edges, *np.nextafter(heavy, np.inf)]).tolist())


def prediction_edges(values: Floats, num_bins: int, narrowest: float, of_ratios: bool) -> tuple[float, ...]:
    """Quantile edges of predictions, except that no bin is narrower than `narrowest`, from the median outwards.

    The median lies in the middle of a bin: predictions that are nearly one number stay in it when they all move a
    little, and in bins of equal weight they would all move into others.

    Args:
        values: without NaN, [rows].
        num_bins: at the most.
        narrowest: width of a bin at the least: of the logarithm where `of_ratios`, of the value else.
        of_ratios: whether values are above zero, and 1 to 2 is as far as 10 to 20.
    """
    if len(values) == 0:
        return ()
    places = np.log(np.maximum(values, SMALLEST)) if of_ratios else values
    quantiles, median = np.quantile(places, np.arange(1, num_bins) / num_bins), float(np.median(places))
    above = _spaced(quantiles - median, narrowest)
    below = _spaced((median - quantiles)[::-1], narrowest)
    edges = np.concatenate([median - below[::-1], median + above])
    return tuple((np.exp(edges) if of_ratios else edges).tolist())


def _spaced(quantiles: Floats, narrowest: float) -> Floats:
    """Distances from the median in one direction: the first is half a bin, the others follow the quantiles."""
    kept = [narrowest / 2]
    for distance in quantiles:
        if distance >= kept[-1] + narrowest:
            kept.append(float(distance))
    return np.array(kept)
