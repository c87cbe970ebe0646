"""The bins of a feature, and the bin of each value."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.columns import Bags, Categories, Column
from models.features.vocabulary import UNKNOWN, LearnedVocabulary
from models.reference import CategoricalReference, FeatureReference, NumericReference
from models.reference.bins import quantile_edges

NUM_BINS = 10
"""Of a number: the more bins, the more chance shows and the less a move within one."""
MOST_TOP = 32
SMALLEST_TOP = 0.01
"""A category with a smaller share is no bin of its own: what comes and goes among rare ids is told by how many of them
the encoder does not know, and not by a distribution."""
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class NumericBins:
    """Between inner edges."""

    edges: tuple[float, ...]

    @property
    def num_bins(self) -> int:
        """How many."""
        return len(self.edges) + 1

    def codes(self, column: Column) -> Codes:
        """The bin of each value that is there, [values]."""
        assert isinstance(column, np.ndarray)
        return np.searchsorted(np.array(self.edges), column[~np.isnan(column)], side="right")


@dataclass(frozen=True)
class CategoryBins:
    """Frequent categories, then all others together."""

    top: tuple[str, ...]

    @property
    def num_bins(self) -> int:
        """How many."""
        return len(self.top) + 1

    @cached_property
    def _vocabulary(self) -> LearnedVocabulary:
        return LearnedVocabulary(self.top)

    def codes(self, column: Column) -> Codes:
        """The bin of each value that is there, [values]; of a list each element is one."""
        assert isinstance(column, Categories | Bags)
        found = self._vocabulary.lookup(column.values) - UNKNOWN  # the others are 0 now
        bins = np.where(found == 0, len(self.top), found - 1)
        return bins[column.codes[column.codes >= 0]] if len(bins) else np.empty(0, np.int64)


Bins = NumericBins | CategoryBins


def bins_of(reference: FeatureReference) -> Bins:
    """The bins that a reference has."""
    match reference:
        case NumericReference():
            return NumericBins(reference.edges)
        case CategoricalReference():
            return CategoryBins(reference.top)


def measured_bins(columns: Iterable[Column]) -> Bins:
    """Bins for the values of a column, chunk by chunk."""
    parts = list(columns)
    if isinstance(parts[0], np.ndarray):
        values = np.concatenate([part for part in parts if isinstance(part, np.ndarray)])
        return NumericBins(quantile_edges(values[~np.isnan(values)], NUM_BINS))
    counts: Counter[str] = Counter()
    for part in parts:
        assert isinstance(part, Categories | Bags)
        seen = np.bincount(part.codes[part.codes >= 0], minlength=len(part.values))
        counts.update(dict(zip(part.values, seen.tolist(), strict=True)))
    fewest = SMALLEST_TOP * counts.total()
    return CategoryBins(tuple(value for value, rows in counts.most_common(MOST_TOP) if rows >= max(1.0, fewest)))


def bin_counts(bins: Bins, columns: Iterable[Column]) -> Codes:
    """Values in each bin, [bins]."""
    total = np.zeros(bins.num_bins, np.int64)
    for column in columns:
        total += np.bincount(bins.codes(column), minlength=bins.num_bins)
    return total
