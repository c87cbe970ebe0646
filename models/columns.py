"""Typed columns: the one form in which values reach the encoder, from a request as from a log.

A categorical column is kept as its distinct values and a code per row, so that a log chunk of 65,536 rows
looks up a few hundred distinct values instead of 65,536. Values of a log stay arrays (`models.distinct`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import ValueRefused

Codes = NDArray[np.int64]
Numbers = NDArray[np.float64]
"""A numeric column, [batch]; NaN where the value is missing."""
LARGEST_WHOLE = 2**53
"""Up to here a float tells every whole number from its neighbours."""


@dataclass(frozen=True, slots=True)
class Categories:
    """A single-valued categorical column: row i holds values[codes[i]], or is missing where codes[i] is -1."""

    values: Sequence[str]
    codes: Codes

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True, slots=True)
class Bags:
    """A column of ordered id lists: row i holds values[codes[j]] for offsets[i] <= j < offsets[i + 1].

    A missing list and an empty one are the same. A code of -1 is a missing element and is dropped.
    """

    values: Sequence[str]
    codes: Codes
    offsets: Codes

    def __len__(self) -> int:
        return len(self.offsets) - 1


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
    texts: list[str] = []
    codes = np.empty(len(values), dtype=np.int64)
    for row, value in enumerate(values):
        if value is None:
            codes[row] = -1
            continue
        codes[row] = len(texts)
        texts.append(_text_or_refuse(field, row, value))
    return Categories(texts, codes)


def bags(field: str, values: Sequence[object], separator: str | None = None) -> Bags:
    """Build a column of id lists from Python values, one list a row; None is an empty list.

    Args:
        field: name of the feature, for messages.
        values: lists of ids; with a separator also text such as "12,7".
        separator: splits text into ids; None refuses text.

    Raises:
        ValueRefused: a row is not a list, or an element is no id, naming the row.
    """
    texts: list[str] = []
    offsets = np.zeros(len(values) + 1, dtype=np.int64)
    for row, value in enumerate(values):
        texts.extend(_bag_texts(field, row, value, separator))
        offsets[row + 1] = len(texts)
    return Bags(texts, np.arange(len(texts), dtype=np.int64), offsets)


def numbers(field: str, values: Sequence[object]) -> Numbers:
    """Build a numeric column from Python values, one a row; None is missing.

    Raises:
        ValueRefused: a value is no number, or is NaN or infinite, naming its row.
    """
    column = np.empty(len(values), dtype=np.float64)
    for row, value in enumerate(values):
        if value is None:
            column[row] = np.nan
        elif isinstance(value, bool | int | float | np.number):
            column[row] = _finite(field, row, value)
        else:
            raise ValueRefused(field, row, f"must be a number or null, found {_shown(value)}")
    return column


def num_rows(columns: Columns) -> int:
    """Rows of the columns, which agree (0 where there is no column)."""
    return len(next(iter(columns.values()))) if columns else 0


def _finite(field: str, row: int, value: bool | int | float | np.number) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = np.inf
    if not np.isfinite(number):
        raise ValueRefused(
            field, row, "must be a finite number, found NaN or infinity; leave the value out or send null"
        )
    return number


def _text_or_refuse(field: str, row: int, value: object) -> str:
    text = category_text(value)
    if text is None:
        raise ValueRefused(field, row, f"must be text, a whole number or null, found {_shown(value)}")
    return text


def _bag_texts(field: str, row: int, value: object, separator: str | None) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str) and separator is not None:
        return [part.strip() for part in value.split(separator) if part.strip()]
    if not isinstance(value, Sequence | np.ndarray) or isinstance(value, str | bytes):
        raise ValueRefused(field, row, f"must be a list of ids or null, found {_shown(value)}")
    return [_text_or_refuse(field, row, element) for element in value if element is not None]


def _shown(value: object) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 40 else text[:37] + '...'}"
