"""The newest day of each value from a stream, kept in arrays: what waits is merged when it outgrows what is merged."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.distinct import Integers
from training.data.arrow_texts import to_arrow

Days = NDArray[np.int32]
"""Whole days since 1970 UTC."""
NEVER = int(np.iinfo(np.int32).min)
_SMALLEST_MERGE = 262_144
"""Values that wait at least before they are merged: less would go over the same ones again and again."""
_VALUE, _DAY = "value", "day"


class NewestDays:
    """Memory grows with the number of distinct values and nothing else.

    Whole numbers are kept as such and become text when they are asked for: "7" from a column of text is the same id.
    """

    def __init__(self) -> None:
        self._integers = _Newest(pa.int64())
        self._texts = _Newest(pa.large_string())

    def add(self, values: Sequence[str], days: Days) -> None:
        """Take in values, which may repeat, and a day of each, NEVER where no row has it."""
        seen = days != NEVER
        if isinstance(values, Integers):
            self._integers.add(pa.array(values.numbers[seen]), days[seen])
        else:
            texts = to_arrow(values)
            self._texts.add(texts if seen.all() else texts.filter(pa.array(seen)), days[seen])

    def of(self, values: Sequence[str]) -> Days:
        """The newest day of each value, [values]; NEVER where there was none."""
        asked = pa.array(values, pa.large_string())
        numbers = self._integers.merged()
        texts = pa.table({_VALUE: numbers[_VALUE].cast(pa.large_string()), _DAY: numbers[_DAY]})
        return np.maximum(_looked_up(asked, self._texts.merged()), _looked_up(asked, texts))


class _Newest:
    """Of values of one Arrow type."""

    def __init__(self, kind: pa.DataType) -> None:
        self._merged = pa.table({_VALUE: pa.array([], kind), _DAY: pa.array([], pa.int32())})
        self._waiting: list[pa.Table] = []

    def add(self, values: pa.Array, days: Days) -> None:
        self._waiting.append(pa.table({_VALUE: values, _DAY: pa.array(days)}))
        if sum(map(len, self._waiting)) > max(_SMALLEST_MERGE, len(self._merged)):
            self.merged()

    def merged(self) -> pa.Table:
        """Distinct values, each with its newest day, in no particular order."""
        if self._waiting:
            both = pa.concat_tables([self._merged, *self._waiting]).group_by(_VALUE).aggregate([(_DAY, "max")])
            self._merged = both.select([_VALUE, f"{_DAY}_max"]).rename_columns([_VALUE, _DAY]).combine_chunks()
            self._waiting = []
        return self._merged


def _looked_up(asked: pa.Array, known: pa.Table) -> Days:
    where = pc.index_in(asked, value_set=known[_VALUE].combine_chunks()).fill_null(-1).to_numpy(zero_copy_only=False)
    days = np.append(known[_DAY].to_numpy(), NEVER).astype(np.int32)
    found: Days = days[where]  # an index of -1 takes the appended NEVER
    return found
