"""Counts of values from a stream, kept in arrays: what waits is merged when it outgrows what is merged."""

import numpy as np
import pyarrow as pa

from models.columns import Codes

_SMALLEST_MERGE = 262_144
"""Values that wait at least before they are merged: less would go over the same ones again and again."""


class Counts:
    """Memory grows with the number of distinct values and nothing else.

    Args:
        of: type of the values.
    """

    def __init__(self, of: pa.DataType) -> None:
        self._parts = [(pa.array([], of), np.empty(0, np.int64))]
        self._num_waiting = 0

    def add(self, values: pa.Array, counts: Codes) -> None:
        """Take in values, which may repeat, and how often each was seen, [values]."""
        self._parts.append((values, counts))
        self._num_waiting += len(counts)
        if self._num_waiting > max(_SMALLEST_MERGE, len(self._parts[0][1])):
            self.merged()

    def merged(self) -> tuple[pa.Array, Codes]:
        """Distinct values and how often each was seen in all, in the order in which they came."""
        if len(self._parts) > 1:
            values, counts = zip(*self._parts, strict=True)
            encoded = pa.concat_arrays(values).dictionary_encode()
            sums = np.bincount(encoded.indices.to_numpy(), np.concatenate(counts), len(encoded.dictionary))
            self._parts, self._num_waiting = [(encoded.dictionary, sums.astype(np.int64))], 0
        return self._parts[0]
