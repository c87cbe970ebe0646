"""Logs on disk: which files, which columns, how much at a time; and every broken file by name."""

import os
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from models.errors import DataError
from tests.training.small import frame, write, write_days
from training.data.source import LogSource


def values(source: LogSource, column: str, **how: Any) -> list[Any]:
    source.require([column])
    return [value for chunk in source.chunks([column], **how) for value in chunk.column(column).to_pylist()]


def opened(path: Path | str, csv_types: dict[str, pa.DataType] | None = None, read_rows: int = 65_536) -> LogSource:
    return LogSource(str(path), csv_types or {}, read_rows)


class TestWhichFiles:
    @pytest.mark.parametrize("suffix", [".parquet", ".csv"])
    def test_folder_glob_and_file(self, tmp_path: Path, suffix: str) -> None:
        for name, rows in (("a", [1, 2]), ("b", [3])):
            write(tmp_path / f"{name}{suffix}", {"x": rows})
        assert values(opened(tmp_path), "x") == [1, 2, 3]
        assert values(opened(tmp_path / f"*{suffix}"), "x") == [1, 2, 3]
        assert values(opened(tmp_path / f"b{suffix}"), "x") == [3]

    @pytest.mark.parametrize("suffix", [".parquet", ".csv"])
    def test_hive_partitions_are_columns(self, tmp_path: Path, suffix: str) -> None:
        write_days(tmp_path, frame(days=3, rows_per_day=2), suffix)
        source = opened(tmp_path)
        assert values(source, "date") == [f"2026-01-{day}" for day in (10, 10, 11, 11, 12, 12)]
        assert values(source, "row", where=ds.field("date") >= "2026-01-12") == [4, 5]
        assert values(opened(tmp_path / "date=2026-01-1*" / "*"), "date") == values(source, "date")

    def test_relative_paths(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write_days(tmp_path / "logs", frame(days=1, rows_per_day=2))
        monkeypatch.chdir(tmp_path)
        for path in ("logs", "./logs/", ".", "logs/*/*.parquet", "*/*/*.parquet"):
            assert values(opened(path), "date") == ["2026-01-10"] * 2

    def test_partitions_above_the_folder_are_none(self, tmp_path: Path) -> None:
        write(tmp_path / "run=3" / "a.parquet", {"x": [1]})
        assert "run" not in opened(tmp_path / "run=3").dataset.schema.names

    def test_a_null_partition_is_null(self, tmp_path: Path) -> None:
        write(tmp_path / "country=__HIVE_DEFAULT_PARTITION__" / "a.parquet", {"x": [1]})
        write(tmp_path / "country=ch" / "a.parquet", {"x": [2]})
        assert values(opened(tmp_path), "country") == [None, "ch"]

    def test_a_partition_that_the_file_repeats_is_one_column(self, tmp_path: Path) -> None:
        write(tmp_path / "date=2026-01-01" / "a.parquet", {"x": [1], "date": ["2026-01-01"]})
        assert values(opened(tmp_path), "date") == ["2026-01-01"]

    @pytest.mark.parametrize("path", ["", "*.parquet", "**/*.parquet"])
    def test_hidden_and_underscore_files_are_no_logs(self, tmp_path: Path, path: str) -> None:
        write(tmp_path / "a.parquet", {"x": [1]})
        for name in (".b.parquet.12.partial.parquet", "_c.parquet", "_delta_log/d.parquet", ".tmp/e.parquet"):
            write(tmp_path / name, {"x": [9]})
        (tmp_path / "_SUCCESS").touch()
        (tmp_path / "notes.txt").write_text("not a log")
        assert values(opened(tmp_path / path), "x") == [1]

    def test_a_folder_with_wildcards_in_its_name(self, tmp_path: Path) -> None:
        write(tmp_path / "logs[1]" / "a.parquet", {"x": [1]})
        assert values(opened(tmp_path / "logs[1]"), "x") == [1]

    @pytest.mark.parametrize(
        ("path", "found"),
        [("none", "no such folder or file"), ("empty", "no Parquet or CSV file"), ("*.orc", "no such folder or file")],
    )
    def test_nothing_there(self, tmp_path: Path, path: str, found: str) -> None:
        (tmp_path / "empty").mkdir()
        with pytest.raises(DataError, match=rf"`data.path` names .*; found {found}.* Correct the path"):
            opened(tmp_path / path)

    def test_two_formats_are_refused(self, tmp_path: Path) -> None:
        write(tmp_path / "a.csv", {"x": [1]})
        write(tmp_path / "a.parquet", {"x": [1]})
        with pytest.raises(DataError, match=r"one format; found \.csv and \.parquet .*keep one"):
            opened(tmp_path)


class TestBounded:
    @pytest.mark.parametrize("suffix", [".parquet", ".csv"])
    @pytest.mark.parametrize("shuffle", [None, Random(0)])
    def test_no_chunk_is_longer_than_asked(self, tmp_path: Path, suffix: str, shuffle: Random | None) -> None:
        write(tmp_path / f"a{suffix}", {"x": list(range(3_000))})
        lengths = [chunk.num_rows for chunk in opened(tmp_path, read_rows=70).chunks(["x"], shuffle=shuffle)]
        assert max(lengths) <= 70
        assert sum(lengths) == 3_000

    def test_only_needed_columns_are_read(self, tmp_path: Path) -> None:
        write(tmp_path / "a.parquet", {"x": [1, 2], "y": [3, 4], "z": [5, 6]})
        (chunk,) = opened(tmp_path).chunks(["z"], where=ds.field("x") > 1)
        assert chunk.schema.names == ["z"]
        assert chunk.column("z").to_pylist() == [6]

    def test_an_unneeded_column_may_be_garbage(self, tmp_path: Path) -> None:
        write(tmp_path / "a.parquet", {"x": [1], "odd": [1]})
        write(tmp_path / "b.parquet", {"x": [2], "odd": [["text"]]})
        assert values(opened(tmp_path), "x") == [1, 2]

    def test_shuffling_loses_and_repeats_nothing(self, tmp_path: Path) -> None:
        write(tmp_path / "a.parquet", {"x": list(range(100))}, row_group_size=10)
        write(tmp_path / "b.parquet", {"x": list(range(100, 130))}, row_group_size=7)
        source = opened(tmp_path)
        shuffled = values(source, "x", shuffle=Random(1))
        assert sorted(shuffled) == list(range(130))
        assert shuffled != list(range(130))
        assert shuffled == values(source, "x", shuffle=Random(1))
        assert sorted(values(source, "x", where=ds.field("x") >= 95, shuffle=Random(1))) == list(range(95, 130))


class TestTypes:
    @pytest.mark.parametrize(
        ("one", "other", "joined"),
        [
            (pa.array([1], pa.int32()), pa.array([2**40]), [1, 2**40]),
            (pa.array([1]), pa.array([1.5]), [1.0, 1.5]),
            (pa.nulls(1), pa.array(["a"]), [None, "a"]),
            (pa.array(["a"]), pa.nulls(1), ["a", None]),
            (pa.array(["a"]), pa.array(["b"], pa.large_string()), ["a", "b"]),
            (pa.array(["a"]), pa.array(["b"]).dictionary_encode(), ["a", "b"]),
            (
                pa.array(["a"]).dictionary_encode().cast(pa.dictionary(pa.int8(), pa.string())),
                pa.array(["b"]).dictionary_encode().cast(pa.dictionary(pa.int16(), pa.string())),
                ["a", "b"],
            ),
            (pa.array([None], pa.list_(pa.null())), pa.array([[7]]), [None, [7]]),
        ],
    )
    def test_files_may_differ_in_width_or_be_null(
        self, tmp_path: Path, one: pa.Array, other: pa.Array, joined: list[Any]
    ) -> None:
        write(tmp_path / "a.parquet", {"x": one})
        write(tmp_path / "b.parquet", {"x": other})
        assert values(opened(tmp_path), "x") == joined

    @pytest.mark.parametrize(("one", "other"), [([1], ["a"]), ([[1]], [1]), ([True], [1])])
    def test_a_number_here_and_text_there_is_refused(self, tmp_path: Path, one: list[Any], other: list[Any]) -> None:
        write(tmp_path / "a.parquet", {"x": one, "y": [1]})
        write(tmp_path / "b.parquet", {"x": other, "y": [1]})
        source = opened(tmp_path)
        assert source.require(["y"]) == {"y": pa.int64()}
        with pytest.raises(DataError, match=r"one type.*column 'x' is .* in .*a\.parquet and .* in .*b\.parquet"):
            source.require(["x"])

    def test_csv_ids_stay_text(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("id,n\n007,1\n,2\n1e5,3\n9007199254740993,4\n")
        types = {"id": pa.string(), "n": pa.float64(), "absent": pa.string()}
        assert values(opened(tmp_path, types), "id") == ["007", None, "1e5", "9007199254740993"]
        assert values(opened(tmp_path, types), "n") == [1.0, 2.0, 3.0, 4.0]

    def test_csv_nulls(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("country,n\nNA,\nnull,NaN\n,nan\nnone,null\n")
        source = opened(tmp_path, {"country": pa.string(), "n": pa.float64()})
        assert values(source, "country") == ["NA", None, None, "none"]
        assert values(source, "n") == [None] * 4

    def test_csv_with_a_byte_order_mark_and_quotes(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text('\ufeffx,y\n"a, b",1\n"c ""d""",2\n', encoding="utf-8")
        assert values(opened(tmp_path), "x") == ["a, b", 'c "d"']


class TestBroken:
    def test_a_column_missing_in_one_file_names_it(self, tmp_path: Path) -> None:
        write(tmp_path / "a.parquet", {"x": [1], "y": [1]})
        write(tmp_path / "b.parquet", {"x": [1], "why": [1]})
        source = opened(tmp_path)
        assert set(source.require(["x"])) == {"x"}
        with pytest.raises(DataError, match=r"b\.parquet lacks y\. It has: x, why\. Correct the name"):
            source.require(["x", "y"])

    @pytest.mark.parametrize("suffix", [".parquet", ".csv"])
    @pytest.mark.parametrize("name", ["a", "z"])
    def test_an_empty_file(self, tmp_path: Path, suffix: str, name: str) -> None:
        write(tmp_path / f"m{suffix}", {"x": [1]})
        (tmp_path / f"{name}{suffix}").touch()
        with pytest.raises(DataError, match=rf"{name}\{suffix} is empty \(0 bytes\): remove or replace it"):
            opened(tmp_path)

    @pytest.mark.parametrize("name", ["a", "z"])
    @pytest.mark.parametrize("content", [b"garbage" * 50, b"PAR1", b"PAR1garbagePAR1"])
    def test_garbage(self, tmp_path: Path, name: str, content: bytes) -> None:
        write(tmp_path / "m.parquet", {"x": [1]})
        (tmp_path / f"{name}.parquet").write_bytes(content)
        with pytest.raises(DataError, match=rf"read to its end; .*{name}\.parquet cannot: .*Remove it or write it"):
            opened(tmp_path)

    @pytest.mark.parametrize("kept", [0.2, 0.9, 0.999])
    def test_truncated_parquet(self, tmp_path: Path, kept: float) -> None:
        write(tmp_path / "a.parquet", {"x": [1]})
        whole = write(tmp_path / "b.parquet", {"x": list(range(9_999))}).read_bytes()
        (tmp_path / "b.parquet").write_bytes(whole[: int(len(whole) * kept)])
        with pytest.raises(DataError, match=r"b\.parquet cannot: "):
            opened(tmp_path)

    def test_parquet_torn_in_the_middle(self, tmp_path: Path) -> None:
        path = write(tmp_path / "b.parquet", {"x": [str(n) for n in range(9_999)]})
        data = bytearray(path.read_bytes())
        data[200:3_000] = os.urandom(2_800)
        path.write_bytes(data)
        source = opened(tmp_path)
        with pytest.raises(DataError, match=r"b\.parquet cannot: "):
            values(source, "x")

    def test_duplicated_column_names(self, tmp_path: Path) -> None:
        pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["x", "x"]), tmp_path / "a.parquet")
        with pytest.raises(DataError, match=r"column names are unique; .*a\.parquet has more than one x: write it"):
            opened(tmp_path)

    def test_duplicated_column_names_in_csv(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("x,x\n1,2\n")
        with pytest.raises(DataError, match=r"a\.csv cannot: .*multiple columns named x"):
            opened(tmp_path)

    def test_csv_that_is_not_utf8(self, tmp_path: Path) -> None:
        write(tmp_path / "a.csv", {"x": ["u"]})
        (tmp_path / "b.csv").write_bytes("x\nü\n".encode("latin-1"))
        with pytest.raises(DataError, match=r"b\.csv cannot: .*column 'x'.*UTF8"):
            values(opened(tmp_path, {"x": pa.string()}), "x")

    @pytest.mark.parametrize("row", [3, 150_000])
    def test_a_bad_number_in_csv_names_file_and_column(self, tmp_path: Path, row: int) -> None:
        lines = [f"{n},{n}" for n in range(200_000)]
        lines[row] = "7,abc"
        write(tmp_path / "a.csv", {"x": [1], "n": [1]})
        (tmp_path / "b.csv").write_text("\n".join(["x,n", *lines]))
        with pytest.raises(DataError, match=r"b\.csv cannot: .*column 'n'.*'abc'"):
            values(opened(tmp_path, {"n": pa.float64()}), "n")

    def test_a_csv_line_with_too_few_values(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("x,y\n1,2\n1\n")
        with pytest.raises(DataError, match=r"a\.csv cannot: .*Expected 2 columns, got 1"):
            values(opened(tmp_path), "x")

    def test_a_csv_with_a_header_only_has_no_rows(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("x,y\n")
        write(tmp_path / "b.csv", {"x": [1], "y": [2]})
        assert values(opened(tmp_path), "x") == [1]
        assert values(opened(tmp_path / "a.csv"), "x") == []

    def test_partitions_that_contradict_the_file(self, tmp_path: Path) -> None:
        write(tmp_path / "date=2026-01-01" / "a.parquet", {"x": [1], "date": [3]})
        with pytest.raises(DataError, match=r"partitions.*date"):
            opened(tmp_path).require(["date"])

    @pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
    def test_a_file_without_permission(self, tmp_path: Path) -> None:
        write(tmp_path / "a.parquet", {"x": [1]}).chmod(0)
        with pytest.raises(DataError, match=r"a\.parquet cannot"):
            opened(tmp_path)


def test_a_csv_label_that_is_empty_for_a_megabyte_is_read_to_its_end(tmp_path: Path) -> None:
    rows = ["time,bought", *(f"{1767225600 + n}," for n in range(150_000)), "1767400000,1"]
    (tmp_path / "log.csv").write_text("\n".join(rows) + "\n")
    source = LogSource(str(tmp_path), {})
    assert str(source.require(["bought"])["bought"]) == "double"
    assert sum(chunk.column("bought").null_count for chunk in source.chunks(["bought"])) == 150_000
