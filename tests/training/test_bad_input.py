"""The list of the first issue: each bad log or file ends in one paragraph with rule, what was found and a way out."""

import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from models.errors import ThreefoldError
from tests.training.small import config, frame, write_days
from training.config import load_config
from training.pipeline import prepare

FILE = r"date=2026-01-1\d/part-0\.(parquet|csv)"
WAY_OUT = re.compile(r"\b(correct|remove|write|name|set|replace|wait|check|train on|make|restore)\b", re.I)


def prepared(folder: Path) -> str:
    """What the first stages of a run say of the log, and what they refuse."""
    output = StringIO()
    prepare(config(folder), Console(file=output, width=500))
    return output.getvalue()


def refusal(folder: Path) -> str:
    with pytest.raises(ThreefoldError) as caught:
        prepared(folder)
    message = str(caught.value)
    assert WAY_OUT.search(message), f"no way out in: {message}"
    assert "Traceback" not in message
    return message


def edit_one_day(rows: pd.DataFrame, change: Callable[[pd.DataFrame], pd.DataFrame], folder: Path) -> None:
    """Write the log with one day changed."""
    day = rows.time.dt.day == 11
    write_days(folder, rows[~day])
    write_days(folder, change(rows[day].copy()))


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_good_log_is_good(tmp_path: Path, suffix: str) -> None:
    write_days(tmp_path, frame(), suffix)
    assert "encoder fitted" in prepared(tmp_path)


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_label_of_true_and_false_is_good(tmp_path: Path, suffix: str) -> None:
    write_days(tmp_path, frame().assign(clicked=lambda rows: rows.clicked == 1), suffix)
    assert "encoder fitted" in prepared(tmp_path)


@pytest.mark.parametrize("column", ["user", "age", "tags", "clicked", "seconds", "time"])
def test_a_missing_column(tmp_path: Path, column: str) -> None:
    write_days(tmp_path, frame())
    rows = frame()
    write_days(tmp_path, rows[rows.time.dt.day == 12])
    path = tmp_path / "date=2026-01-12" / "part-0.parquet"
    pd.read_parquet(path, partitioning=None).drop(columns=column).to_parquet(path)
    message = refusal(tmp_path)
    assert re.search(FILE, message)
    assert f"lacks {column}" in message


@pytest.mark.parametrize(
    ("column", "value"),
    [("age", "old"), ("user", [1.5]), ("tags", 7), ("clicked", "yes"), ("seconds", "long"), ("time", "2026")],
)
def test_a_wrong_type(tmp_path: Path, column: str, value: object) -> None:
    rows = frame()
    rows[column] = pd.Series([value] * len(rows))
    for day, part in rows.groupby(rows.row // 50):
        (tmp_path / f"date=2026-01-1{day}").mkdir()
        part.to_parquet(tmp_path / f"date=2026-01-1{day}" / "part-0.parquet")
    message = refusal(tmp_path)
    assert f"column '{column}'" in message
    assert "is of type" in message


def test_a_wrong_type_in_one_file(tmp_path: Path) -> None:
    edit_one_day(frame(), lambda rows: rows.assign(age="old"), tmp_path)
    message = refusal(tmp_path)
    assert "column 'age'" in message
    assert len(re.findall(FILE, message)) == 2


def test_a_label_that_is_not_0_or_1(tmp_path: Path) -> None:
    edit_one_day(frame(), lambda rows: rows.assign(clicked=2), tmp_path)
    assert "0, 1 or null; column 'clicked' of task 'click' holds 2" in refusal(tmp_path)


def test_a_negative_dwell(tmp_path: Path) -> None:
    edit_one_day(frame(), lambda rows: rows.assign(seconds=-3.0), tmp_path)
    assert "column 'seconds' of task 'dwell' holds -3" in refusal(tmp_path)


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_an_empty_file(tmp_path: Path, suffix: str) -> None:
    write_days(tmp_path, frame(), suffix)
    (tmp_path / "date=2026-01-11" / f"part-0{suffix}").write_bytes(b"")
    assert re.search(FILE + r" is empty \(0 bytes\)", refusal(tmp_path))


def test_a_truncated_file(tmp_path: Path) -> None:
    write_days(tmp_path, frame())
    path = tmp_path / "date=2026-01-11" / "part-0.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    assert re.search(FILE + " cannot: ", refusal(tmp_path))


@pytest.mark.parametrize("column", ["user", "age", "item", "tags"])
def test_a_feature_that_is_always_null(tmp_path: Path, column: str) -> None:
    write_days(tmp_path, frame().assign(**{column: None}))
    assert f"found null in all 100 rows: {column}" in refusal(tmp_path)


def test_a_feature_that_is_null_for_a_day_is_fine(tmp_path: Path) -> None:
    edit_one_day(frame(), lambda rows: rows.assign(user=None, age=None, tags=None), tmp_path)
    assert "encoder fitted" in prepared(tmp_path)


def test_an_id_that_turns_into_a_float_for_a_day_is_the_same_id(tmp_path: Path) -> None:
    edit_one_day(frame(), lambda rows: rows.assign(item=rows.item.where(rows.row % 2 == 0)), tmp_path)
    assert "encoder fitted" in prepared(tmp_path)


def test_a_day_without_rows_is_named_and_the_run_goes_on(tmp_path: Path) -> None:
    rows = frame(days=6)
    write_days(tmp_path, rows[rows.time.dt.day != 11])
    assert "no rows on 2026-01-11" in prepared(tmp_path)


def test_a_window_without_rows(tmp_path: Path) -> None:
    rows = frame()
    write_days(tmp_path, rows[rows.time.dt.day != 12])
    message = refusal(tmp_path)
    assert "the validation window" in message
    assert "2026-01-11 (50), 2026-01-13 (50)" in message


def test_an_unknown_setting(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text('name = "x"\nlearning_rate = 3\n')
    with pytest.raises(ThreefoldError, match=r"(?s)t\.toml breaks .*learning_rate: no such setting: correct the name"):
        load_config(tmp_path / "t.toml")


def test_a_bad_number_in_csv(tmp_path: Path) -> None:
    write_days(tmp_path, frame(), ".csv")
    path = tmp_path / "date=2026-01-12" / "part-0.csv"
    lines = path.read_text().splitlines()
    values = lines[5].split(",")
    values[3] = "forty"
    path.write_text("\n".join([*lines[:5], ",".join(values), *lines[6:]]))
    message = refusal(tmp_path)
    assert re.search(FILE, message)
    assert "column 'age'" in message
    assert "'forty'" in message


def test_csv_that_is_not_utf8(tmp_path: Path) -> None:
    write_days(tmp_path, frame(), ".csv")
    path = tmp_path / "date=2026-01-12" / "part-0.csv"
    path.write_bytes(path.read_bytes().replace(b"u1", "ü".encode("latin-1")))
    message = refusal(tmp_path)
    assert re.search(FILE, message)
    assert "UTF8" in message


def test_garbage_among_the_files(tmp_path: Path) -> None:
    write_days(tmp_path, frame())
    (tmp_path / "date=2026-01-11" / "garbage.parquet").write_bytes(np.random.default_rng(0).bytes(5_000))
    assert "garbage.parquet cannot: " in refusal(tmp_path)


def test_infinity_and_ids_that_are_none(tmp_path: Path) -> None:
    edit_one_day(frame(), lambda rows: rows.assign(age=np.inf), tmp_path / "a")
    assert "column 'age' holds infinity" in refusal(tmp_path / "a")
    edit_one_day(frame(), lambda rows: rows.assign(item=rows.item + 0.5), tmp_path / "b")
    assert "column 'item' holds" in refusal(tmp_path / "b")


def test_a_partition_without_a_value(tmp_path: Path) -> None:
    write_days(tmp_path, frame())
    (tmp_path / "date=2026-01-10").rename(tmp_path / "date=__HIVE_DEFAULT_PARTITION__")
    assert "encoder fitted" in prepared(tmp_path)  # the split is by time, and nobody asks for the date


def test_one_outcome_only(tmp_path: Path) -> None:
    write_days(tmp_path, frame().assign(clicked=0, seconds=0.0))
    assert "column 'clicked' of task 'click' is 0 in all 100 observed rows" in refusal(tmp_path)
