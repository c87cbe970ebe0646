"""Logs in an object store: the same rows as on disk, and the same words where something is wrong."""

import glob
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest
from pyarrow.fs import copy_files

from models.errors import DataError, ThreefoldError
from tests.storage.server import Server
from tests.training.small import config, frame, write, write_days
from training.cache.fingerprint import fingerprint
from training.data.files import find_files
from training.data.source import LogSource
from training.data.wildcards import fixed_part, matches
from training.evaluation.captured import SIDECAR, truth_columns
from training.initial.profile import profile


def rows(path: str) -> pa.Table:
    source = LogSource(path, {}, read_rows=64)
    return pa.Table.from_batches(source.chunks(source.dataset.schema.names), source.dataset.schema)


@pytest.fixture
def upload(server: Server, s3: str) -> Callable[[Path], str]:
    """Copies a folder into the store and gives its URL."""

    def copied(folder: Path) -> str:
        copy_files(str(folder), s3.removeprefix("s3://"), destination_filesystem=server.files)
        return s3

    return copied


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Four days, with what lies about in real folders."""
    folder = write_days(tmp_path / "log", frame())
    (folder / SIDECAR).write_text('{"truth": {"clicked": "true_click"}}')
    (folder / "_SUCCESS").touch()
    (folder / "date=2026-01-11" / ".part-1.parquet.partial").write_bytes(b"half")
    write(folder / "date=2026-01-12" / "deeper" / "part-1.parquet", frame(days=1))
    return folder


PATHS = (
    "",
    "/",
    "/*/*.parquet",
    "/**/*.parquet",
    "/date=2026-01-1[12]/part-*",
    "/**",
    "/date=2026-01-10/part-0.parquet",
    "/date=2026-01-10",
)


class TestTheSameRows:
    def test_by_url_and_by_path(self, log: Path, upload: Callable[[Path], str]) -> None:
        url = upload(log)
        for path in PATHS:
            assert rows(f"{url}{path}").equals(rows(f"{log}{path}")), path

    def test_a_file_url_is_a_path(self, log: Path) -> None:
        assert rows(log.as_uri()).equals(rows(str(log)))
        assert truth_columns(log.as_uri()) == truth_columns(str(log)) == {"clicked": "true_click"}

    def test_of_csv(self, tmp_path: Path, upload: Callable[[Path], str]) -> None:
        folder = write_days(tmp_path / "log", frame(), ".csv")
        assert rows(upload(folder)).equals(rows(str(folder)))

    def test_the_truth_of_a_simulated_log(self, log: Path, upload: Callable[[Path], str]) -> None:
        url = upload(log)
        assert truth_columns(url) == {"clicked": "true_click"}
        assert truth_columns(f"{url}/date=2026-01-10") == {}

    def test_what_init_sees(self, log: Path, upload: Callable[[Path], str]) -> None:
        assert [column.name for column in profile(upload(log))] == [column.name for column in profile(str(log))]


class TestFingerprint:
    def test_it_changes_with_the_files_and_only_then(self, log: Path, upload: Callable[[Path], str], s3: str) -> None:
        def of(url: str) -> str:
            return fingerprint(config(log), LogSource(url, {}))

        url = upload(log)
        before = of(url)
        assert of(url) == before
        write(log / "date=2026-01-13" / "part-1.parquet", frame(days=1, rows_per_day=9))
        assert of(upload(log)) != before

    def test_size_and_time_of_every_file_are_listed(self, log: Path, upload: Callable[[Path], str]) -> None:
        here, there = find_files(str(log)), find_files(upload(log))
        assert [info.size for info in there.found] == [info.size for info in here.found]
        assert all(info.mtime_ns > 0 for info in [*here.found, *there.found])
        assert [there.shown(path).removeprefix("s3://") for path in there.paths] == there.paths


class TestRefusals:
    @pytest.mark.parametrize(
        ("path", "found"),
        [
            ("/none", "no such folder or file: s3://.*/none"),
            ("/*/*.csv", "no Parquet or CSV file in it"),
            ("/_SUCCESS", "no Parquet or CSV file in it"),
        ],
    )
    def test_nothing_to_read(self, log: Path, upload: Callable[[Path], str], path: str, found: str) -> None:
        with pytest.raises(DataError, match=rf"`data.path` names .*; found {found}.* Correct the path"):
            find_files(f"{upload(log)}{path}")

    def test_an_empty_file_is_named_by_its_url(self, log: Path, upload: Callable[[Path], str]) -> None:
        (log / "date=2026-01-11" / "part-7.parquet").touch()
        url = upload(log)
        with pytest.raises(DataError, match=rf"{url}/date=2026-01-11/part-7.parquet is empty \(0 bytes\)"):
            find_files(url)

    def test_a_torn_file_is_named_by_its_url(self, log: Path, upload: Callable[[Path], str]) -> None:
        torn = log / "date=2026-01-11" / "part-0.parquet"
        torn.write_bytes(torn.read_bytes()[:-20])
        url = upload(log)
        with pytest.raises(DataError, match=rf"{url}/date=2026-01-11/part-0.parquet cannot: .* write it again"):
            rows(url)

    def test_a_bad_number_in_csv_names_its_column(self, tmp_path: Path, upload: Callable[[Path], str]) -> None:
        folder = write_days(tmp_path / "log", frame(), ".csv")
        file = folder / "date=2026-01-12" / "part-0.csv"
        lines = file.read_text().splitlines()
        values = lines[5].split(",")
        values[3] = "forty"
        file.write_text("\n".join([*lines[:5], ",".join(values), *lines[6:]]))
        url = upload(folder)
        with pytest.raises(DataError, match=rf"{url}/date=2026-01-12/part-0.csv cannot: .*'age'.*'forty'"):
            rows_with(url, {"age": pa.float64()})

    def test_no_such_bucket(self, s3: str) -> None:
        with pytest.raises(DataError, match=r"found none for s3://no-such-bucket/x: .*make the bucket"):
            find_files("s3://no-such-bucket/x")

    @pytest.mark.parametrize("asked", [find_files, truth_columns])
    def test_wrong_credentials(self, s3: str, asked: Callable[[str], object], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "topsecret")
        with pytest.raises(DataError, match=rf"refused for {s3}.*set credentials") as caught:
            asked(s3)
        assert "topsecret" not in str(caught.value)
        assert "simulated log" not in str(caught.value)

    @pytest.mark.parametrize("asked", [find_files, truth_columns])
    def test_nobody_at_the_endpoint(self, asked: Callable[[str], object]) -> None:
        with pytest.raises(DataError, match=r"no answer for s3://bucket/x.*check the network"):
            asked("s3://bucket/x?scheme=http&endpoint_override=127.0.0.1:1&region=us-east-1")

    def test_a_store_that_stops_to_answer_while_it_is_read(
        self, log: Path, upload: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source = LogSource(upload(log), {})

        def cut(*_: object, **__: object) -> object:
            raise OSError("AWS Error NETWORK_CONNECTION during GetObject operation: curlCode: 56")

        monkeypatch.setattr(source, "_pieces", lambda *_, **__: [SimpleNamespace(path="b/x", to_batches=cut)])
        with pytest.raises(DataError, match=r"no answer for s3:.*: check the network"):
            list(source.chunks(["user"]))

    @pytest.mark.parametrize("url", ["nothing://bucket/x", "ftp://host/x"])
    def test_a_store_that_nobody_knows(self, url: str) -> None:
        with pytest.raises(ThreefoldError, match="a store that Arrow reads"):
            find_files(url)


def rows_with(url: str, types: dict[str, pa.DataType]) -> list[pa.RecordBatch]:
    source = LogSource(url, types)
    return list(source.chunks(source.dataset.schema.names))


class TestWildcards:
    @pytest.mark.parametrize(
        "pattern", ["*", "*.parquet", "a/*", "*/*.parquet", "**", "**/*.parquet", "a/**/x*", "a/[xy].*", "?/?"]
    )
    def test_they_mean_what_they_mean_on_disk(self, tmp_path: Path, pattern: str) -> None:
        names = ["x.parquet", "a/x.parquet", "a/y.csv", "a/b/x.parquet", "a/b/c/x.csv", "b/x", "ab/x.parquet"]
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        found = glob_files(tmp_path, pattern)
        assert [name for name in sorted(names) if matches(name, pattern)] == found

    def test_the_fixed_part_is_above_the_first_wildcard(self) -> None:
        assert [fixed_part(each) for each in ("a/b/*.csv", "*.csv", "/*", "/a/**", "a/b")] == [
            "a/b",
            "",
            "/",
            "/a",
            "a/b",
        ]


def glob_files(folder: Path, pattern: str) -> list[str]:
    found = glob.glob(pattern, root_dir=folder, recursive=True)  # noqa: PTH207 - what is compared with
    return sorted(each for each in found if (folder / each).is_file())
