"""Written whole or not there: nothing visible before the end, nothing left after a failure."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from models.atomic import check_writable, whole_file, whole_folder
from models.errors import ConfigError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fail(file: Path, error: BaseException) -> None:
    file.write_text("half")
    raise error


class TestFile:
    def test_it_appears_at_the_end_and_not_before(self, tmp_path: Path) -> None:
        target = tmp_path / "new" / "scores.parquet"
        with whole_file(target) as beside:
            beside.write_text("whole")
            assert not target.exists()
            assert beside.name.startswith(".")
            assert beside.parent == target.parent  # the same file system, or a rename is no rename
        assert target.read_text() == "whole"
        assert names(target.parent) == ["scores.parquet"]

    def test_a_failure_leaves_the_old_one(self, tmp_path: Path) -> None:
        target = tmp_path / "scores.parquet"
        target.write_text("old")
        with pytest.raises(KeyboardInterrupt), whole_file(target) as beside:
            fail(beside, KeyboardInterrupt())
        assert target.read_text() == "old"
        assert names(tmp_path) == ["scores.parquet"]

    def test_it_replaces(self, tmp_path: Path) -> None:
        target = tmp_path / "scores.parquet"
        target.write_text("old")
        with whole_file(target) as beside:
            beside.write_text("new")
        assert target.read_text() == "new"

    def test_two_writers_do_not_meet(self, tmp_path: Path) -> None:
        with whole_file(tmp_path / "a") as one, whole_file(tmp_path / "a") as other:
            assert one != other
            one.write_text("one")
            other.write_text("other")
        assert names(tmp_path) == ["a"]


class TestFolder:
    def test_it_appears_at_the_end_and_not_before(self, tmp_path: Path) -> None:
        target = tmp_path / "versions" / "v1"
        with whole_folder(target) as beside:
            (beside / "deep").mkdir()
            (beside / "deep" / "weights").write_text("whole")
            assert not target.exists()
            assert beside.name.startswith(".")
        assert (target / "deep" / "weights").read_text() == "whole"
        assert names(target.parent) == ["v1"]

    def test_a_failure_leaves_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(SystemExit), whole_folder(tmp_path / "v1") as beside:
            fail(beside / "weights", SystemExit())
        assert names(tmp_path) == []

    def test_what_is_there_is_never_changed(self, tmp_path: Path) -> None:
        (tmp_path / "v1").mkdir()
        (tmp_path / "v1" / "weights").write_text("old")
        with pytest.raises(FileExistsError, match="never changed"), whole_folder(tmp_path / "v1"):
            pytest.fail("the block must not be entered")
        assert (tmp_path / "v1" / "weights").read_text() == "old"
        assert names(tmp_path) == ["v1"]


@pytest.mark.parametrize("writer", ["whole_file", "whole_folder"])
def test_a_killed_writer_leaves_nothing_visible(tmp_path: Path, writer: str) -> None:
    code = f"""
import os, signal, sys
from pathlib import Path
from models.atomic import {writer}
with {writer}(Path(sys.argv[1])) as beside:
    (beside if beside.suffix == ".partial" and not beside.is_dir() else beside / "weights").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    process = subprocess.run([sys.executable, "-c", code, str(tmp_path / "out")], check=False)
    assert process.returncode == -signal.SIGKILL
    left = names(tmp_path)
    assert len(left) == 1  # it was really writing
    assert all(name.startswith(".") for name in left)


@pytest.mark.parametrize("url", ["s3://bucket/out", "gs://bucket/a/out"])
def test_a_url_is_no_local_path_and_makes_no_folder_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for write in (whole_file, whole_folder):
        with pytest.raises(ConfigError, match=rf"written to a local path; found the URL {url}"), write(Path(url)):
            pytest.fail("the block must not be entered")
    with pytest.raises(ConfigError, match=url):
        check_writable(Path(url))
    assert names(tmp_path) == []
