"""The comparison with pandas is fair: both sides end at the same table rows, and the check would notice otherwise."""

from pathlib import Path

import pytest

from benchmarks.encoding import NAMES, SIZES, check, fitted, page, pandas_fitted, write_log


def test_both_sides_encode_alike_and_a_difference_is_found(tmp_path: Path) -> None:
    file = tmp_path / "log.parquet"
    write_log(file, 3_000)
    encoder, rows_of = fitted(file, 2), pandas_fitted(file)
    check(file, encoder, rows_of)
    last = rows_of[NAMES[-1]]
    rows_of[NAMES[-1]] = last.where(last != 2, 3)
    with pytest.raises(AssertionError, match="different rows"):
        check(file, encoder, rows_of)


def test_there_are_two_million_ids() -> None:
    assert len(SIZES) == 30
    assert sum(SIZES) == pytest.approx(2_000_000, rel=0.01)


def test_the_page_says_whether_the_target_is_met() -> None:
    seconds = {f"{what}, {how}": 1.0 for what in ("fit", "encode") for how in ("two threads", "pandas")}
    assert "300,000 rows encoded a second on two threads: met" in page(seconds, 300_000)
    assert "300,000 rows encoded a second on two threads: missed" in page(seconds, 299_000)
