"""One encoder for both sides: from typed columns to the rows of one packed embedding table.

All tables lie in one packed table, so that a batch takes one lookup instead of one a feature. Row 0 of the packed
table is PADDING and stays zero; each feature's table follows at its offset.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from models.batch import EncodedBatch, SplitBatch
from models.block import (
    PADDING,
    BagColumn,
    Block,
    IdColumn,
    bucket_rows,
    category_rows,
    cross_rows,
    length_rows,
)
from models.columns import Codes, Columns
from models.features import (
    CategoricalFeature,
    Cross,
    Feature,
    MultiCategoricalFeature,
    NumericFeature,
    NumericStatistics,
)
from models.features.multi_categorical import NUM_LENGTHS
from models.features.numeric import Buckets
from models.features.rules import check_features, owner_of
from models.features.sent_columns import SentColumns
from models.features.vocabulary import LearnedVocabulary, Vocabulary
from models.past.rates import PastRates

__all__ = ["PADDING", "Encoder", "Fitted"]


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
        self._sent = SentColumns(
            {
                feature.name: vocabulary
                for feature in self.features
                if isinstance(feature, CategoricalFeature)
                and isinstance(vocabulary := fitted.vocabularies[owner_of(feature)], LearnedVocabulary)
            }
        )
        self._whole, self._context, self._candidates = self._blocks()

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
        return self._whole.encode(given, self._sent.find(given), num_rows, past)

    def encode_split(self, columns: Columns, num_rows: int, context: Columns) -> SplitBatch:
        """Encode a context once and its candidates beside it: the parts of what `encode` makes of the same.

        Args:
            columns: typed columns of candidate features, of `num_rows` rows each.
            num_rows: candidates.
            context: typed columns of context features, of one row each.
        """
        given = {**columns, **context}
        known = self._sent.find(given)
        return SplitBatch(self._context.encode(context, known, 1), self._candidates.encode(given, known, num_rows))

    def prepare(self) -> None:
        """Make what ids of requests are looked up in: processes that are forked afterwards share it."""
        self._sent.prepare()

    def values_of(self, feature: str, batch: EncodedBatch) -> torch.Tensor:
        """Each row's value of a categorical feature as its row in that feature's own table, [batch]."""
        return batch.ids[:, self.id_features.index(feature)] - self.first_row(feature)

    def _table_rows(self, part: Feature | Cross) -> int:
        """Rows of the table that a feature or cross owns; 0 where it owns none."""
        if isinstance(part, NumericFeature):
            return 0 if _is_number(part) else self.fitted.numerics[part.name].num_rows
        owns = isinstance(part, Cross) or owner_of(part) == part.name
        return self.fitted.vocabularies[part.name].num_rows if owns else 0

    def _blocks(self) -> tuple[Block, Block, Block]:
        """What encodes whole rows, a context, and its candidates.

        What is made of several features, a cross or a past rate, belongs to the context where all of them do.
        """
        of_context = {feature.name for feature in self.features if feature.scope == "context"}.issuperset
        return (
            self._block(lambda of: True),
            self._block(of_context),
            self._block(lambda of: not of_context(of)),
        )

    def _block(self, is_held: Callable[[Sequence[str]], bool]) -> Block:
        return Block(
            [column for column in self._id_columns() if is_held(column.of)],
            [
                BagColumn(bag, self.fitted.vocabularies[owner_of(bag)], self.first_row(bag.name))
                for bag in self.bag_features
                if is_held([bag.name])
            ],
            [(each, self.fitted.numerics[each.name]) for each in self.number_features if is_held([each.name])],
            [past for past in self.fitted.past if is_held(past.of)],
        )

    def _id_columns(self) -> list[IdColumn]:
        """In the order of `id_features`, then the lengths of lists."""
        columns = []
        for feature in self.features:
            rows: partial[Codes | int]
            if isinstance(feature, CategoricalFeature):
                rows = partial(category_rows, feature.name, self.fitted.vocabularies[owner_of(feature)])
            elif isinstance(feature, NumericFeature) and not _is_number(feature):
                rows = partial(bucket_rows, feature.name, Buckets(feature, self.fitted.numerics[feature.name]))
            else:
                continue
            columns.append(IdColumn((feature.name,), rows, self.first_row(feature.name)))
        for cross in self.crosses:
            rows = partial(cross_rows, cross.of, self.fitted.vocabularies[cross.name])
            columns.append(IdColumn(cross.of, rows, self.offsets[cross.name]))
        lengths = self._length_offsets.items()
        return columns + [IdColumn((name,), partial(length_rows, name), first) for name, first in lengths]


def _is_number(feature: Feature) -> bool:
    """Whether its values reach the network as numbers and not as rows of the table."""
    return isinstance(feature, NumericFeature) and feature.encoding != "quantile_buckets"
