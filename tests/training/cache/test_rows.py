"""Plain arrays of rows: what is cut, taken, joined, written and read back is what was there."""

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.cache.blocks import StoredRows
from training.cache.build import written
from training.cache.damage import DamagedEntry
from training.cache.rows import EncodedRows, Lists, joined
from training.data.batches import BatchStream

ROWS = st.lists(st.lists(st.integers(1, 2**31 - 1), max_size=5), max_size=12)


def lists_of(rows: list[list[int]]) -> Lists:
    offsets = np.concatenate(([0], np.cumsum([len(row) for row in rows]))).astype(np.int64)
    return Lists(np.array([value for row in rows for value in row], dtype=np.int32), offsets)


def plain(lists: Lists) -> list[list[int]]:
    return [part.tolist() for part in np.split(lists.values, lists.offsets[1:-1])] if len(lists.offsets) > 1 else []


def some_rows(num_rows: int, seed: int = 0, longest: int = 6) -> EncodedRows:
    random = np.random.default_rng(seed)
    lengths = random.integers(0, longest, num_rows)
    bags = [random.integers(1, 2**31 - 1, length).tolist() for length in lengths]
    return EncodedRows(
        random.integers(0, 2**31 - 1, (num_rows, 3)).astype(np.int32),
        random.normal(size=(num_rows, 2)).astype(np.float32),
        np.where(random.random((num_rows, 2)) < 0.2, np.nan, 1.0).astype(np.float32),
        {"history": lists_of(bags), "none": lists_of([[]] * num_rows)},
    )


def store(folder: Path, parts: list[EncodedRows], block_rows: int) -> StoredRows:
    names = ("history", "none")
    return StoredRows(folder, written(folder, names, block_rows, parts), names, ["click", "dwell"])


def assert_same(one: EncodedRows, other: EncodedRows) -> None:
    for name in ("ids", "numerics", "labels"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert getattr(one, name).dtype == getattr(other, name).dtype
    assert {name: plain(lists) for name, lists in one.lists.items()} == {n: plain(e) for n, e in other.lists.items()}


class TestLists:
    @given(ROWS, st.data())
    def test_taking_rows(self, rows: list[list[int]], data: st.DataObject) -> None:
        index = data.draw(st.lists(st.integers(0, max(0, len(rows) - 1)), max_size=9 if rows else 0))
        assert plain(lists_of(rows).take(np.array(index, dtype=np.int64))) == [rows[at] for at in index]

    @given(ROWS, st.integers(0, 12), st.integers(0, 12))
    def test_cutting(self, rows: list[list[int]], start: int, stop: int) -> None:
        start, stop = sorted((min(start, len(rows)), min(stop, len(rows))))
        assert plain(lists_of(rows).cut(start, stop)) == rows[start:stop]

    @given(ROWS)
    def test_padding_and_back(self, rows: list[list[int]]) -> None:
        padded = lists_of(rows).padded(0)
        assert padded.shape == (len(rows), max([1, *map(len, rows)]))
        assert plain(Lists.unpadded(padded, 0)) == rows


class TestStored:
    @pytest.mark.parametrize("block_rows", [1, 7, 64, 1_000])
    @pytest.mark.parametrize("sizes", [[100], [3, 0, 50, 47], [1] * 20])
    def test_what_is_read_is_what_was_written(self, tmp_path: Path, block_rows: int, sizes: list[int]) -> None:
        parts = [some_rows(size, seed) for seed, size in enumerate(sizes)]
        found = store(tmp_path / "rows", parts, block_rows)
        assert found.num_rows == sum(sizes)
        assert set(found.block_rows[:-1]) <= {block_rows}
        assert_same(found.whole(), joined(parts))
        for block in range(len(found.block_rows)):
            np.testing.assert_array_equal(found.labels(block), found.read(block).labels)

    def test_a_table_without_columns(self, tmp_path: Path) -> None:
        rows = some_rows(10)
        bare = EncodedRows(rows.ids[:, :0], rows.numerics[:, :0], rows.labels, rows.lists)
        assert_same(store(tmp_path / "rows", [bare], 4).whole(), bare)

    @pytest.mark.parametrize("file", ["ids.i4", "numerics.f4", "labels.f4", "list0_values.i4", "list0_offsets.i8"])
    def test_one_flipped_bit_is_found(self, tmp_path: Path, file: str) -> None:
        found = store(tmp_path / "rows", [some_rows(40)], 8)
        held = bytearray((tmp_path / "rows" / file).read_bytes())
        held[len(held) // 2] ^= 1
        with (tmp_path / "rows" / file).open("r+b") as opened:
            opened.write(held)
        with pytest.raises(DamagedEntry, match=f"of {file} does not have its checksum"):
            found.whole()

    def test_a_file_that_shrinks_while_it_is_read_is_found(self, tmp_path: Path) -> None:
        found = store(tmp_path / "rows", [some_rows(40)], 8)
        with (tmp_path / "rows" / "ids.i4").open("r+b") as opened:
            opened.truncate(100)
        with pytest.raises(DamagedEntry, match=r"ids\.i4 ends within block"):
            found.whole()


class Recorded:
    """Rows whose arrays are counted by Python's own account of memory, as numpy reports them."""

    def __init__(self, folder: Path, num_rows: int) -> None:
        self.rows = store(folder, [some_rows(10_000, seed, longest=6) for seed in range(num_rows // 10_000)], 500)

    def peak(self, **settings: Any) -> int:
        stream = BatchStream(self.rows, batch_size=200, seed=0, **settings)
        tracemalloc.start()
        for _ in stream.epoch(0):
            pass
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak


def test_memory_is_bounded_by_the_pool_and_not_by_the_rows(tmp_path: Path) -> None:
    few, many = Recorded(tmp_path / "few", 10_000), Recorded(tmp_path / "many", 60_000)
    settings = {"shuffle_rows": 2_000, "prefetch_batches": 2}
    assert many.peak(**settings) < 1.3 * few.peak(**settings)
    assert many.peak(shuffle_rows=20_000) > 3 * many.peak(**settings)
