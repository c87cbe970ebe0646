"""Rows of the categories of a vocabulary, found by what requests send: texts, whole numbers, and None.

A text's key is Python's hash of it, 64 bits that are salted anew in each process: tables are made in the process that
uses them, or in the one that it was forked from. What is compared are keys, so a text that no vocabulary holds is taken
for a category of it with a chance of the vocabulary's size in 2**64, 1 in 18 million million for a million ids; its
texts themselves are told apart when the table is made. A whole number is a key of its own and never mistaken.
"""

import struct
from collections.abc import Sequence
from types import NoneType
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from models.columns import Codes, Value
from models.features.cuckoo import CuckooTable, Keys
from models.features.known_rows import known_integers
from models.features.row_table import mixed

_TEXTS: frozenset[type] = frozenset({str, NoneType})
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""Odd, so that no two hashes become the same: it spreads those of None and of empty text, which are small numbers."""

_PIECE = 1 << 14
"""Texts that are hashed in one breath: no other thread of the process works meanwhile."""


class SentRows:
    """Two tables of one vocabulary.

    Args:
        categories: all different, in the order of their rows.
        first_row: of them.
        missing: the row of None.
        unknown: the row of what the vocabulary does not hold.

    Raises:
        NoPlaceError: two categories have the same hash.
    """

    def __init__(self, categories: Sequence[str], first_row: int, *, missing: int, unknown: int) -> None:
        rows = np.arange(first_row, first_row + len(categories))
        pieces = [categories[first : first + _PIECE] for first in range(0, len(categories), _PIECE)]
        keys = np.concatenate([text_keys([None]), *map(text_keys, pieces)])
        self.texts = CuckooTable(keys, np.append(missing, rows), unknown)
        numbers, rows = known_integers(categories, first_row)
        self.numbers = CuckooTable(_number_keys(numbers.numbers), rows, unknown)

    def find(self, values: Sequence[Value]) -> Codes:
        """Rows of the values, [len(values)]."""
        keys = None if is_text(values) else number_keys(values)
        return self.texts.find(text_keys(spelt(values))) if keys is None else self.numbers.find(keys)


def text_keys(texts: Sequence[str | None]) -> Keys:
    """Keys of texts and of None, [len(texts)]."""
    return np.fromiter(map(hash, texts), np.int64, len(texts)).view(np.uint64) * _SPREAD


def number_keys(values: Sequence[Value]) -> Keys | None:
    """Keys of whole numbers, [len(values)]; None where one is none, or has more than 64 bits."""
    try:
        packed = struct.pack(f"{len(values)}q", *values)
    except struct.error:
        return None
    return _number_keys(np.frombuffer(packed, np.int64))


def spelt(values: Sequence[Value]) -> Sequence[str | None]:
    """The values as texts and None, as which they stand for the same categories."""
    if is_text(values):
        return values
    return [value if value is None else str(value) for value in values]


def is_text(values: Sequence[Value]) -> TypeGuard[Sequence[str | None]]:
    """Whether all values are texts or None."""
    try:
        "".join(values)  # type: ignore[arg-type]  # a third of what the types cost, and mostly all are text
    except TypeError:
        return set(map(type, values)) <= _TEXTS
    return True


def _number_keys(numbers: NDArray[np.int64]) -> Keys:
    return mixed(numbers.view(np.uint64))
