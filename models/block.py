"""Some inputs side by side, encoded together: all of a row, those of the context, or those of a candidate."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from models.batch import EncodedBatch
from models.columns import Bags, Categories, Codes, Columns
from models.features import MultiCategoricalFeature, NumericFeature, NumericStatistics
from models.features.categorical import encode_categories
from models.features.crossed import crossed
from models.features.multi_categorical import encode_bags, encode_lengths
from models.features.numeric import Buckets, encode_pieces
from models.features.standardised import Standardised
from models.features.vocabulary import MISSING, Vocabulary
from models.past.rates import PastRates

PADDING = 0


@dataclass(frozen=True, slots=True)
class IdColumn:
    """An input with one table row a row.

    Attributes:
        of: the features that it is made of.
        rows: from what is given of them to rows of the input's own table, [batch], [1] or a number for all rows.
        first_row: where that table begins in the packed one.
    """

    of: tuple[str, ...]
    rows: Callable[[Columns], Codes | int]
    first_row: int


@dataclass(frozen=True, slots=True)
class BagColumn:
    """A list feature, its vocabulary, and where its table begins in the packed one."""

    feature: MultiCategoricalFeature
    vocabulary: Vocabulary
    first_row: int


class Block:
    """Inputs in the order of their columns in an `EncodedBatch`.

    Args:
        ids: features, crosses, then lengths of lists.
        bags: list features.
        numbers: numeric features that are no rows of a table, with what was measured of each.
        pasts: past rates.
    """

    def __init__(
        self,
        ids: Sequence[IdColumn],
        bags: Sequence[BagColumn],
        numbers: Sequence[tuple[NumericFeature, NumericStatistics]],
        pasts: Sequence[PastRates],
    ) -> None:
        self._ids = [(column.of[0] if len(column.of) == 1 else "", column.rows) for column in ids]
        self._first_rows = np.array([column.first_row for column in ids], dtype=np.int64)[:, None]
        self._bags = tuple(bags)
        in_pieces = [feature.encoding == "piecewise_linear" for feature, _ in numbers]
        self._pieces = [(place, *numbers[place]) for place in np.flatnonzero(in_pieces).tolist()]
        self._standardised = Standardised([each for each, cut in zip(numbers, in_pieces, strict=True) if not cut])
        self._standardised_at = np.flatnonzero(np.logical_not(in_pieces)) if any(in_pieces) else slice(None)
        self._num_numbers = len(numbers)
        self._pasts = tuple(pasts)

    def encode(
        self,
        given: Columns,
        known: Mapping[str, Codes],
        num_rows: int,
        past: NDArray[np.float32] | None = None,
    ) -> EncodedBatch:
        """Encode rows.

        Args:
            given: typed columns of `num_rows` rows, or of one row for all; an absent feature is missing in all.
            known: rows of the own table of categorical features, [num_rows] or [1], where they were found before.
            num_rows: rows to encode.
            past: past rates of training rows, [num_rows, their width]; left out, as they were at the window's end.
        """
        ids = self._encode_ids(given, known, num_rows)
        bags = {bag.feature.name: torch.from_numpy(_encode_bag(bag, given, num_rows)) for bag in self._bags}
        numerics = self._encode_numbers(given, num_rows)
        pasts = [past] if past is not None else [each.encode(given, num_rows) for each in self._pasts]
        if pasts:
            numerics = np.concatenate([numerics, *(_repeated(each, num_rows) for each in pasts)], axis=1)
        return EncodedBatch(torch.from_numpy(ids), bags, torch.from_numpy(numerics))

    def _encode_ids(self, given: Columns, known: Mapping[str, Codes], num_rows: int) -> Codes:
        """Rows of the packed table, [num_rows, columns]."""
        found = np.empty((len(self._ids), num_rows), np.int64)
        for place, (name, rows) in enumerate(self._ids):
            found[place] = known[name] if name in known else rows(given)
        found += self._first_rows
        return np.ascontiguousarray(found.T)

    def _encode_numbers(self, given: Columns, num_rows: int) -> NDArray[np.float32]:
        if not self._pieces:
            return self._standardised.encode(given, num_rows).reshape(num_rows, 2 * self._num_numbers)
        inputs = np.empty((num_rows, self._num_numbers, 2), np.float32)
        inputs[:, self._standardised_at] = self._standardised.encode(given, num_rows)
        for place, feature, statistics in self._pieces:
            column = given.get(feature.name)
            assert column is None or isinstance(column, np.ndarray)
            inputs[:, place] = encode_pieces(feature, statistics, np.array([np.nan]) if column is None else column)
        return inputs.reshape(num_rows, 2 * self._num_numbers)


def category_rows(name: str, vocabulary: Vocabulary, given: Columns) -> Codes | int:
    """Rows of a categorical feature's table."""
    column = given.get(name)
    if column is None:
        return MISSING
    assert isinstance(column, Categories)
    return encode_categories(column, vocabulary)


def bucket_rows(name: str, buckets: Buckets, given: Columns) -> Codes | int:
    """Rows of the table of a numeric feature in buckets."""
    column = given.get(name)
    if column is None:
        return MISSING
    assert isinstance(column, np.ndarray)
    return buckets.rows(column)


def cross_rows(of: Sequence[str], vocabulary: Vocabulary, given: Columns) -> Codes | int:
    """Rows of a cross's table; missing where any part of it is absent."""
    parts = [part for name in of if isinstance(part := given.get(name), Categories)]
    return encode_categories(crossed(parts), vocabulary) if len(parts) == len(of) else MISSING


def length_rows(name: str, given: Columns) -> Codes | int:
    """Rows of the table of a list's lengths; no list is an empty one."""
    column = given.get(name)
    return encode_lengths(column) if isinstance(column, Bags) else 0


def _encode_bag(bag: BagColumn, given: Columns, num_rows: int) -> Codes:
    """Rows of the packed table, [num_rows, length]."""
    column = given.get(bag.feature.name)
    if column is None:
        return np.full((num_rows, 1), PADDING, dtype=np.int64)
    assert isinstance(column, Bags)
    encoded = encode_bags(column, bag.vocabulary, bag.feature.max_length, bag.first_row, padding=PADDING)
    return np.repeat(encoded, num_rows, axis=0) if len(encoded) == 1 != num_rows else encoded


def _repeated(encoded: NDArray[np.float32], num_rows: int) -> NDArray[np.float32]:
    return np.repeat(encoded, num_rows, axis=0) if len(encoded) == 1 != num_rows else encoded
