"""The column that orders the rows, whatever its type and unit."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.errors import DataError
from training.data.config import DataConfig
from training.data.source import LogSource

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_YEARS = 1900, 3000
"""A time outside is a number in another unit."""


@dataclass(frozen=True)
class Cut:
    """Where one window ends and the next begins.

    Attributes:
        value: what the column is compared with.
        shown: the same for people.
    """

    value: pa.Scalar
    shown: str


class Timestamps:
    """The timestamp column in microseconds since 1970 UTC.

    Raises:
        DataError: the column is no time, or a whole number without a unit.
    """

    def __init__(self, config: DataConfig, found: pa.DataType) -> None:
        self.column = config.timestamp
        self.found = found
        self.unit = found.unit if pa.types.is_timestamp(found) else config.timestamp_unit
        if not (pa.types.is_timestamp(found) or pa.types.is_integer(found)):
            raise DataError(
                f"`data.timestamp` names a timestamp or a whole number; column '{self.column}' is of type {found}: "
                f"name another column, or write it as a timestamp"
            )
        if self.unit is None:
            raise DataError(
                f"a timestamp that is a whole number needs its unit; column '{self.column}' is {found}: "
                f'set timestamp_unit = "s", "ms" or "us" under [data]'
            )

    def microseconds(self, array: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Microseconds since 1970 UTC, [rows]; nulls are refused."""
        if array.null_count:
            raise DataError(
                f"every row has a time; column '{self.column}' is null in {array.null_count} rows: correct the log"
            )
        whole = array.cast(pa.int64()) if pa.types.is_timestamp(array.type) else array
        self._refuse_other_unit(whole)
        raw = whole.cast(pa.int64()).to_numpy(zero_copy_only=False)
        per_second = _PER_SECOND[str(self.unit)]
        scaled: np.ndarray[tuple[int], np.dtype[np.int64]] = (
            raw * (1_000_000 // per_second) if per_second <= 1_000_000 else raw // (per_second // 1_000_000)
        )
        return scaled

    def _refuse_other_unit(self, whole: pa.Array) -> None:
        first, last = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in _YEARS)
        found = pc.min_max(whole).as_py()
        for number in (found["min"], found["max"]):
            if not first <= number / _PER_SECOND[str(self.unit)] < last:
                raise DataError(
                    f"times lie between the years {_YEARS[0]} and {_YEARS[1]}; column '{self.column}' holds {number} "
                    f'in units of "{self.unit}": correct timestamp_unit under [data], or the log'
                )

    def cut(self, at: datetime) -> Cut:
        """A point in time, to compare the column with."""
        return Cut(self._scalar(at), f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC")

    def _scalar(self, at: datetime) -> pa.Scalar:
        if pa.types.is_timestamp(self.found):
            zoned = at if self.found.tz else at.astimezone(UTC).replace(tzinfo=None)
            return pa.scalar(zoned, self.found)
        return pa.scalar(round(at.timestamp() * _PER_SECOND[str(self.unit)]), pa.int64())


def clock(source: LogSource, config: DataConfig) -> Timestamps:
    """Reads the times of a log's rows.

    Raises:
        DataError: the timestamp column is absent, or no time.
    """
    return Timestamps(config, source.require([config.timestamp])[config.timestamp])
