"""A feature with a list of categories a row: tags, a watch history."""

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from models.columns import Bags, Codes
from models.features.attention import AttentionConfig
from models.features.of_categories import OfCategories
from models.features.vocabulary import Vocabulary
from models.names import ColumnName

SHORT_LENGTHS = 16
LENGTHS_PER_DOUBLING = 4
NUM_LENGTHS = SHORT_LENGTHS + 10 * LENGTHS_PER_DOUBLING
"""Rows of the table of a list's lengths: the last one holds all from 13,778 elements on."""


class MultiCategoricalFeature(OfCategories):
    """A bag or a sequence of categories a row, pooled into one embedding."""

    kind: Literal["multi_categorical"]
    max_length: int = Field(default=50, ge=1, le=10_000)
    """Longer lists keep their end: a history is logged oldest first and its newest entries say most."""
    pooling: Literal["mean", "sum", "attention"] = "mean"
    """How the embeddings of a list become one; `attention` weighs each element by what it has to do with the target."""
    target: ColumnName | None = None
    """The categorical feature that attention looks from; the one that the list `shares` where it is left out."""
    attention: AttentionConfig | None = None
    """How attention weighs; its own defaults where it is left out."""
    with_length: bool = False
    """Adds an embedding of the length, taken before it is cut: a mean hides how long a list is."""
    separator: str | None = Field(default=None, min_length=1, max_length=1)
    """Lets a row be text such as "12,7" instead of a list."""

    @model_validator(mode="after")
    def _attention_has_a_target(self) -> Self:
        if self.pooling == "attention" and self.looks_from is None:
            raise ValueError(
                f"attention looks from a target; '{self.name}' has neither `target` nor `shares`: "
                f"add `target`, a categorical feature"
            )
        settings = {"target": self.target, "attention": self.attention}
        idle = [name for name, value in settings.items() if value is not None and self.pooling != "attention"]
        if idle:
            raise ValueError(
                f"{' and '.join(f'`{name}`' for name in idle)} is for pooling = \"attention\"; '{self.name}' has "
                f'pooling = "{self.pooling}": change the pooling, or remove the setting'
            )
        return self

    @property
    def looks_from(self) -> str | None:
        """The categorical feature that attention looks from."""
        return self.target or self.shares


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


def encode_lengths(column: Bags) -> Codes:
    """Rows of the table of lengths, [batch]: missing elements are not counted and none is cut off.

    Short lengths have a row each, longer ones LENGTHS_PER_DOUBLING from one power of two to the next.
    """
    _, offsets = _without_missing(column)
    lengths = np.diff(offsets)
    doublings = np.log2(np.maximum(lengths, SHORT_LENGTHS) / SHORT_LENGTHS)
    long_row = SHORT_LENGTHS + np.floor(LENGTHS_PER_DOUBLING * doublings).astype(np.int64)
    return np.where(lengths < SHORT_LENGTHS, lengths, np.minimum(long_row, NUM_LENGTHS - 1))


def _without_missing(column: Bags) -> tuple[Codes, Codes]:
    present = column.codes >= 0
    if present.all():
        return column.codes, column.offsets
    kept = np.concatenate(([0], np.cumsum(present)))
    return column.codes[present], kept[column.offsets]
