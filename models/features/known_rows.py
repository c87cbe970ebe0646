"""Tables over the categories of a vocabulary, for values that are arrays: `models.distinct`."""

from collections.abc import Sequence

import numpy as np

from models.columns import Codes
from models.distinct import BYTES_PER_WORD, Integers, Texts
from models.features.row_table import Keys, RowTable

LONGEST_KEY = 40
"""Bytes of a text that is looked up as an array, which holds a UUID; a longer one is looked up as Python text."""
_INT64 = np.iinfo(np.int64)


def integer_keys(values: Integers) -> Keys:
    """A key for each number."""
    return values.numbers.view(np.uint64)[:, None]


def integer_rows(categories: Sequence[str], first_row: int) -> RowTable:
    """A table of the categories that are the text of a 64-bit integer."""
    numbers, rows = known_integers(categories, first_row)
    return RowTable(integer_keys(numbers), rows)


def known_integers(categories: Sequence[str], first_row: int) -> tuple[Integers, Codes]:
    """The categories that are the text of a 64-bit integer, "17" but not "017" or "+17", and their rows."""
    found = [(number, row) for row, text in enumerate(categories, first_row) if (number := _integer(text)) is not None]
    numbers = np.fromiter((number for number, _ in found), dtype=np.int64, count=len(found))
    rows = np.fromiter((row for _, row in found), dtype=np.int64, count=len(found))
    return Integers(numbers), rows


def _integer(text: str) -> int | None:
    if not text.removeprefix("-").isdecimal():  # for a tenth of what the error costs
        return None
    try:
        number = int(text)
    except ValueError:
        return None
    return number if _INT64.min <= number <= _INT64.max and str(number) == text else None


class TextRows:
    """Rows of categories, found by their bytes."""

    def __init__(self, categories: Sequence[str], first_row: int) -> None:
        texts = Texts.of(categories)
        is_short = texts.num_bytes <= LONGEST_KEY
        longest = int(texts.num_bytes[is_short].max(initial=0))
        self._num_words = -(-longest // BYTES_PER_WORD)
        self._short = RowTable(texts.words(is_short, self._num_words), np.flatnonzero(is_short) + first_row)
        self._long = {categories[at]: at + first_row for at in np.flatnonzero(~is_short).tolist()}

    def find(self, texts: Texts, absent: int) -> Codes:
        """Rows of the texts, [texts]; `absent` where no category is the same."""
        fits = texts.num_bytes <= self._num_words * BYTES_PER_WORD
        rows = np.full(len(texts), absent, np.int64)
        rows[fits] = self._short.find(texts.words(fits, self._num_words), absent)
        if self._long and not fits.all():
            others = np.flatnonzero(~fits)
            rows[others] = [self._long.get(texts[at], absent) for at in others.tolist()]
        return rows
