"""A feature with a list of categories a row: tags, a watch history."""

from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from models.columns import Bags, Codes
from models.features.base import FeatureBase
from models.features.vocabulary import LearnedVocabularyConfig, Vocabulary, VocabularyConfig
from models.names import ColumnName


class MultiCategoricalFeature(FeatureBase):
    """A bag or a sequence of categories a row, pooled into one embedding."""

    kind: Literal["multi_categorical"]
    max_length: int = Field(default=50, ge=1, le=10_000)
    """Longer lists keep their end: a history is logged oldest first and its newest entries say most."""
    pooling: Literal["mean", "sum"] = "mean"
    """How the embeddings of a list become one."""
    separator: str | None = Field(default=None, min_length=1, max_length=1)
    """Lets a row be text such as "12,7" instead of a list."""
    shares: ColumnName | None = None
    """Use the vocabulary and the table of this categorical feature (a history of video ids and the video id)."""
    vocabulary: VocabularyConfig | None = None
    """Own vocabulary; left out together with `shares`."""

    @model_validator(mode="after")
    def _one_vocabulary(self) -> "MultiCategoricalFeature":
        if self.shares is not None and self.vocabulary is not None:
            raise ValueError(
                f"a feature has one vocabulary; '{self.name}' sets both `shares` and `vocabulary`: remove one of them"
            )
        return self

    @property
    def own_vocabulary(self) -> VocabularyConfig:
        """The vocabulary's settings where the feature shares none."""
        return self.vocabulary or LearnedVocabularyConfig()


def encode_bags(column: Bags, vocabulary: Vocabulary, max_length: int, offset: int, padding: int) -> Codes:
    """Table rows plus `offset`, [batch, length], padded on the right with `padding`.

    The length is the longest of the batch, at least 1 and at most `max_length`; lists cut to it keep their end.
    """
    rows = vocabulary.lookup(column.values)
    codes, offsets = _without_missing(column)
    lengths = np.minimum(np.diff(offsets), max_length)
    length = max(1, int(lengths.max(initial=0)))
    steps = np.arange(length)
    held = steps < lengths[:, None]
    positions = (offsets[1:] - lengths)[:, None] + steps
    padded = np.full(held.shape, padding, dtype=np.int64)
    padded[held] = rows[codes[positions[held]]] + offset
    return padded


def _without_missing(column: Bags) -> tuple[Codes, Codes]:
    present = column.codes >= 0
    if present.all():
        return column.codes, column.offsets
    kept = np.concatenate(([0], np.cumsum(present)))
    return column.codes[present], kept[column.offsets]
