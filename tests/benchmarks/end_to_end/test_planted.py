"""Faults are what they are called, and leave everything else as it was."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from benchmarks.end_to_end.planted import DATA_FAULTS, DataFault, plant
from training.simulation import SimulationConfig, simulate

Table = Any


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("days")
    simulate(SimulationConfig(days=2, impressions_per_day=3_000, num_users=200, num_items=150, click_rate=0.3), folder)
    return folder


def planted(days: Path, title: str) -> tuple[Table, Table, Table]:
    """The rows with the fault, the honest ones, and those of the day before."""
    (fault,) = (each for each in DATA_FAULTS if each.title == title)
    before, honest = (pq.read_table(file, partitioning=None) for file in sorted(days.glob("*/*.parquet")))
    return fault.plant(honest, before), honest, before


def changed(rows: Table, honest: Table) -> set[str]:
    return {name for name in honest.column_names if name not in rows.column_names or rows[name] != honest[name]}


def test_a_leak_tells_the_label_and_moves_no_distribution(days: Path) -> None:
    rows, honest, _ = planted(days, "label leak")
    ages, clicked = rows["item_age_hours"].to_numpy(), rows["clicked"].to_numpy()
    assert ages[clicked == 1].min() >= ages[clicked == 0].max()
    assert np.array_equal(np.sort(ages), np.sort(honest["item_age_hours"].to_numpy()))
    assert changed(rows, honest) == {"item_age_hours"}


def test_labels_are_flipped_where_they_count(days: Path) -> None:
    rows, honest, _ = planted(days, "flipped labels")
    clicked = honest["clicked"].to_numpy() == 1
    assert (rows["converted"].to_numpy() != honest["converted"].to_numpy()).tolist() == clicked.tolist()
    assert rows.schema == honest.schema


def test_stale_rows_are_those_of_the_day_before(days: Path) -> None:
    rows, honest, before = planted(days, "stale data")
    assert rows == before
    rows, _, _ = planted(days, "stale data, with new times")
    assert changed(rows, before) == {"time_ms"}
    assert abs(rows["time_ms"].to_numpy().mean() - honest["time_ms"].to_numpy().mean()) < 3_600_000


def test_the_others_do_what_they_say(days: Path) -> None:
    rows, honest, _ = planted(days, "half the rows missing")
    assert rows == honest.slice(0, 1_500)
    rows, honest, _ = planted(days, "a feature gone null")
    assert rows["category"].null_count == len(honest)
    assert changed(rows, honest) == {"category"}
    rows, honest, _ = planted(days, "schema change")
    assert changed(rows, honest) == {"position", "price"}
    rows, honest, _ = planted(days, "drifted traffic")
    share = rows["device"].to_pylist().count("tv") / len(rows)
    assert 0.6 < share < 0.85
    assert changed(rows, honest) == {"device", "country"}


def test_a_fault_replaces_the_day_on_disk(days: Path, tmp_path: Path) -> None:
    before, day = (tmp_path / name for name in ("before.parquet", "day.parquet"))
    for file, source in zip((before, day), sorted(days.glob("*/*.parquet")), strict=True):
        file.write_bytes(source.read_bytes())
    plant(DataFault("last one", lambda rows, _: rows.slice(len(rows) - 1), frozenset()), day, before)
    assert pq.read_table(day)["impression_id"].to_pylist() == [5_999]
