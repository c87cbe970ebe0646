"""A sliding window over predictions: rows by field and bin, and sums, of the last minutes."""

from collections.abc import Callable, Sequence
from time import monotonic

import numpy as np
from numpy.typing import NDArray

BUCKET_S = 60.0
NUM_BUCKETS = 15
"""The window ends now and began between 14 and 15 minutes ago."""


class PredictionWindow:
    """A ring of buckets; the oldest is emptied as time goes on.

    Args:
        edges: of the bins of each field, ascending, [bins - 1]; the outer bins are open.
        clock: seconds that only rise.
    """

    def __init__(self, edges: Sequence[NDArray[np.float32]], clock: Callable[[], float] = monotonic) -> None:
        self._edges = edges
        self._clock = clock
        self._newest = self._bucket()
        most = max((len(inner) for inner in edges), default=0) + 1
        self._counts = np.zeros((NUM_BUCKETS, len(edges), most), dtype=np.int64)
        self._sums = np.zeros((NUM_BUCKETS, len(edges)))

    def take(self, values: NDArray[np.float32]) -> None:
        """Count rows.

        Args:
            values: predictions, [rows, fields].
        """
        self._advance()
        place = self._newest % NUM_BUCKETS
        # Sorting a column and looking the few edges up in it takes a tenth of looking every value up.
        for field, column in enumerate(np.sort(values.T)):
            inner = self._edges[field]
            below = np.searchsorted(column, inner, side="left")
            self._counts[place, field, : len(inner) + 1] += np.diff(below, prepend=0, append=len(column))
            self._sums[place, field] += column.sum(dtype=np.float64)

    def totals(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Rows by field and bin, [fields, bins], and sums of the values, [fields]."""
        self._advance()
        return self._counts.sum(axis=0), self._sums.sum(axis=0)

    def _advance(self) -> None:
        now = self._bucket()
        for bucket in range(self._newest + 1, min(now, self._newest + NUM_BUCKETS) + 1):
            self._counts[bucket % NUM_BUCKETS] = 0
            self._sums[bucket % NUM_BUCKETS] = 0.0
        self._newest = now

    def _bucket(self) -> int:
        return int(self._clock() // BUCKET_S)
