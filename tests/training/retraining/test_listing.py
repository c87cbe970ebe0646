"""Which partitions are there, complete, and in which window."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from models.errors import ConfigError, DataError
from tests.training.small import config, frame, reader, write, write_days
from training.config import Config
from training.data.config import SplitConfig
from training.retraining.complete import Completeness
from training.retraining.config import RetrainConfig
from training.retraining.listing import complete_partitions
from training.retraining.partition import spans
from training.retraining.window import PartitionWindows, cut

DAYS = [f"2026-01-{number}" for number in range(10, 16)]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write_days(tmp_path / "log", frame(days=6, rows_per_day=4))


def complete(log: Path, **kind: Any) -> list[str]:
    how = TypeAdapter(Completeness).validate_python(kind)
    return [each.value for each in complete_partitions(str(log), "date", how)]


def test_a_partition_is_complete_when_there_is_a_later_one(log: Path) -> None:
    assert complete(log, kind="later") == DAYS[:-1]


def test_a_partition_is_complete_when_it_is_marked(log: Path) -> None:
    for day in (DAYS[0], DAYS[-1]):
        (log / f"date={day}" / "_SUCCESS").touch()
    (log / f"date={DAYS[1]}" / "done").touch()
    assert complete(log, kind="marker") == [DAYS[0], DAYS[-1]]
    assert complete(log, kind="marker", file="done") == [DAYS[1]]


def test_a_partition_is_complete_when_nobody_has_written_into_it_for_a_while(log: Path) -> None:
    an_hour_ago = time.time() - 3_600
    os.utime(log / f"date={DAYS[2]}" / "part-0.parquet", (an_hour_ago, an_hour_ago))
    assert complete(log, kind="settled", minutes=0) == DAYS
    assert complete(log, kind="settled", minutes=30) == [DAYS[2]]


def test_a_partition_of_two_folders_is_marked_in_both(tmp_path: Path) -> None:
    for country in ("a", "b"):
        write(tmp_path / f"country={country}" / "date=2026-01-10" / "x.parquet", frame(days=1, rows_per_day=2))
    (tmp_path / "country=a" / "date=2026-01-10" / "_SUCCESS").touch()
    assert complete(tmp_path, kind="marker") == []
    (tmp_path / "country=b" / "date=2026-01-10" / "_SUCCESS").touch()
    assert complete(tmp_path, kind="marker") == ["2026-01-10"]


def test_a_log_without_partitions_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "x.parquet", frame(days=1, rows_per_day=2))
    with pytest.raises(DataError, match="found none below"):
        complete(tmp_path, kind="later")


def test_files_of_other_partitions_are_not_opened(log: Path) -> None:
    """Somebody is writing the newest day: its file is torn, and another one is still empty."""
    (log / f"date={DAYS[-1]}" / "part-0.parquet").write_bytes(b"PAR1 half")
    (log / f"date={DAYS[-1]}" / "part-1.parquet").touch()
    only = {"column": "date", "values": [DAYS[1], DAYS[3]]}
    rows = [chunk.num_rows for chunk in reader(log, partitions=only).chunks()]
    assert sum(rows) == 2 * 4


def test_partitions_that_are_not_there_are_refused(log: Path) -> None:
    with pytest.raises(DataError, match="found none of 1 values of date"):
        reader(log, partitions={"column": "date", "values": ["2030-01-01"]})


@pytest.mark.parametrize(
    "values", [["2026-01-10", "2026-01-09"], ["20260110", "20260109"], ["2026-01-10T05", "2026-01-10T04"],
               ["2026-01-10-05", "2026-01-10-04"], ["2026011005", "2026011004"]],
)  # fmt: skip
def test_days_and_hours_are_put_in_the_order_of_time(values: list[str]) -> None:
    assert [span.value for span in spans("date", values)] == values[::-1]


@pytest.mark.parametrize(
    ("values", "found"), [(["backup"], "backup"), (["2026-1-9"], "2026-1-9"), (["2026-01-10", "2026011005"], "alike")]
)
def test_values_that_are_no_spans_of_time_are_refused(values: list[str], found: str) -> None:
    with pytest.raises(DataError, match=found):
        spans("date", values)


def windows(log: Path, validation: str = "1d", test: str = "1d", **settings: Any) -> PartitionWindows | str:
    partitions = complete_partitions(str(log), "date", TypeAdapter(Completeness).validate_python({"kind": "later"}))
    return cut(partitions, SplitConfig(validation=validation, test=test), RetrainConfig(**settings))


def values(found: PartitionWindows | str) -> tuple[list[str], ...]:
    assert isinstance(found, PartitionWindows)
    return tuple([each.value for each in window] for window in (found.train, found.validation, found.test))


def test_the_newest_complete_partitions_test_and_those_before_validate(log: Path) -> None:
    assert values(windows(log)) == (DAYS[:3], DAYS[3:4], DAYS[4:5])
    assert values(windows(log, "2d", "1d")) == (DAYS[:2], DAYS[2:4], DAYS[4:5])


def test_the_training_window_reaches_back_as_far_as_it_is_long(log: Path) -> None:
    assert values(windows(log, train_window="2d"))[0] == DAYS[1:3]


def test_what_is_left_out_is_in_no_window(log: Path) -> None:
    assert values(windows(log, leave_out=(DAYS[4], DAYS[1]))) == ([DAYS[0]], [DAYS[2]], [DAYS[3]])


def test_windows_wait_for_enough_partitions(log: Path) -> None:
    assert "there are 5 so far" in str(windows(log, "3d", "2d"))
    assert "in the 1d before" in str(windows(log, train_window="1d", leave_out=(DAYS[2],)))
    assert "no partition is complete" in str(windows(log, leave_out=tuple(DAYS)))


def test_a_window_is_whole_partitions(log: Path) -> None:
    with pytest.raises(ConfigError, match="whole partitions"):
        windows(log, validation="12h", test="12h")


def test_a_split_by_starts_is_refused_beside_retraining(log: Path) -> None:
    split = {"validation_from": "2026-01-13", "test_from": "2026-01-14"}
    data = {"path": str(log), "timestamp": "time", "split": split}
    with pytest.raises(ValidationError, match="set lengths"):
        config(log, data=data, retrain={})
    assert isinstance(config(log, data=data), Config)
