"""Three windows in time, and how many rows each day has."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from models.errors import DataError
from training.data.config import DataConfig, parse_duration
from training.data.source import LogSource

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_DAY = timedelta(days=1)
_YEARS = 1900, 3000
"""A time outside is a number in another unit."""


@dataclass(frozen=True)
class Window:
    """Rows between two points in time.

    Attributes:
        name: train, validation or test.
        where: the filter that selects its rows.
        described: its bounds, for people.
        num_rows: rows in it.
    """

    name: str
    where: pc.Expression
    described: str
    num_rows: int


@dataclass(frozen=True)
class Windows:
    """The three windows, and what a reader of the report should know of the log's days."""

    train: Window
    validation: Window
    test: Window
    days_without_rows: list[date] = field(default_factory=list)


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

    def scalar(self, at: datetime) -> pa.Scalar:
        """A point in time as a value that the column can be compared with."""
        if pa.types.is_timestamp(self.found):
            zoned = at if self.found.tz else at.astimezone(UTC).replace(tzinfo=None)
            return pa.scalar(zoned, self.found)
        return pa.scalar(round(at.timestamp() * _PER_SECOND[str(self.unit)]), pa.int64())


def find_windows(source: LogSource, config: DataConfig) -> Windows:
    """Cut the log in three; reads the timestamp column once.

    Raises:
        DataError: a window without rows, naming its bounds and the days that the log has.
    """
    split = config.split
    types = source.require([config.timestamp, *([split.column] if split.column else [])])
    timestamps = Timestamps(config, types[config.timestamp])
    days, newest = _days(source, timestamps)
    if split.validation is not None and split.test is not None:
        column, bounds = config.timestamp, _from_lengths(newest, split.validation, split.test)
        values = [None, *(timestamps.scalar(at) for at in bounds)]
    else:
        column = split.column or config.timestamp
        _refuse_null(source, column)
        texts = [split.train_from, split.validation_from, split.test_from]
        values = [None if text is None else _start(text, column, types[column], timestamps) for text in texts]
    train, validation, test = (
        _window(source, name, column, start, end)
        for name, start, end in zip(("train", "validation", "test"), values, [*values[1:], None], strict=True)
    )
    for window in (train, validation, test):
        _refuse_empty(window, days)
    return Windows(train, validation, test, days_without_rows=_gaps(days))


def _days(source: LogSource, timestamps: Timestamps) -> tuple[Counter[date], datetime]:
    """Rows a day (UTC), and the newest time."""
    counts: Counter[int] = Counter()
    newest = None
    for chunk in source.chunks([timestamps.column]):
        if chunk.num_rows:
            times = timestamps.microseconds(chunk.column(0))
            newest = int(times.max()) if newest is None else max(newest, int(times.max()))
            numbers, rows = np.unique(times // (_DAY // timedelta(microseconds=1)), return_counts=True)
            counts.update(dict(zip(numbers.tolist(), rows.tolist(), strict=True)))
    if newest is None:
        raise DataError(f"a log has rows; found none in {source.path}: check `data.path`")
    epoch = date(1970, 1, 1)
    days = Counter({epoch + timedelta(days=number): rows for number, rows in counts.items()})
    return days, datetime.fromtimestamp(newest / 1e6, UTC)


def _from_lengths(newest: datetime, validation: str, test: str) -> tuple[datetime, datetime]:
    """Starts of the validation and the test window."""
    lengths = parse_duration(validation), parse_duration(test)
    end = newest
    if all(length % _DAY == timedelta(0) for length in lengths):
        end = newest.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
    return end - lengths[1] - lengths[0], end - lengths[1]


def _start(text: str, column: str, found: pa.DataType, timestamps: Timestamps) -> pa.Scalar:
    """A configured start as a value that its column can be compared with."""
    try:
        if column == timestamps.column:
            at = datetime.fromisoformat(text)
            return timestamps.scalar(at if at.tzinfo else at.replace(tzinfo=UTC))
        return pa.scalar(text).cast(found)
    except (ValueError, pa.ArrowException):
        raise DataError(
            f"a start of the split is a value of its column; column '{column}' is of type {found}, found '{text}': "
            f'write it as the column has it, a time as "2026-01-13" or "2026-01-13T06:00:00"'
        ) from None


def _window(source: LogSource, name: str, column: str, start: pa.Scalar | None, end: pa.Scalar | None) -> Window:
    where = ds.scalar(True)
    if start is not None:
        where = where & (ds.field(column) >= start)
    if end is not None:
        where = where & (ds.field(column) < end)
    described = " and ".join(
        [*([f"{column} >= {start}"] if start is not None else []), *([f"{column} < {end}"] if end is not None else [])]
    )
    num_rows = sum(chunk.num_rows for chunk in source.chunks([column], where))
    return Window(name, where, described or "all rows", num_rows)


def _refuse_null(source: LogSource, column: str) -> None:
    num_null = sum(chunk.num_rows for chunk in source.chunks([column], ds.field(column).is_null()))
    if num_null:
        raise DataError(
            f"every row has a value in the column that splits the log; column '{column}' is null in {num_null} rows: "
            f"correct the log, or split by the timestamp"
        )


def _refuse_empty(window: Window, days: Counter[date]) -> None:
    if window.num_rows == 0:
        shown = ", ".join(f"{day} ({days[day]:,})" for day in sorted(days)[-10:])
        raise DataError(
            f"every window has rows; the {window.name} window ({window.described}) has none. The log's newest days "
            f"(UTC) and their rows: {shown}. Correct [data.split], or wait for the logs"
        )


def _gaps(days: Iterable[date]) -> list[date]:
    """Days without rows between the first and the last."""
    held = set(days)
    first, last = min(held), max(held)
    return [day for day in (first + timedelta(days=n) for n in range((last - first).days)) if day not in held]
