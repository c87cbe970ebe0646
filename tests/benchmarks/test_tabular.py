"""The comparison on small tables: equal rows for both, and verdicts that the numbers allow."""

import tarfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.tabular_sets import LABEL, PART, ROW, SETS, UNIT, TabularSet, read, shuffled

SMALL = TabularSet("small: any", "folder/small", "visits > 0", "binary", ("visits",), ("sex",))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive like the package's, with one table of twenty rows."""
    table = pd.DataFrame({"visits": [0, 1, 2, None] * 5, "sex": ["f", None] * 10, "age": range(20)})
    table.to_csv(tmp_path / "small.csv")
    with tarfile.open(tmp_path / "resources.tar.gz", "w:gz") as held:
        held.add(tmp_path / "small.csv", "resources/rdata/csv/folder/small.csv")
    return tmp_path / "resources.tar.gz"


def test_what_tells_the_label_is_no_input_and_a_row_without_one_is_left_out(archive: Path) -> None:
    table = read(SMALL, archive)
    assert list(table) == ["sex", "age", LABEL, UNIT]
    assert list(table[LABEL]) == [0, 1, 1] * 5
    assert table["sex"].isna().sum() == 5


def test_parts_are_disjoint_and_a_seed_draws_the_same_again(archive: Path) -> None:
    table = read(SMALL, archive)
    rows = shuffled(SMALL, table, 3)
    assert [int((rows[PART] == part).sum()) for part in range(3)] == [9, 3, 3]
    assert sorted(rows["age"]) == sorted(table["age"])
    assert list(rows[ROW]) == list(range(15))
    assert rows.equals(shuffled(SMALL, table, 3))
    assert not rows.equals(shuffled(SMALL, table, 4))


def test_rows_of_a_unit_stay_in_one_part(archive: Path) -> None:
    by_age = replace(SMALL, unit="age")
    pairs = pd.concat([read(by_age, archive)] * 2)
    for seed in range(5):
        rows = shuffled(by_age, pairs, seed)
        assert rows.groupby("age")[PART].nunique().max() == 1
        assert sorted(rows[PART].unique()) == [0, 1, 2]
        assert list(rows[PART]) == sorted(rows[PART])


def test_a_large_table_is_cut_to_rows_that_the_seed_draws(archive: Path) -> None:
    few = replace(SMALL, most_rows=10)
    table = read(few, archive)
    rows = shuffled(few, table, 3)
    assert len(rows) == 10
    assert list(rows["age"]) == list(shuffled(SMALL, table, 3)["age"][:10])


def test_a_verdict_is_what_the_numbers_allow() -> None:
    pytest.importorskip("lightgbm")
    from benchmarks.tabular import line

    def verdict(gains: list[float], noise: float) -> str:
        records = [
            {
                "threefold": {"AUC": 0.7 + gain},
                "lightgbm": {"AUC": 0.7},
                "lightgbm_again": {"AUC": 0.7 + 2**0.5 * noise},
            }
            for gain in gains
        ]
        return line(SMALL, "AUC", 1, records).split("|")[-2].strip()

    assert verdict([0.010, 0.011, 0.012], 0.001) == "ahead"
    assert verdict([-0.010, -0.011, -0.012], 0.001) == "behind"
    assert verdict([-0.010, -0.011, -0.012], 0.02) == "not behind"
    assert verdict([-0.010, 0.011, -0.012], 0.001) == "open"


def test_names_of_tables_and_their_files_differ() -> None:
    assert len({which.name for which in SETS}) == len({which.file for which in SETS}) == len(SETS)
