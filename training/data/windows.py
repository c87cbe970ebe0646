"""Three windows in time, and how many rows each day has."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from models.errors import DataError
from models.frozen import Frozen
from training.data.config import DataConfig, SplitConfig, parse_duration
from training.data.source import LogSource
from training.data.timestamps import Cut, Timestamps

_DAY = timedelta(days=1)


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


class WindowCounts(Frozen):
    """What it takes to cut the same log again without reading it.

    Attributes:
        newest: time of the log's newest row.
        rows: by window.
        days_without_rows: between the first and the last.
    """

    newest: datetime
    rows: dict[str, int]
    days_without_rows: tuple[date, ...]


def find_windows(source: LogSource, config: DataConfig) -> Windows:
    """Cut the log in three; reads the timestamp column.

    Raises:
        DataError: a window without rows, naming its bounds and the days that the log has.
    """
    return counted_windows(source, config)[0]


def counted_windows(
    source: LogSource, config: DataConfig, known: WindowCounts | None = None
) -> tuple[Windows, WindowCounts]:
    """Like `find_windows`, with what was counted; nothing is read where that is known already."""
    types = source.require([config.timestamp, *([config.split.column] if config.split.column else [])])
    timestamps = Timestamps(config, types[config.timestamp])
    days: Counter[date] = Counter()
    newest = known.newest if known is not None else None
    if newest is None:
        days, newest = _days(source, timestamps)
        if _has_starts(config.split):
            _refuse_null(source, config.split.column or config.timestamp)
    column, cuts = _cuts(config, types, timestamps, newest)
    found = []
    for name, start, end in zip(("train", "validation", "test"), cuts, [*cuts[1:], None], strict=True):
        where, bounds = _where(column, start, end)
        num_rows = known.rows[name] if known is not None else _num_rows(source, column, where)
        found.append(Window(name, where, bounds, num_rows))
        if known is None:
            _refuse_empty(found[-1], days)
    gaps = tuple(_gaps(days)) if known is None else known.days_without_rows
    counts = WindowCounts(newest=newest, rows={w.name: w.num_rows for w in found}, days_without_rows=gaps)
    train, validation, test = found
    return Windows(train, validation, test, days_without_rows=list(gaps)), counts


def _has_starts(split: SplitConfig) -> bool:
    return split.validation is None or split.test is None


def _cuts(
    config: DataConfig, types: Mapping[str, pa.DataType], timestamps: Timestamps, newest: datetime
) -> tuple[str, list[Cut | None]]:
    """The column that cuts, and where each window starts in it."""
    split = config.split
    if split.validation is not None and split.test is not None:
        bounds = _from_lengths(newest, split.validation, split.test)
        return config.timestamp, [None, *(timestamps.cut(at) for at in bounds)]
    column = split.column or config.timestamp
    texts = [split.train_from, split.validation_from, split.test_from]
    return column, [None if text is None else _start(text, column, types[column], timestamps) for text in texts]


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


def _start(text: str, column: str, found: pa.DataType, timestamps: Timestamps) -> Cut:
    """A configured start as a value that its column can be compared with."""
    try:
        if column == timestamps.column:
            at = datetime.fromisoformat(text)
            return timestamps.cut(at if at.tzinfo else at.replace(tzinfo=UTC))
        return Cut(pa.scalar(text).cast(found), text)
    except (ValueError, pa.ArrowException):
        raise DataError(
            f"a start of the split is a value of its column; column '{column}' is of type {found}, found '{text}': "
            f'write it as the column has it, a time as "2026-01-13" or "2026-01-13T06:00:00"'
        ) from None


def _where(column: str, start: Cut | None, end: Cut | None) -> tuple[pc.Expression, str]:
    """The filter that selects a window's rows, and the same for people."""
    where, bounds = ds.scalar(True), []
    if start is not None:
        where = where & (ds.field(column) >= start.value)
        bounds.append(f"{column} >= {start.shown}")
    if end is not None:
        where = where & (ds.field(column) < end.value)
        bounds.append(f"{column} < {end.shown}")
    return where, " and ".join(bounds)


def _num_rows(source: LogSource, column: str, where: pc.Expression) -> int:
    return sum(chunk.num_rows for chunk in source.chunks([column], where))


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
