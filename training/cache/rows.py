"""Encoded rows as plain arrays, with ragged lists: what lies on disk and what batches are gathered from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IDS, NUMBERS, OFFSETS = np.dtype("<i4"), np.dtype("<f4"), np.dtype("<i8")
Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of table rows, one a row: `values[offsets[i]:offsets[i + 1]]`.

    Attributes:
        values: int32 [elements of all lists].
        offsets: int64 [rows + 1], from 0.
    """

    values: NDArray[np.int32]
    offsets: NDArray[np.int64]

    def take(self, index: Positions) -> "Lists":
        """The lists of some rows, in the order of the index."""
        starts = self.offsets[index]
        lengths = self.offsets[index + 1] - starts
        offsets = np.concatenate(([0], np.cumsum(lengths)))
        elements = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], lengths)
        return Lists(self.values.take(elements), offsets)

    def cut(self, start: int, stop: int) -> "Lists":
        """The lists of the rows from start to before stop."""
        offsets = self.offsets[start : stop + 1]
        return Lists(self.values[offsets[0] : offsets[-1]], offsets - offsets[0])

    def padded(self, padding: int) -> NDArray[np.int64]:
        """[rows, length of the longest], at least one wide, padded on the right."""
        lengths = np.diff(self.offsets)
        held = np.arange(max(1, int(lengths.max(initial=0)))) < lengths[:, None]
        found = np.full(held.shape, padding, dtype=np.int64)
        found[held] = self.values
        return found

    @classmethod
    def unpadded(cls, padded: NDArray[np.int64], padding: int) -> "Lists":
        """The lists of rows that are padded on the right."""
        held = padded != padding
        return cls(padded[held].astype(IDS), np.concatenate(([0], np.cumsum(held.sum(axis=1)))))


@dataclass(frozen=True, slots=True)
class EncodedRows:
    """Some rows, encoded.

    Attributes:
        ids: rows of the packed table, int32 [rows, id features].
        numerics: float32 [rows, width].
        labels: float32 [rows, tasks]; NaN where a label does not count.
        lists: by list feature.
    """

    ids: NDArray[np.int32]
    numerics: NDArray[np.float32]
    labels: NDArray[np.float32]
    lists: dict[str, Lists]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: Positions) -> "EncodedRows":
        """The rows at the index, in its order."""
        lists = {name: each.take(index) for name, each in self.lists.items()}
        return EncodedRows(self.ids.take(index, 0), self.numerics.take(index, 0), self.labels.take(index, 0), lists)

    def cut(self, start: int, stop: int) -> "EncodedRows":
        """The rows from start to before stop."""
        lists = {name: each.cut(start, stop) for name, each in self.lists.items()}
        return EncodedRows(self.ids[start:stop], self.numerics[start:stop], self.labels[start:stop], lists)


def joined(parts: Sequence[EncodedRows]) -> EncodedRows:
    """All rows, in order."""
    if len(parts) == 1:
        return parts[0]
    return EncodedRows(
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.numerics for part in parts]),
        np.concatenate([part.labels for part in parts]),
        {name: _joined_lists([part.lists[name] for part in parts]) for name in parts[0].lists},
    )


def _joined_lists(parts: Sequence[Lists]) -> Lists:
    lengths = np.concatenate([np.diff(part.offsets) for part in parts])
    return Lists(np.concatenate([part.values for part in parts]), np.concatenate(([0], np.cumsum(lengths))))
