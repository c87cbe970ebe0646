"""The numbers behind the pictures: bins with intervals, ROC, cumulative gain, distributions. Nothing here draws."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Z = 1.959964
"""Half width of a 95% interval in standard errors."""
MAX_POINTS = 250
"""Points of a curve: more than a picture on a screen can show apart."""


@dataclass(frozen=True)
class Bins:
    """Rows in order of their prediction, in bins of about equal size; equal predictions share a bin.

    Attributes:
        predicted: mean prediction, [bins].
        observed: mean label, [bins].
        low: lower end of the 95% interval of the observed mean, [bins].
        high: upper end, [bins].
        rows: number of rows, [bins].
    """

    predicted: Floats
    observed: Floats
    low: Floats
    high: Floats
    rows: NDArray[np.int64]

    @property
    def num_agreeing(self) -> int:
        """Bins whose prediction lies inside the interval of what was observed."""
        return int(((self.low <= self.predicted) & (self.predicted <= self.high)).sum())

    @property
    def mean_distance(self) -> float:
        """Of what was predicted and observed, over all rows: the expected calibration error of these bins."""
        return float(np.average(np.abs(self.predicted - self.observed), weights=self.rows))

    @property
    def chance_distance(self) -> float:
        """The same to be expected of perfect probabilities: the mean size of a normal error, bin by bin."""
        errors = np.sqrt(2 / np.pi * self.predicted * (1 - self.predicted) / self.rows)
        return float(np.average(errors, weights=self.rows))


@dataclass(frozen=True)
class Curve:
    """Points to be joined by lines, [points] each."""

    x: Floats
    y: Floats

    @property
    def area(self) -> float:
        """Area below the curve."""
        return float((np.diff(self.x) * (self.y[1:] + self.y[:-1]) / 2).sum())

    def at(self, x: float) -> float:
        """Height at a point between two others."""
        return float(np.interp(x, self.x, self.y))

    def thinned(self, max_points: int = MAX_POINTS) -> "Curve":
        """The same curve by fewer points, evenly spaced along its way; both ends are kept."""
        if len(self.x) <= max_points:
            return self
        travelled = np.append(0.0, np.cumsum(np.abs(np.diff(self.x)) + np.abs(np.diff(self.y))))
        wanted = np.linspace(0.0, travelled[-1], max_points)
        chosen = np.unique(np.append(np.searchsorted(travelled, wanted).clip(max=len(self.x) - 1), len(self.x) - 1))
        return Curve(self.x[chosen], self.y[chosen])


def bin_numbers(prediction: Floats, num_bins: int) -> NDArray[np.int64]:
    """Each row's bin, [rows], from 0 without a gap."""
    inner = np.quantile(prediction, np.linspace(0, 1, num_bins + 1)[1:-1])
    _, numbers = np.unique(np.searchsorted(inner, prediction, side="right"), return_inverse=True)
    return numbers.astype(np.int64)


def wilson(share: Floats, rows: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Ends of the 95% intervals of shares that were observed in so many rows, [bins] each."""
    denominator = 1 + Z**2 / rows
    centre = (share + Z**2 / (2 * rows)) / denominator
    half = Z * np.sqrt(share * (1 - share) / rows + Z**2 / (4 * rows**2)) / denominator
    return (centre - half).clip(min=0), (centre + half).clip(max=1)


def rate_bins(label: Floats, probability: Floats, num_bins: int = 20) -> Bins:
    """Predicted and observed rate.

    Intervals: Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927; they stay inside
    [0, 1] and are right for few positives.
    """
    predicted, observed, rows = _means(label, probability, bin_numbers(probability, num_bins))
    # Rounding may leave the ends a hair on the wrong side where all labels of a bin agree.
    low, high = wilson(observed, rows)
    low, high = np.minimum(low, observed), np.maximum(high, observed)
    return Bins(predicted, observed, low, high, rows)


def mean_bins(label: Floats, mean: Floats, num_bins: int = 10, lowest: float = 0.0) -> Bins:
    """Predicted and observed mean; intervals are normal, by the labels' spread inside each bin.

    No mean can be below `lowest`, so no interval reaches there.
    """
    numbers = bin_numbers(mean, num_bins)
    predicted, observed, rows = _means(label, mean, numbers)
    squares = np.bincount(numbers, np.square(label - observed[numbers]))
    half = Z * np.sqrt(squares / (rows - 1).clip(min=1) / rows)
    return Bins(predicted, observed, (observed - half).clip(min=lowest), observed + half, rows)


def _means(label: Floats, prediction: Floats, numbers: NDArray[np.int64]) -> tuple[Floats, Floats, NDArray[np.int64]]:
    rows = np.bincount(numbers).astype(np.int64)
    return np.bincount(numbers, prediction) / rows, np.bincount(numbers, label) / rows, rows


def roc(label: Floats, score: Floats) -> Curve:
    """Share of the positives above a threshold (y) by share of the negatives above it (x); both must occur."""
    positives, negatives = _counts_above(label, score)
    return Curve(negatives / negatives[-1], positives / positives[-1])


def gain(label: Floats, score: Floats) -> Curve:
    """Share of the positives (y) among the best-ranked share of the rows (x); there must be a positive."""
    positives, negatives = _counts_above(label, score)
    return Curve((positives + negatives) / len(label), positives / positives[-1])


def _counts_above(label: Floats, score: Floats) -> tuple[Floats, Floats]:
    """Positives and negatives from the highest score down to each distinct one, both from 0, [distinct + 1]."""
    order = np.argsort(-score, kind="stable")
    last_of_ties = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    positives = np.cumsum(label[order])[last_of_ties]
    return np.append(0.0, positives), np.append(0.0, last_of_ties + 1 - positives)


def spread(label: Floats, prediction: Floats, shares: tuple[float, ...], num_bins: int = 20) -> tuple[Floats, Floats]:
    """Mean prediction of each bin, [bins], and quantiles of its labels, [shares, bins]."""
    numbers = bin_numbers(prediction, num_bins)
    predicted, _, rows = _means(label, prediction, numbers)
    parts = np.split(label[np.argsort(numbers, kind="stable")], np.cumsum(rows)[:-1])
    return predicted, np.stack([np.quantile(part, shares) for part in parts], axis=1)


def log_edges(longest: float, num_bins: int = 36) -> Floats:
    """Edges from 0 to the longest duration, even in log(1 + seconds), [bins + 1]."""
    edges = np.expm1(np.linspace(0, np.log1p(max(longest, 1e-3)), num_bins + 1))
    edges[-1] = np.nextafter(max(longest, edges[-1]), np.inf)
    return edges


def shares_between(values: Floats, edges: Floats) -> Floats:
    """Share of the values between two edges, [bins]."""
    counts, _ = np.histogram(values, edges)
    return np.asarray(counts / max(len(values), 1), dtype=np.float64)
