"""The cache of a log: fitted and encoded once, never stale, never torn, and the same as without it."""

import io
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console

from models.encoder_files import ENCODER_FILES
from models.errors import ConfigError, DataError
from tests.training.small import FEATURES, TASKS, config, frame, write_days
from tests.training.test_batches import assert_same
from training.cache import build, log
from training.cache.fingerprint import fingerprint
from training.cache.locks import FileLock
from training.cache.pruning import lock_of
from training.config import Config
from training.data.batches import TrainingBatch
from training.data.reader import open_log
from training.pipeline import Prepared, prepare

TRAINING = {"batch_size": 16, "max_epochs": 1, "num_threads": 1}
PAST = [{"of": ["user"], "smoothing": 2}]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a cache that nobody else uses."""
    monkeypatch.delenv("THREEFOLD_CACHE")
    return tmp_path / "cache"


@pytest.fixture
def made(tmp_path: Path, folder: Path) -> Config:
    return configured(write_days(tmp_path / "log", frame()), folder)


def configured(path: Path, folder: Path, cache: dict[str, Any] | None = None, **changes: Any) -> Config:
    settings = config(path, training=TRAINING, past_rates=PAST).model_dump()
    settings["data"]["cache"] = {"folder": str(folder), "block_rows": 16, **(cache or {})}
    return Config.model_validate({**settings, **changes})


def prepared(of: Config) -> tuple[Prepared, str]:
    """With what was said."""
    said = io.StringIO()
    return prepare(of, Console(file=said, width=500)), said.getvalue()


def batches(of: Prepared, epochs: int = 2) -> list[TrainingBatch]:
    return [batch for epoch in range(epochs) for batch in of.stream().epoch(epoch)]


def assert_same_run(one: Prepared, other: Prepared) -> None:
    assert one.data.statistics == other.data.statistics
    assert one.data.null_shares == other.data.null_shares
    assert one.data.encoder.num_rows == other.data.encoder.num_rows
    for name in ("train", "validation", "test"):
        mine, its = getattr(one.windows, name), getattr(other.windows, name)
        assert (mine.described, mine.num_rows, mine.where.equals(its.where)) == (its.described, its.num_rows, True)
    assert one.windows.days_without_rows == other.windows.days_without_rows
    assert_same(one.validation(), other.validation())
    for mine_batch, its_batch in zip(batches(one), batches(other), strict=True):
        assert_same(mine_batch, its_batch)


def entries(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "locks")


def flip(file: Path) -> None:
    held = bytearray(file.read_bytes())
    held[len(held) // 2] ^= 1
    file.write_bytes(held)


class TestSecondRun:
    def test_it_neither_fits_nor_encodes_nor_reads_and_is_the_same(
        self, made: Config, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, said = prepared(made)
        assert "fitted and encoded before" not in said
        monkeypatch.setattr(log, "write_entry", None)
        monkeypatch.setattr(type(first.reader), "chunks", None)
        monkeypatch.setattr(type(first.reader.source), "chunks", None)
        second, said = prepared(made)
        assert said.count("fitted and encoded before: 100 rows are taken from") == 1
        assert_same_run(first, second)

    def test_rows_that_are_not_kept_are_the_same_and_leave_nothing(
        self, made: Config, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "temporary").mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
        data = made.data.model_copy(update={"cache": made.data.cache.model_copy(update={"enabled": False})})
        without = prepared(made.model_copy(update={"data": data}))[0]
        assert not folder.exists()
        assert list((tmp_path / "temporary").iterdir()) == []
        assert_same_run(without, prepared(made)[0])

    def test_csv_and_parquet_give_the_same_rows(self, tmp_path: Path, folder: Path, made: Config) -> None:
        log = frame().assign(time=frame().time.dt.tz_localize(None))
        of_csv = prepared(configured(write_days(tmp_path / "csv", log, ".csv"), folder))[0]
        assert len(entries(folder)) == 1
        assert_same_batches(batches(of_csv), batches(prepared(made)[0]))

    def test_the_environment_names_the_folder(self, made: Config, folder: Path, tmp_path: Path) -> None:
        os.environ["THREEFOLD_CACHE"] = str(tmp_path / "other")
        try:
            prepared(made)
        finally:
            del os.environ["THREEFOLD_CACHE"]
        assert not folder.exists()
        assert len(entries(tmp_path / "other")) == 1

    def test_another_sample_of_the_validation_window_is_read_anew(self, made: Config) -> None:
        first = prepared(made)[0]
        changed = first.config.training.model_copy(update={"validation_rows": 10})
        fewer = replace(first, config=first.config.model_copy(update={"training": changed}))
        assert len(fewer.validation()) == 10
        assert len(first.validation()) == 50

    def test_a_folder_that_cannot_be_written_is_named(self, made: Config, folder: Path) -> None:
        folder.write_text("a file")
        with pytest.raises(ConfigError, match=r"`\[data.cache\] folder` can be written.*name another folder"):
            prepared(made)


def assert_same_batches(found: list[TrainingBatch], expected: list[TrainingBatch]) -> None:
    for one, other in zip(found, expected, strict=True):
        assert_same(one, other)


class TestFingerprint:
    @staticmethod
    def of(made: Config, **changes: Any) -> str:
        changed = Config.model_validate({**made.model_dump(), **changes})
        return fingerprint(changed, open_log(changed.data, changed.model_part()))

    @pytest.mark.parametrize(
        "changes",
        [
            {"features": FEATURES[:-1]},
            {"tasks": TASKS[:1]},
            {"tasks": [TASKS[0], {**TASKS[1], "unit": "ms"}]},
            {"past_rates": []},
            {"crosses": [{"name": "both", "of": ["user", "item"]}]},
            {"training": {**TRAINING, "seed": 1}},
            {"training": {**TRAINING, "validation_rows": 10}},
        ],
    )
    def test_what_changes_the_rows_changes_it(self, made: Config, changes: dict[str, Any]) -> None:
        assert self.of(made, **changes) != self.of(made)

    @pytest.mark.parametrize("data", [{"read_rows": 9}, {"split": {"validation": "6h", "test": "1d"}}])
    def test_so_does_how_the_log_is_read(self, made: Config, data: dict[str, Any]) -> None:
        assert self.of(made, data={**made.data.model_dump(), **data}) != self.of(made)

    @pytest.mark.parametrize(
        "changes",
        [
            {"name": "other"},
            {"training": {**TRAINING, "batch_size": 32, "max_epochs": 9}},
            {"model": {"embedding": {"dim": 4}}},
            {"tasks": [{**TASKS[0], "tower": {"widths": [3]}}, {**TASKS[1], "reads": []}]},
        ],
    )
    def test_what_does_not_does_not(self, made: Config, changes: dict[str, Any]) -> None:
        assert self.of(made, **changes) == self.of(made)

    def test_files_count_by_size_and_time(self, made: Config) -> None:
        before = self.of(made)
        file = sorted(Path(made.data.path).rglob("*.parquet"))[0]
        found = file.stat()
        os.utime(file, ns=(found.st_atime_ns, found.st_mtime_ns + 1))
        assert self.of(made) != before
        os.utime(file, ns=(found.st_atime_ns, found.st_mtime_ns))
        assert self.of(made) == before
        file.rename(file.with_name("part-1.parquet"))
        assert self.of(made) != before

    def test_a_log_that_changes_while_it_is_read_is_refused(
        self, made: Config, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_entry = log.write_entry

        def meanwhile(*arguments: Any) -> None:
            write_entry(*arguments)
            write_days(Path(made.data.path), frame(seed=1))

        monkeypatch.setattr(log, "write_entry", meanwhile)
        with pytest.raises(DataError, match=r"while it is read; .*part-0.parquet and 3 more changed"):
            prepared(made)
        assert entries(folder) == []


class TestDamage:
    @pytest.mark.parametrize("file", ["manifest.json", *ENCODER_FILES, "encoder/past_rates.safetensors"])
    @pytest.mark.parametrize("harm", [flip, Path.unlink, lambda file: file.write_bytes(file.read_bytes()[:-3])])
    def test_a_small_file_is_checked_when_it_is_opened(self, made: Config, folder: Path, file: str, harm: Any) -> None:
        whole, _ = prepared(made)
        harm(folder / entries(folder)[0] / file)
        anew, said = prepared(made)
        assert said.count("are damaged (") == 1
        assert "fitted and encoded before" not in said
        assert_same_run(whole, anew)
        assert len(entries(folder)) == 1
        assert "fitted and encoded before" in prepared(made)[1]

    @pytest.mark.parametrize("file", ["train/ids.i4", "train/list0_offsets.i8", "validation/labels.f4"])
    def test_a_torn_file_of_rows_is_seen_when_it_is_opened(self, made: Config, folder: Path, file: str) -> None:
        whole, _ = prepared(made)
        torn = folder / entries(folder)[0] / file
        os.truncate(torn, torn.stat().st_size - 1)
        anew, said = prepared(made)
        assert f"{torn.name} has" in said
        assert_same_run(whole, anew)

    @pytest.mark.parametrize("file", ["train/numerics.f4", "train/list0_values.i4", "validation/ids.i4"])
    def test_an_altered_block_is_never_trained_on(self, made: Config, folder: Path, file: str) -> None:
        whole, _ = prepared(made)
        expected, validation = batches(whole), whole.validation()
        flip(folder / entries(folder)[0] / file)
        said = io.StringIO()
        anew = prepare(made, Console(file=said, width=500))
        assert_same_batches(batches(anew), expected)
        assert_same(anew.validation(), validation)
        assert said.getvalue().count("does not have its checksum): made anew") == 1
        assert entries(folder) == entries(folder)[:1]


class TestBuilding:
    def test_a_kill_leaves_nothing_visible_and_the_next_run_clears_up(self, made: Config, folder: Path) -> None:
        killed = subprocess.run(
            [sys.executable, "-c", KILLED, made.model_dump_json()],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            check=False,
        )
        assert killed.returncode == -signal.SIGKILL
        assert [name[0] for name in entries(folder)] == ["."]
        found, said = prepared(made)
        assert "damaged" not in said
        assert found.data.num_rows == 100
        assert [name[0] == "." for name in entries(folder)] == [False]

    def test_an_error_leaves_nothing(self, made: Config, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def failing(*arguments: Any) -> None:
            raise DataError("a rule")

        monkeypatch.setattr(build, "write_manifest", failing)
        with pytest.raises(DataError, match=r"^a rule$"):
            prepared(made)
        assert entries(folder) == []

    def test_of_two_runs_one_encodes_and_the_other_waits(self, made: Config, monkeypatch: pytest.MonkeyPatch) -> None:
        number, both = [0], threading.Barrier(2)
        write_entry = log.write_entry

        def counted(*arguments: Any) -> None:
            number[0] += 1
            both.wait()  # the other one is on its way
            write_entry(*arguments)

        monkeypatch.setattr(log, "write_entry", counted)
        found: list[Prepared] = []
        runs = [threading.Thread(target=lambda: found.append(prepared(made)[0])) for _ in range(2)]
        runs[0].start()
        both.wait()
        runs[1].start()
        for run in runs:
            run.join()
        assert number == [1]
        assert_same_run(*found)


KILLED = """
import io, os, signal, sys
from rich.console import Console
from training.cache import build
from training.config import Config
from training.pipeline import prepare
build.write_manifest = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)
prepare(Config.model_validate_json(sys.argv[1]), Console(file=io.StringIO()))
"""


class TestSize:
    def test_the_longest_unused_go_and_never_those_in_use(self, made: Config, folder: Path) -> None:
        held = prepared(made)[0]
        names = entries(folder)
        for seed in (1, 2):
            prepared(configured(Path(made.data.path), folder, training={**TRAINING, "seed": seed}))
            names += sorted(set(entries(folder)) - set(names))
        os.utime(folder / names[0], (1, 1))
        os.utime(folder / names[1], (2, 2))
        small = configured(Path(made.data.path), folder, {"max_gib": 0.0}, training={**TRAINING, "seed": 3})
        last = prepared(small)[0]
        left = entries(folder)
        assert names[0] in left
        assert not set(names[1:]) & set(left)
        assert len(left) == 2
        assert len(batches(held)) == len(batches(last))

    def test_an_entry_in_use_is_locked_until_nobody_uses_it(self, made: Config, folder: Path) -> None:
        held = prepared(made)[0]
        lock = FileLock(lock_of(folder / entries(folder)[0], "use"))
        assert not lock.try_alone()
        del held
        assert lock.try_alone()
        lock.release()

    def test_other_things_in_the_folder_stay(self, made: Config, folder: Path) -> None:
        (folder / "compiled").mkdir(parents=True)
        prepared(configured(Path(made.data.path), folder, {"max_gib": 0.0}))
        assert (folder / "compiled").exists()


def test_past_rates_of_training_rows_are_of_their_own_time(made: Config) -> None:
    """Labels of the last day of the window change no row of it: they come too late for all of them."""
    numerics = torch.cat([batch.inputs.numerics for batch in batches(prepared(made)[0], epochs=1)])
    changed = frame()
    late = (changed.time.dt.day == 11).to_numpy()
    write_days(Path(made.data.path), changed.assign(clicked=np.where(late, 1 - changed.clicked, changed.clicked)))
    other = torch.cat([batch.inputs.numerics for batch in batches(prepared(made)[0], epochs=1)])
    assert torch.equal(numerics, other)
    assert numerics[:, -4:].any()
