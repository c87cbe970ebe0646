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
from models.errors import ConfigError
from models.features import CategoricalFeature, Feature, MultiCategoricalFeature, NumericFeature, NumericStatistics
from models.features.categorical import encode_categories
from models.features.multi_categorical import encode_bags
from models.features.numeric import encode_buckets, encode_standardised
from models.features.vocabulary import MISSING, Vocabulary, VocabularyConfig

PADDING = 0
T = TypeVar("T", np.int64, np.float32)


@dataclass(frozen=True)
class Fitted:
    """What one streaming pass over the training window measured.

    Attributes:
        vocabularies: by the name of the feature that owns the table.
        numerics: by the name of the numeric feature.
    """

    vocabularies: Mapping[str, Vocabulary]
    numerics: Mapping[str, NumericStatistics]


def vocabulary_owners(features: Sequence[Feature]) -> dict[str, VocabularyConfig]:
    """The features that own a vocabulary, with its settings."""
    owners: dict[str, VocabularyConfig] = {}
    for feature in features:
        if isinstance(feature, CategoricalFeature):
            owners[feature.name] = feature.vocabulary
        elif isinstance(feature, MultiCategoricalFeature) and feature.shares is None:
            owners[feature.name] = feature.own_vocabulary
    return owners


def owner_of(feature: CategoricalFeature | MultiCategoricalFeature) -> str:
    """The name of the feature whose vocabulary this feature uses."""
    shares = feature.shares if isinstance(feature, MultiCategoricalFeature) else None
    return shares or feature.name


def check_features(features: Sequence[Feature]) -> None:
    """Refuse features that contradict each other.

    Raises:
        ConfigError: a name used twice, or `shares` naming no categorical feature.
    """
    names = [feature.name for feature in features]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"feature names are unique; found more than once: {', '.join(twice)}: remove the repetition")
    categorical = {feature.name for feature in features if isinstance(feature, CategoricalFeature)}
    for feature in features:
        if isinstance(feature, MultiCategoricalFeature) and feature.shares not in {None, *categorical}:
            raise ConfigError(
                f"`shares` names a categorical feature; feature '{feature.name}' shares '{feature.shares}', "
                f"which is none: use one of {', '.join(sorted(categorical)) or '(there is none)'}"
            )


class Encoder:
    """Features and what was fitted of them; immutable."""

    def __init__(self, features: Sequence[Feature], fitted: Fitted) -> None:
        check_features(features)
        self.features = tuple(features)
        self.fitted = fitted
        self.offsets: dict[str, int] = {}
        self.num_rows = PADDING + 1
        for feature in self.features:
            if table_rows := self._table_rows(feature):
                self.offsets[feature.name] = self.num_rows
                self.num_rows += table_rows

    @property
    def id_features(self) -> list[str]:
        """Features with one table row a row, in the order of `EncodedBatch.ids`."""
        return [f.name for f in self.features if not isinstance(f, MultiCategoricalFeature) and not _standardised(f)]

    @property
    def bag_features(self) -> list[MultiCategoricalFeature]:
        """Features with a list of table rows a row."""
        return [f for f in self.features if isinstance(f, MultiCategoricalFeature)]

    @property
    def numeric_width(self) -> int:
        """Width of `EncodedBatch.numerics`: value and missing flag a standardised feature."""
        return 2 * sum(_standardised(f) for f in self.features)

    def encode(self, columns: Columns, num_rows: int, context: Columns | None = None) -> EncodedBatch:
        """Encode rows; a feature absent from the columns is missing in all of them.

        Args:
            columns: typed columns of `num_rows` rows each.
            num_rows: rows to encode.
            context: typed columns of one row each, encoded once and repeated for all rows.
        """
        ids: list[Codes] = []
        bags: dict[str, torch.Tensor] = {}
        numerics: list[NDArray[np.float32]] = []
        for feature in self.features:
            column = (context or {}).get(feature.name, columns.get(feature.name))
            if isinstance(feature, MultiCategoricalFeature):
                bags[feature.name] = torch.from_numpy(_repeated(self._encode_bags(feature, column, num_rows), num_rows))
            elif isinstance(feature, NumericFeature) and feature.encoding == "standardise":
                numerics.append(_repeated(self._encode_standardised(feature, column, num_rows), num_rows))
            else:
                ids.append(_repeated(self._encode_ids(feature, column, num_rows), num_rows))
        return EncodedBatch(
            torch.from_numpy(np.stack(ids, axis=1) if ids else np.zeros((num_rows, 0), np.int64)),
            bags,
            torch.from_numpy(np.concatenate(numerics, axis=1) if numerics else np.zeros((num_rows, 0), np.float32)),
        )

    def _table_rows(self, feature: Feature) -> int:
        """Rows of the table the feature owns; 0 where it owns none."""
        if isinstance(feature, NumericFeature):
            return 0 if _standardised(feature) else self.fitted.numerics[feature.name].num_rows
        return self.fitted.vocabularies[feature.name].num_rows if owner_of(feature) == feature.name else 0

    def _encode_ids(self, feature: Feature, column: Column | None, num_rows: int) -> Codes:
        offset = self.offsets[feature.name]
        if column is None:
            return np.full(num_rows, MISSING + offset, dtype=np.int64)
        if isinstance(feature, NumericFeature):
            assert isinstance(column, np.ndarray)
            return encode_buckets(feature, self.fitted.numerics[feature.name], column) + offset
        assert isinstance(column, Categories)
        return encode_categories(column, self.fitted.vocabularies[feature.name]) + offset

    def _encode_bags(self, feature: MultiCategoricalFeature, column: Column | None, num_rows: int) -> Codes:
        if column is None:
            return np.full((num_rows, 1), PADDING, dtype=np.int64)
        assert isinstance(column, Bags)
        owner = owner_of(feature)
        return encode_bags(
            column, self.fitted.vocabularies[owner], feature.max_length, self.offsets[owner], padding=PADDING
        )

    def _encode_standardised(
        self, feature: NumericFeature, column: Column | None, num_rows: int
    ) -> NDArray[np.float32]:
        values = np.full(num_rows, np.nan) if column is None else column
        assert isinstance(values, np.ndarray)
        return encode_standardised(feature, self.fitted.numerics[feature.name], values)


def _standardised(feature: Feature) -> bool:
    return isinstance(feature, NumericFeature) and feature.encoding == "standardise"


def _repeated(encoded: NDArray[T], num_rows: int) -> NDArray[T]:
    """Context is encoded as one row and repeated; everything else has its rows already."""
    return np.repeat(encoded, num_rows, axis=0) if len(encoded) == 1 != num_rows else encoded
