"""`threefold train` killed and started again, as a process and as the steps it is made of."""

import io
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console

from models.checkpoint import WEIGHTS
from models.errors import ConfigError
from tests.training.resumed import Stopper, assert_same, left, once, undisturbed
from tests.training.test_commands import ENVIRONMENT, THREEFOLD, toml
from tests.training.worlds import silent, small_config
from training.commands.train import train_command
from training.pipeline import Prepared, fit, prepare, run_prepared
from training.rates.sweep import Sweeper
from training.resume.fingerprint import fingerprint
from training.resume.opening import kept_states


@pytest.fixture(autouse=True)
def states(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("THREEFOLD_STATE", str(tmp_path / "states"))
    return tmp_path / "states"


@pytest.fixture(scope="module")
def log(world: Path) -> Prepared:
    return prepare(small_config(world), silent())


def configured(log: Prepared, **training: Any) -> Prepared:
    settings = {"resume": {"every_steps": 5}, **training}
    return replace(log, config=small_config(log.config.data.path, **settings))


def heard() -> Console:
    """A console of which the test reads what was said."""
    return Console(file=io.StringIO(), width=400)


def text(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@contextmanager
def process(config: Path, output: Path, states: Path) -> Iterator["subprocess.Popen[str]"]:
    """A training that another process makes."""
    command = [THREEFOLD, "train", config, "--output", output]
    environment = {**ENVIRONMENT, "THREEFOLD_STATE": str(states)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as made:
        try:
            yield made
        finally:
            made.kill()


def wait_for_state(process: "subprocess.Popen[str]", states: Path) -> None:
    while not list(states.glob("*/state-*")):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.002)


def weights_of(output: Path) -> bytes:
    (file,) = output.glob(f"*/{WEIGHTS}")
    return file.read_bytes()


def test_a_killed_process_goes_on_and_writes_the_same_weights(world: Path, states: Path, tmp_path: Path) -> None:
    config = toml(tmp_path / "small.toml", world, max_epochs=2, resume={"every_steps": 1})
    with process(config, tmp_path / "killed", states) as killed:
        wait_for_state(killed, states)
        killed.send_signal(signal.SIGSTOP)  # a second one is to come while it is there
        with process(config, tmp_path / "second", states) as second:
            said = second.communicate()[1]
            assert second.returncode == 2
            assert "another is making this very one" in said
        killed.send_signal(signal.SIGKILL)
    with process(config, tmp_path / "killed", states) as resumed:
        said = resumed.communicate()[1]
    assert resumed.returncode == 0, said
    assert "resumed at step " in said
    assert not list(states.iterdir()), "the state of a training whose version is written is removed"
    with process(config, tmp_path / "undisturbed", tmp_path / "other states") as undisturbed:
        said = undisturbed.communicate()[1]
    assert "resumed" not in said
    assert weights_of(tmp_path / "killed") == weights_of(tmp_path / "undisturbed")


def test_a_kill_after_the_training_repeats_only_what_follows_it(log: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = configured(log)
    expected = undisturbed(prepared)
    with monkeypatch.context() as patched, kept_states(prepared, silent(), fresh=False) as keeping:
        patched.setattr("training.pipeline.evaluate", lambda *_: pytest.fail("killed"))
        with pytest.raises(pytest.fail.Exception, match="killed"):
            run_prepared(prepared, silent(), keeping=keeping)
    monkeypatch.setattr("training.trainer.Trainer.step", lambda *_: pytest.fail("a step was made again"))
    console = heard()
    with kept_states(prepared, console, fresh=False) as keeping:
        finished = run_prepared(prepared, console, keeping=keeping)
    assert "the training was over at step" in text(console)
    assert_same(left(finished.trained), expected)
    assert finished.trained.history.seconds > 0


def test_what_optimizers_knew_outlives_the_training_where_later_runs_go_on_with_it(log: Prepared) -> None:
    prepared = configured(log, growth={}, max_steps=4)
    first, again = once(prepared), once(prepared)
    assert first is not None
    assert again is not None
    assert first.optimizer_state is not None
    assert again.optimizer_state is not None
    assert again.optimizer_state.kinds == first.optimizer_state.kinds
    expected, found = first.optimizer_state.values, again.optimizer_state.values
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert len(expected) > 0


def test_seconds_are_the_sum_over_the_processes(log: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    now = {"s": 0.0}

    def tick() -> float:
        now["s"] += 1
        return now["s"]

    prepared = configured(log, resume={"every_steps": 1})
    monkeypatch.setattr("training.trainer.time.monotonic", tick)
    whole = fit(prepared, silent()).history.seconds
    assert once(prepared, Stopper(10)) is None
    now["s"] += 10_000  # between two processes
    trained = once(prepared)
    assert trained is not None
    assert abs(trained.history.seconds - whole) < 100


def test_fresh_forgets_what_an_earlier_process_left(log: Prepared, states: Path) -> None:
    prepared = configured(log)
    assert once(prepared, Stopper(12)) is None
    (own,) = states.iterdir()
    assert list(own.glob("state-*"))
    assert once(prepared, Stopper(3), fresh=True) is None
    assert not list(own.glob("state-*")), "a state is written after five steps"


def test_the_command_has_the_option() -> None:
    assert "fresh" in train_command.__annotations__


class TestRates:
    def test_they_are_found_once(self, log: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
        automatic = {"shared": {"kind": "adamw", "learning_rate": "auto"}}
        prepared = configured(log, optimizers=automatic, max_steps=24)
        expected = undisturbed(prepared)
        assert expected.history["found_rates"]["by_subnet"].keys() == {"shared"}
        assert once(prepared, Stopper(7)) is None
        monkeypatch.setattr(Sweeper, "__init__", lambda *_: pytest.fail("rates were found again"))
        trained = once(prepared)
        assert trained is not None
        assert_same(left(trained), expected)

    def test_a_torn_file_is_as_good_as_none(self, log: Prepared, states: Path) -> None:
        automatic = {"shared": {"kind": "adamw", "learning_rate": "auto"}}
        prepared = configured(log, optimizers=automatic, max_steps=24)
        assert once(prepared, Stopper(3)) is None
        (file,) = states.glob("*/rates.json")
        file.write_bytes(file.read_bytes()[:-20])
        trained = once(prepared)
        assert trained is not None
        assert trained.history.found_rates.num_steps > 0


class TestWhere:
    def test_without_states_nothing_is_written(self, log: Prepared, states: Path) -> None:
        assert once(configured(log, resume={"enabled": False}), Stopper(12)) is None
        assert not states.exists()

    def test_a_folder_that_cannot_be_written_is_told_and_the_training_goes_on(
        self, log: Prepared, states: Path
    ) -> None:
        states.write_text("a file where a folder should be")
        console = heard()
        with kept_states(configured(log), console, fresh=False) as keeping:
            fit(configured(log, max_steps=2), console, keeping=keeping)
        assert "no training states are kept" in text(console)

    def test_a_full_disk_does_not_end_a_training(self, log: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("training.resume.store.save_file", full)
        prepared = configured(log)
        console = heard()
        with kept_states(prepared, console, fresh=False) as keeping:
            trained = fit(prepared, console, keeping=keeping)
        assert text(console).count("no training state could be written") == 1
        assert_same(left(trained), undisturbed(prepared))

    def test_one_process_makes_a_training(self, log: Prepared) -> None:
        prepared = configured(log)
        with (
            kept_states(prepared, silent(), fresh=False),
            pytest.raises(ConfigError, match="wait for it"),
            kept_states(prepared, silent(), fresh=False),
        ):
            pass


class TestFingerprint:
    @pytest.mark.parametrize(
        "change", [{"seed": 1}, {"batch_size": 64}, {"num_threads": 2}, {"weighting": {"kind": "fixed"}}]
    )
    def test_what_decides_the_weights_changes_it(self, log: Prepared, change: dict[str, Any]) -> None:
        assert fingerprint(configured(log, **change)) != fingerprint(configured(log))

    def test_the_number_of_threads_counts_where_none_is_configured(
        self, log: Prepared, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        prepared = configured(log, num_threads=None)
        before = fingerprint(prepared)
        monkeypatch.setattr(torch, "get_num_threads", lambda: 64)
        assert fingerprint(prepared) != before

    def test_another_log_changes_it(self, log: Prepared, world: Path, tmp_path: Path) -> None:
        before = fingerprint(log)
        copied = shutil.copytree(world, tmp_path / "log")
        assert fingerprint(prepare(small_config(copied), silent())) != before

    def test_where_and_how_often_states_are_kept_does_not(self, log: Prepared, tmp_path: Path) -> None:
        elsewhere = {"folder": str(tmp_path), "every_minutes": 1, "every_steps": 7, "keep_days": 1, "keep_gib": 1}
        assert fingerprint(configured(log, resume=elsewhere)) == fingerprint(configured(log))
