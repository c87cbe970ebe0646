"""One encoder for both sides: from typed columns to the rows of one packed embedding table.

All tables lie in one packed table, so that a batch takes one lookup instead of one a feature. Row 0 of the packed
table is PADDING and stays zero; each feature's table follows at its offset.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from models.batch import EncodedBatch
from models.columns import Bags, Categories, Codes, Column, Columns
from models.features import (
    CategoricalFeature,
    Cross,
    Feature,
    MultiCategoricalFeature,
    NumericFeature,
    NumericStatistics,
)
from models.features.categorical import encode_categories
from models.features.crossed import crossed
from models.features.multi_categorical import NUM_LENGTHS, encode_bags, encode_lengths
from models.features.numeric import encode_buckets, encode_pieces, encode_standardised
from models.features.rules import check_features, owner_of
from models.features.vocabulary import MISSING, Vocabulary
from models.past.rates import PastRates

PADDING = 0
T = TypeVar("T", np.int64, np.float32)


@dataclass(frozen=True)
class Fitted:
    """What one streaming pass over the training window measured.

    Attributes:
        vocabularies: by the name of the feature or cross that owns the table.
        numerics: by the name of the numeric feature.
        past: what is known of ids at the end of the training window, in the order of the configuration.
    """

    vocabularies: Mapping[str, Vocabulary]
    numerics: Mapping[str, NumericStatistics]
    past: tuple[PastRates, ...] = ()


class Encoder:
    """Features, the crosses of them, and what was fitted of both; immutable."""

    def __init__(self, features: Sequence[Feature], fitted: Fitted, crosses: Sequence[Cross] = ()) -> None:
        check_features(features, crosses)
        self.features = tuple(features)
        self.crosses = tuple(crosses)
        self.fitted = fitted
        self.offsets: dict[str, int] = {}
        self.num_rows = PADDING + 1
        for part in (*self.features, *self.crosses):
            if table_rows := self._table_rows(part):
                self.offsets[part.name] = self.num_rows
                self.num_rows += table_rows
        self._length_offsets: dict[str, int] = {}
        for bag in self.bag_features:
            if bag.with_length:
                self._length_offsets[bag.name] = self.num_rows
                self.num_rows += NUM_LENGTHS
        self._owners = {f.name: owner_of(f) for f in self.features if not isinstance(f, NumericFeature)}

    @property
    def id_features(self) -> list[str]:
        """What has one table row a row, in the order of `EncodedBatch.ids`: features, then crosses.

        The lengths of lists come after them.
        """
        held = [f.name for f in self.features if not isinstance(f, MultiCategoricalFeature) and not _is_number(f)]
        return held + [cross.name for cross in self.crosses]

    @property
    def ids_width(self) -> int:
        """Width of `EncodedBatch.ids`."""
        return len(self.id_features) + len(self._length_offsets)

    @property
    def bag_features(self) -> list[MultiCategoricalFeature]:
        """Features with a list of table rows a row."""
        return [f for f in self.features if isinstance(f, MultiCategoricalFeature)]

    @property
    def number_features(self) -> list[NumericFeature]:
        """Features with a value and a missing flag a row, in the order of `EncodedBatch.numerics`."""
        return [f for f in self.features if isinstance(f, NumericFeature) and _is_number(f)]

    @property
    def numeric_width(self) -> int:
        """Width of `EncodedBatch.numerics`."""
        return 2 * len(self.number_features) + sum(past.width for past in self.fitted.past)

    @property
    def past_columns(self) -> list[tuple[tuple[str, ...], slice]]:
        """The features that each past rate is of, and its columns of `EncodedBatch.numerics`: the last ones."""
        ends = np.cumsum([past.width for past in self.fitted.past]).tolist()
        first = self.numeric_width - (ends[-1] if ends else 0)
        pasts = zip(self.fitted.past, [0, *ends], ends, strict=False)
        return [(past.of, slice(first + start, first + end)) for past, start, end in pasts]

    @property
    def tables(self) -> list[tuple[str | None, int, int]]:
        """Who owns each table, its first row and the row after its last; lengths have tables that nobody owns."""
        starts = [*self.offsets.items(), *((None, first) for first in self._length_offsets.values())]
        ends = [first for _, first in starts[1:]] + [self.num_rows]
        return [(owner, first, end) for (owner, first), end in zip(starts, ends, strict=True)]

    def first_row(self, name: str) -> int:
        """Where the table begins that a feature or cross uses, its own or the one that it shares."""
        return self.offsets[self._owners.get(name, name)]

    def encode(
        self,
        columns: Columns,
        num_rows: int,
        context: Columns | None = None,
        past: NDArray[np.float32] | None = None,
    ) -> EncodedBatch:
        """Encode rows; a feature absent from the columns is missing in all of them.

        Args:
            columns: typed columns of `num_rows` rows each.
            num_rows: rows to encode.
            context: typed columns of one row each, encoded once and repeated for all rows.
            past: past rates of training rows, [num_rows, their width]; left out, as they were at the window's end.
        """
        given = {**columns, **(context or {})}
        ids: list[Codes] = []
        bags: dict[str, torch.Tensor] = {}
        numbers: list[NDArray[np.float32]] = []
        for feature in self.features:
            column = given.get(feature.name)
            if isinstance(feature, MultiCategoricalFeature):
                bags[feature.name] = torch.from_numpy(_repeated(self._encode_bags(feature, column, num_rows), num_rows))
            elif isinstance(feature, NumericFeature) and _is_number(feature):
                numbers.append(_repeated(self._encode_number(feature, column, num_rows), num_rows))
            else:
                ids.append(_repeated(self._encode_ids(feature, column, num_rows), num_rows))
        ids += [_repeated(self._encode_cross(cross, given, num_rows), num_rows) for cross in self.crosses]
        ids += [_repeated(self._encode_lengths(name, given, num_rows), num_rows) for name in self._length_offsets]
        pasts = [past] if past is not None else [each.encode(given, num_rows) for each in self.fitted.past]
        inputs = numbers + [_repeated(each, num_rows) for each in pasts]
        return EncodedBatch(
            torch.from_numpy(np.stack(ids, axis=1) if ids else np.zeros((num_rows, 0), np.int64)),
            bags,
            torch.from_numpy(np.concatenate(inputs, axis=1) if inputs else np.zeros((num_rows, 0), np.float32)),
        )

    def values_of(self, feature: str, batch: EncodedBatch) -> torch.Tensor:
        """Each row's value of a categorical feature as its row in that feature's own table, [batch]."""
        return batch.ids[:, self.id_features.index(feature)] - self.first_row(feature)

    def _table_rows(self, part: Feature | Cross) -> int:
        """Rows of the table that a feature or cross owns; 0 where it owns none."""
        if isinstance(part, NumericFeature):
            return 0 if _is_number(part) else self.fitted.numerics[part.name].num_rows
        owns = isinstance(part, Cross) or owner_of(part) == part.name
        return self.fitted.vocabularies[part.name].num_rows if owns else 0

    def _encode_ids(self, feature: Feature, column: Column | None, num_rows: int) -> Codes:
        offset = self.first_row(feature.name)
        if column is None:
            return np.full(num_rows, MISSING + offset, dtype=np.int64)
        if isinstance(feature, NumericFeature):
            assert isinstance(column, np.ndarray)
            return encode_buckets(feature, self.fitted.numerics[feature.name], column) + offset
        assert isinstance(feature, CategoricalFeature)
        assert isinstance(column, Categories)
        return encode_categories(column, self.fitted.vocabularies[owner_of(feature)]) + offset

    def _encode_cross(self, cross: Cross, given: Columns, num_rows: int) -> Codes:
        """Table rows, [num_rows], or [1] where all parts are of the context."""
        parts = [part for name in cross.of if isinstance(part := given.get(name), Categories)]
        if len(parts) < len(cross.of):
            return np.full(num_rows, MISSING + self.offsets[cross.name], dtype=np.int64)
        return encode_categories(crossed(parts), self.fitted.vocabularies[cross.name]) + self.offsets[cross.name]

    def _encode_bags(self, feature: MultiCategoricalFeature, column: Column | None, num_rows: int) -> Codes:
        if column is None:
            return np.full((num_rows, 1), PADDING, dtype=np.int64)
        assert isinstance(column, Bags)
        vocabulary = self.fitted.vocabularies[owner_of(feature)]
        return encode_bags(column, vocabulary, feature.max_length, self.first_row(feature.name), padding=PADDING)

    def _encode_lengths(self, name: str, given: Columns, num_rows: int) -> Codes:
        """Rows of the table of lengths; no list is an empty one."""
        column = given.get(name)
        lengths = encode_lengths(column) if isinstance(column, Bags) else np.zeros(num_rows, dtype=np.int64)
        return lengths + self._length_offsets[name]

    def _encode_number(self, feature: NumericFeature, column: Column | None, num_rows: int) -> NDArray[np.float32]:
        values = np.full(num_rows, np.nan) if column is None else column
        assert isinstance(values, np.ndarray)
        encode = encode_pieces if feature.encoding == "piecewise_linear" else encode_standardised
        return encode(feature, self.fitted.numerics[feature.name], values)


def _is_number(feature: Feature) -> bool:
    """Whether its values reach the network as numbers and not as rows of the table."""
    return isinstance(feature, NumericFeature) and feature.encoding != "quantile_buckets"


def _repeated(encoded: NDArray[T], num_rows: int) -> NDArray[T]:
    """Context is encoded as one row and repeated; everything else has its rows already."""
    return np.repeat(encoded, num_rows, axis=0) if len(encoded) == 1 != num_rows else encoded
