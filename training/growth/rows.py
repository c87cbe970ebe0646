"""From the rows of the parent's packed table to those of the grown one."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.encoder import PADDING, Encoder
from models.features.vocabulary import NUM_RESERVED, UNKNOWN, LearnedVocabulary

ROWS_AT_ONCE = 1 << 20
"""Rows that are copied at a time, so that a large table is not in memory once more."""


@dataclass(frozen=True)
class Change:
    """What became of the ids of a vocabulary.

    Attributes:
        kept: old ids that are still there.
        added: ids that the parent did not know.
        evicted: old ids that are gone.
    """

    kept: int
    added: int
    evicted: int


@dataclass(frozen=True)
class RowMap:
    """Where each row of the grown table comes from.

    Attributes:
        source: the row of the parent's table that it starts from, int64 [rows]. That of a new id is UNKNOWN's: so the
            id was predicted until now, and this is what training made of "an id that I do not know".
        is_new: whether it belongs to an id that the parent did not know, bool [rows].
        num_old: rows of the parent's table.
        changes: by who owns the vocabulary.
    """

    source: Tensor
    is_new: Tensor
    num_old: int
    changes: dict[str, Change]

    @torch.no_grad()
    def give_values(self, old: Tensor, table: Tensor) -> None:
        """Fill a grown table, [rows, dim], in place: old ids are as they were, new ones as UNKNOWN was."""
        for first in range(0, len(table), ROWS_AT_ONCE):
            rows = self.source[first : first + ROWS_AT_ONCE]
            table[first : first + len(rows)] = old[rows].to(table.device)

    def state(self, old: Tensor) -> Tensor:
        """What an optimizer knows of each row, [rows, ...]: of a new id nothing, whatever it knew of UNKNOWN."""
        grown = old[self.source]
        grown[self.is_new] = 0
        return grown


def row_map(old: Encoder, new: Encoder) -> RowMap:
    """Map the packed tables of two encoders of the same features, of which the second has grown from the first."""
    sources, news, changes = [np.array([PADDING])], [np.zeros(1, bool)], {}
    for (owner, first, _), (_, start, end) in zip(old.tables, new.tables, strict=True):
        rows, is_new = np.arange(end - start), np.zeros(end - start, bool)
        before, after = (each.fitted.vocabularies.get(owner) if owner else None for each in (old, new))
        if isinstance(before, LearnedVocabulary) and isinstance(after, LearnedVocabulary):
            rows[NUM_RESERVED:] = before.lookup(after.values)
            is_new[NUM_RESERVED:] = rows[NUM_RESERVED:] == UNKNOWN
            added = int(is_new.sum())
            kept = len(after.values) - added
            changes[str(owner)] = Change(kept, added, len(before.values) - kept)
        sources.append(first + rows)
        news.append(is_new)
    source = torch.from_numpy(np.concatenate(sources))
    assert len(source) == new.num_rows, "tables lie one after the other"
    return RowMap(source, torch.from_numpy(np.concatenate(news)), old.num_rows, changes)
