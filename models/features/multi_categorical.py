"""A feature with a list of categories a row: tags, a watch history."""

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from models.columns import Bags, Codes, SentBags
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
    rows, lengths = _rows_of_elements(column, vocabulary)
    if len(lengths) == 1:  # a context: for one list there is nothing to align
        kept = rows[-max_length:] if len(rows) else np.array([padding - offset])
        return (kept + offset)[None]
    longest = int(lengths.max(initial=1))
    if longest > max_length:
        from_end = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(rows))
        rows = rows[from_end <= max_length]
        lengths, longest = np.minimum(lengths, max_length), max_length
    padded = np.full((len(lengths), longest), padding, dtype=np.int64)
    padded[np.arange(longest) < lengths[:, None]] = rows + offset  # row by row, which is how the elements lie
    return padded


def encode_lengths(column: Bags) -> Codes:
    """Rows of the table of lengths, [batch]: missing elements are not counted and none is cut off."""
    lengths = column.lengths if isinstance(column, SentBags) else np.diff(_without_missing(column)[1])
    return _LENGTH_ROWS[np.minimum(lengths, len(_LENGTH_ROWS) - 1)]


def _length_rows(num_lengths: int) -> Codes:
    """The row of each length below: short ones have one each, longer ones share LENGTHS_PER_DOUBLING a doubling."""
    lengths = np.arange(num_lengths)
    doublings = np.log2(np.maximum(lengths, SHORT_LENGTHS) / SHORT_LENGTHS)
    long_row = SHORT_LENGTHS + np.floor(LENGTHS_PER_DOUBLING * doublings).astype(np.int64)
    return np.where(lengths < SHORT_LENGTHS, lengths, np.minimum(long_row, NUM_LENGTHS - 1))


_LENGTH_ROWS = _length_rows(SHORT_LENGTHS << 10)  # all longer ones have the row of the last


def _rows_of_elements(column: Bags, vocabulary: Vocabulary) -> tuple[Codes, Codes]:
    """Rows of the vocabulary for all elements that are there, list by list, and how many each list has."""
    if isinstance(column, SentBags):
        return vocabulary.lookup_sent(column.sent), column.lengths
    rows = vocabulary.lookup(column.values)
    codes, offsets = _without_missing(column)
    return rows[codes[offsets[0] : offsets[-1]]], np.diff(offsets)


def _without_missing(column: Bags) -> tuple[Codes, Codes]:
    present = column.codes >= 0
    if present.all():
        return column.codes, column.offsets
    kept = np.concatenate(([0], np.cumsum(present)))
    return column.codes[present], kept[column.offsets]
