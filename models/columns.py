"""Typed columns: the one form in which values reach the encoder, from a request as from a log.

A categorical column is kept as its distinct values and a code per row, so that a log chunk of 65,536 rows
looks up a few hundred distinct values instead of 65,536. Values of a log stay arrays (`models.distinct`).
"""

from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from types import NoneType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from models.errors import ValueRefused

Codes = NDArray[np.int64]
Numbers = NDArray[np.float64]
"""A numeric column, [batch]; NaN where the value is missing."""
LARGEST_WHOLE = 2**53
"""Up to here a float tells every whole number from its neighbours."""


@dataclass(frozen=True)
class Categories:
    """A single-valued categorical column: row i holds values[codes[i]], or is missing where codes[i] is -1."""

    values: Sequence[str]
    codes: Codes

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True)
class Bags:
    """A column of ordered id lists: row i holds values[codes[j]] for offsets[i] <= j < offsets[i + 1].

    A missing list and an empty one are the same. A code of -1 is a missing element and is dropped.
    """

    values: Sequence[str]
    codes: Codes
    offsets: Codes

    def __len__(self) -> int:
        return len(self.offsets) - 1


Value = str | int | None
"""A category as a request holds it: text, or a whole number that stands for its decimal text; None is missing."""


class SentCategories(Categories):
    """A categorical column of a request: row i holds sent[i].

    Vocabularies look up what was sent. Texts and codes are made where somebody reads them, which crosses do.
    """

    sent: Sequence[Value]

    def __init__(self, sent: Sequence[Value]) -> None:
        vars(self)["sent"] = sent  # what a frozen class costs to set is felt with thirty columns a request

    @property
    def values(self) -> Sequence[str]:
        """Texts of the rows that have one."""
        return [str(value) for value in self.sent if value is not None]

    @cached_property
    def codes(self) -> Codes:
        """A position in `values` for each row, or -1."""
        is_sent = np.fromiter((value is not None for value in self.sent), np.bool_, len(self.sent))
        return np.where(is_sent, np.cumsum(is_sent) - 1, -1)

    def __len__(self) -> int:
        return len(self.sent)


class SentBags(Bags):
    """A column of lists of a request: row i holds sent[offsets[i]:offsets[i + 1]], and no element is missing.

    Args:
        sent: the elements of all lists, one after another.
        lists: the lists themselves, or anything as long as each.

    Attributes:
        lengths: of the lists, [batch].
    """

    sent: Sequence[str | int]
    lengths: Codes

    def __init__(self, sent: Sequence[str | int], lists: Sequence[Sized]) -> None:
        vars(self).update(sent=sent, lengths=np.fromiter(map(len, lists), np.int64, len(lists)))

    @property
    def values(self) -> Sequence[str]:
        """Texts of the elements."""
        return list(map(str, self.sent))

    @property
    def codes(self) -> Codes:
        """A position in `values` for each element."""
        return np.arange(len(self.sent))

    @property
    def offsets(self) -> Codes:
        """Where each row begins, and where the last one ends."""
        return np.concatenate(([0], np.cumsum(self.lengths)))

    def __len__(self) -> int:
        return len(self.lengths)


Column = Categories | Bags | Numbers
Columns = Mapping[str, Column]


def category_text(value: object) -> str | None:
    """The one spelling of a category: 7, 7.0 and "7" are the same id; None where it is no category at all.

    Integers never pass through a float, so ids above 2**53 survive.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating) and float(value).is_integer() and abs(float(value)) <= LARGEST_WHOLE:
        return str(int(value))
    return None


def categories(field: str, values: Sequence[object]) -> Categories:
    """Build a categorical column from Python values, one a row; None is missing.

    Raises:
        ValueRefused: a value is neither text nor a whole number, naming its row.
    """
    if set(map(type, values)) <= _SENT:
        return SentCategories(cast(Sequence[Value], values))
    return SentCategories([_spelled(field, row, value) for row, value in enumerate(values)])


def bags(field: str, values: Sequence[object], separator: str | None = None) -> Bags:
    """Build a column of id lists from Python values, one list a row; None is an empty list.

    Args:
        field: name of the feature, for messages.
        values: lists of ids; with a separator also text such as "12,7".
        separator: splits text into ids; None refuses text.

    Raises:
        ValueRefused: a row is not a list, or an element is no id, naming the row.
    """
    if set(map(type, values)) <= _LISTS:
        lists = [each or () for each in cast(Sequence[Sequence[Any]], values)]
        sent = list(chain.from_iterable(lists))
        if set(map(type, sent)) <= _IDS:
            return SentBags(sent, lists)
    spelled = [_bag_values(field, row, value, separator) for row, value in enumerate(values)]
    return SentBags(list(chain.from_iterable(spelled)), spelled)


def numbers(field: str, values: Sequence[object]) -> Numbers:
    """Build a numeric column from Python values, one a row; None is missing.

    Raises:
        ValueRefused: a value is no number, or is NaN or infinite, naming its row.
    """
    if set(map(type, values)) <= _NUMBERS:
        column = np.array(values, dtype=np.float64)
        if np.isfinite(column).all():
            return column
    column = np.empty(len(values), dtype=np.float64)
    for row, value in enumerate(values):
        column[row] = np.nan if value is None else _number(field, row, value)
    return column


def num_rows(columns: Columns) -> int:
    """Rows of the columns, which agree (0 where there is no column)."""
    return len(next(iter(columns.values()))) if columns else 0


_IDS: frozenset[type] = frozenset({str, int})
_SENT = _IDS | {NoneType}
_LISTS: frozenset[type] = frozenset({list, tuple, NoneType})
_NUMBERS: frozenset[type] = frozenset({float, bool})


def _number(field: str, row: int, value: object) -> float:
    if not isinstance(value, bool | int | float | np.number):
        raise ValueRefused(field, row, f"must be a number or null, found {_shown(value)}")
    try:
        number = float(value)
    except OverflowError:
        number = np.inf
    if not np.isfinite(number):
        raise ValueRefused(
            field, row, "must be a finite number, found NaN or infinity; leave the value out or send null"
        )
    return number


def _spelled(field: str, row: int, value: object) -> str | None:
    text = category_text(value)
    if text is None and value is not None:
        raise ValueRefused(field, row, f"must be text, a whole number or null, found {_shown(value)}")
    return text


def _bag_values(field: str, row: int, value: object, separator: str | None) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str) and separator is not None:
        return [part.strip() for part in value.split(separator) if part.strip()]
    if not isinstance(value, Sequence | np.ndarray) or isinstance(value, str | bytes):
        raise ValueRefused(field, row, f"must be a list of ids or null, found {_shown(value)}")
    return [text for element in value if (text := _spelled(field, row, element)) is not None]


def _shown(value: object) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 40 else text[:37] + '...'}"
