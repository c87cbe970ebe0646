"""Three windows in time: every row in at most one, cut where the configuration says, whatever the type of the time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pydantic import ValidationError

from models.errors import DataError
from tests.training.small import FIRST_DAY, data_config, frame, write, write_days
from training.data.source import LogSource
from training.data.windows import Window, Windows, find_windows

NEWEST_DAY = "2026-01-13"


def source_of(path: Path) -> LogSource:
    return LogSource(str(path), {})


def cut(path: Path, **settings: Any) -> Windows:
    return find_windows(source_of(path), data_config(path, **settings))


def rows(path: Path, window: Window) -> list[int]:
    return [row for chunk in source_of(path).chunks(["row"], window.where) for row in chunk.column(0).to_pylist()]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four days, ten rows a day."""
    return write_days(tmp_path_factory.mktemp("log"), frame(days=4, rows_per_day=10))


class TestLengths:
    def test_whole_days_end_at_midnight(self, log: Path) -> None:
        windows = cut(log)
        assert rows(log, windows.train) == list(range(20))
        assert rows(log, windows.validation) == list(range(20, 30))
        assert rows(log, windows.test) == list(range(30, 40))
        assert (windows.train.name, windows.validation.name, windows.test.name) == ("train", "validation", "test")

    def test_hours_count_back_from_the_newest_row(self, log: Path) -> None:
        windows = cut(log, split={"validation": "12h", "test": "6h"})  # a row every 2.4 hours
        assert rows(log, windows.test) == [37, 38, 39]
        assert rows(log, windows.validation) == [32, 33, 34, 35, 36]

    def test_windows_partition_the_log_and_know_their_rows(self, log: Path) -> None:
        for split in ({"validation": "1d", "test": "2d"}, {"validation": "5h", "test": "1d"}):
            windows = cut(log, split=split)
            parts = [windows.train, windows.validation, windows.test]
            assert [row for part in parts for row in rows(log, part)] == list(range(40))
            assert [part.num_rows for part in parts] == [len(rows(log, part)) for part in parts]


class TestStarts:
    def test_days(self, log: Path) -> None:
        windows = cut(log, split={"validation_from": "2026-01-12", "test_from": NEWEST_DAY})
        assert [len(rows(log, w)) for w in (windows.train, windows.validation, windows.test)] == [20, 10, 10]

    def test_train_from_leaves_older_rows_out(self, log: Path) -> None:
        split = {"train_from": "2026-01-11", "validation_from": "2026-01-12", "test_from": NEWEST_DAY}
        assert rows(log, cut(log, split=split).train) == list(range(10, 20))

    def test_a_partition_column(self, log: Path) -> None:
        split = {"column": "date", "validation_from": "2026-01-12", "test_from": NEWEST_DAY}
        windows = cut(log, split=split)
        assert rows(log, windows.validation) == list(range(20, 30))
        assert "date >= 2026-01-12 and date < 2026-01-13" in windows.validation.described

    def test_a_partition_column_of_whole_numbers(self, tmp_path: Path) -> None:
        for day, part in frame(days=3, rows_per_day=2).groupby(lambda row: row // 2):
            write(tmp_path / f"day={9 + int(day)}" / "a.parquet", part)
        windows = cut(tmp_path, split={"column": "day", "validation_from": "10", "test_from": "11"})
        assert [rows(tmp_path, w) for w in (windows.train, windows.validation, windows.test)] == [
            [0, 1],
            [2, 3],
            [4, 5],
        ]

    def test_a_time_of_day_with_an_offset(self, log: Path) -> None:
        split = {"validation_from": "2026-01-12T01:00:00+01:00", "test_from": "2026-01-12T19:00:00-05:00"}
        windows = cut(log, split=split)
        assert rows(log, windows.validation) == list(range(20, 30))

    def test_an_offset_counts_where_the_log_has_no_zone(self, tmp_path: Path) -> None:
        log = frame(days=4, rows_per_day=10)
        log["time"] = log.time.dt.tz_localize(None)
        write(tmp_path / "a.parquet", log)
        split = {"validation_from": "2026-01-12T01:00:00+01:00", "test_from": "2026-01-12T19:00:00-05:00"}
        assert rows(tmp_path, cut(tmp_path, split=split).validation) == list(range(20, 30))

    @pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "13.01.2026", "zzz"])
    def test_a_start_that_is_no_time(self, log: Path, text: str) -> None:
        with pytest.raises(DataError, match=f"column 'time' is of type .* found '{text}': write it as the column has"):
            cut(
                log,
                split={"validation_from": "2026-01-12", "test_from": text}
                if text > "2026-01-12"
                else {"validation_from": text, "test_from": NEWEST_DAY},
            )

    @pytest.mark.parametrize(
        "split",
        [
            {},
            {"validation": "1d"},
            {"test_from": "2026-01-12"},
            {"validation": "1d", "test": "1d", "train_from": "2026-01-01"},
            {"validation": "1d", "test": "1d", "column": "date"},
            {"validation": "1d", "test_from": "2026-01-12"},
            {"validation": "one day", "test": "1d"},
            {"validation": "1w", "test": "1d"},
            {"validation_from": "2026-01-13", "test_from": "2026-01-12"},
            {"validation_from": "2026-01-13", "test_from": "2026-01-13"},
        ],
    )
    def test_a_split_that_is_none(self, log: Path, split: dict[str, str]) -> None:
        with pytest.raises(ValidationError):
            data_config(log, split=split)


class TestTypesOfTime:
    @pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
    @pytest.mark.parametrize("zone", [None, "UTC", "America/New_York", "+09:00"])
    def test_timestamps_of_every_unit_and_zone(self, tmp_path: Path, unit: str, zone: str | None) -> None:
        log = frame(days=3, rows_per_day=4)
        times = pa.array(log.time).cast(pa.timestamp(unit, zone))  # the same instants, shown in another zone
        if zone is None:
            times = pa.array(log.time.dt.tz_localize(None)).cast(pa.timestamp(unit))
        write(tmp_path / "a.parquet", {"time": times, "row": log.row.to_numpy()})
        by_length = cut(tmp_path)
        by_start = cut(tmp_path, split={"validation_from": "2026-01-11", "test_from": "2026-01-12T00:00:00Z"})
        by_hours = cut(tmp_path, split={"validation": "12h", "test": "6h"})
        for windows in (by_length, by_start):
            assert rows(tmp_path, windows.test) == [8, 9, 10, 11]
            assert rows(tmp_path, windows.validation) == [4, 5, 6, 7]
        assert rows(tmp_path, by_hours.test) == [10, 11]

    @pytest.mark.parametrize(
        ("unit", "type_"),
        [("s", pa.int32()), ("s", pa.int64()), ("s", pa.uint32()), ("ms", pa.int64()), ("us", pa.uint64())],
    )
    def test_whole_numbers_in_a_unit(self, tmp_path: Path, unit: str, type_: pa.DataType) -> None:
        log = frame(days=3, rows_per_day=4)
        number = [int(time.timestamp()) * {"s": 1, "ms": 1_000, "us": 1_000_000}[unit] for time in log.time]
        write(tmp_path / "a.parquet", {"time": pa.array(number, type_), "row": log.row.to_numpy()})
        for split in (
            {"validation": "1d", "test": "1d"},
            {"validation_from": "2026-01-11", "test_from": "2026-01-12T00:00:00"},
        ):
            windows = cut(tmp_path, timestamp_unit=unit, split=split)
            assert rows(tmp_path, windows.test) == [8, 9, 10, 11]
            assert rows(tmp_path, windows.validation) == [4, 5, 6, 7]

    def test_csv_times_are_read(self, tmp_path: Path) -> None:
        log = frame(days=3, rows_per_day=4)
        write(tmp_path / "a.csv", log[["time", "row"]][:6])
        log["time"] += np.timedelta64(1, "ms")  # another form in another file
        write(tmp_path / "b.csv", log[["time", "row"]][6:])
        assert rows(tmp_path, cut(tmp_path).test) == [8, 9, 10, 11]

    @pytest.mark.parametrize(
        ("values", "found"),
        [
            (pa.array([FIRST_DAY.date()] * 2), "date32"),
            (pa.array(["2026-01-10T00:00:00"] * 2), "string"),
            (pa.array([1.7e9, 1.8e9]), "double"),
            (pa.array([timedelta(1)] * 2), "duration"),
        ],
    )
    def test_what_is_no_time(self, tmp_path: Path, values: pa.Array, found: str) -> None:
        write(tmp_path / "a.parquet", {"time": values})
        with pytest.raises(
            DataError, match=rf"a timestamp or a whole number; column 'time' is of type {found}.*name an"
        ):
            cut(tmp_path)

    def test_a_whole_number_without_a_unit(self, tmp_path: Path) -> None:
        write(tmp_path / "a.parquet", {"time": [1_700_000_000]})
        with pytest.raises(DataError, match=r'needs its unit; column .time. is int64: set timestamp_unit = "s", "ms"'):
            cut(tmp_path)

    @pytest.mark.parametrize(
        ("number", "type_"),
        [
            (1_768_000_000_000, pa.int64()),
            (2**62, pa.int64()),
            (-(2**62), pa.int64()),
            (2**64 - 1, pa.uint64()),
            (-(2**40), pa.int64()),
        ],
    )
    def test_numbers_that_are_no_time_in_the_unit(self, tmp_path: Path, number: int, type_: pa.DataType) -> None:
        write(tmp_path / "a.parquet", {"time": pa.array([1_768_000_000, number], type_)})
        with pytest.raises(DataError, match=r"column 'time'.*timestamp_unit"):
            cut(tmp_path, timestamp_unit="s")

    def test_null_times_are_refused_with_their_number(self, tmp_path: Path) -> None:
        write(tmp_path / "a.parquet", {"time": [1_700_000_000, None, None]})
        with pytest.raises(DataError, match=r"every row has a time; column 'time' is null in 2 rows: correct the log"):
            cut(tmp_path, timestamp_unit="s")


class TestDays:
    def test_days_without_rows_are_named(self, tmp_path: Path) -> None:
        log = frame(days=6, rows_per_day=4)
        write(tmp_path / "a.parquet", log[~log.time.dt.day.isin([11, 13])])
        assert list(map(str, cut(tmp_path).days_without_rows)) == ["2026-01-11", "2026-01-13"]

    def test_no_gaps_no_names(self, log: Path) -> None:
        assert cut(log).days_without_rows == []

    def test_a_window_without_rows_names_its_bounds_and_the_days(self, tmp_path: Path) -> None:
        log = frame(days=5, rows_per_day=4)
        write(tmp_path / "a.parquet", log[log.time.dt.day != 13])
        with pytest.raises(DataError, match=r"the validation window \(time >= 2026-01-13.* has none.*2026-01-14 \(4\)"):
            cut(tmp_path)

    def test_a_log_shorter_than_its_windows(self, log: Path) -> None:
        with pytest.raises(DataError, match=r"the train window .* has none"):
            cut(log, split={"validation": "9d", "test": "1d"})

    @pytest.mark.parametrize("length", ["99999999d", "0d"])
    def test_a_length_beyond_the_calendar(self, log: Path, length: str) -> None:
        with pytest.raises((DataError, ValidationError)):
            cut(log, split={"validation": length, "test": "1d"})

    def test_no_rows_at_all(self, tmp_path: Path) -> None:
        write(tmp_path / "a.parquet", {"time": pa.array([], pa.timestamp("us"))})
        with pytest.raises(DataError, match=r"a log has rows; found none in .*check `data.path`"):
            cut(tmp_path)

    def test_a_missing_timestamp_column_is_named(self, log: Path) -> None:
        with pytest.raises(DataError, match="lacks when"):
            cut(log, timestamp="when")

    def test_rows_without_a_split_value_are_refused(self, tmp_path: Path) -> None:
        for day, part in frame(days=4, rows_per_day=2).groupby(lambda row: row // 2):
            name = "__HIVE_DEFAULT_PARTITION__" if day == 1 else f"2026-01-1{day}"
            write(tmp_path / f"date={name}" / "a.parquet", part)
        with pytest.raises(DataError, match=r"column 'date' is null in 2 rows"):
            cut(tmp_path, split={"column": "date", "validation_from": "2026-01-12", "test_from": "2026-01-13"})

    def test_the_newest_instant_may_be_the_last_of_a_day(self, tmp_path: Path) -> None:
        times = [datetime(2026, 1, day, 23, 59, 59, 999_999, UTC) for day in (10, 11, 12)]
        write(tmp_path / "a.parquet", {"time": times, "row": [0, 1, 2]})
        windows = cut(tmp_path)
        assert [rows(tmp_path, w) for w in (windows.train, windows.validation, windows.test)] == [[0], [1], [2]]
