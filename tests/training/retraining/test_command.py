"""`threefold retrain` as a scheduler meets it."""

import json
import multiprocessing
import multiprocessing.synchronize
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from models.cli import build
from models.errors import TrainingError
from tests.training.retraining.nights import Nights
from tests.training.test_commands import written
from training.retraining import retrain as stages
from training.retraining.lock import locked
from training.retraining.outcome import RetrainOutcome
from training.retraining.work import LOCK


def asked(nights: Nights, *options: str) -> Result:
    config = written(nights.home / "nights.toml", nights.config())
    return CliRunner().invoke(build(), ["retrain", str(config), *options])


def test_exit_codes_say_what_became_of_the_night(nights: Nights) -> None:
    assert asked(nights, "--dry-run").exit_code == 0
    promoted = asked(nights, "--json")
    assert promoted.exit_code == 0
    outcome = RetrainOutcome.model_validate_json(promoted.stdout)
    assert outcome.decision == "promoted"
    assert str(outcome.report) in promoted.stderr.replace("\n", "")
    assert asked(nights).exit_code == 11
    nights.write(nights.rows(5)[::3])
    held = asked(nights)
    assert (held.exit_code, held.stdout) == (10, "held\n")
    assert "held by volume" in held.stderr


def test_a_training_that_cannot_go_on_has_failed(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    def diverged(*_: object) -> Path:
        raise TrainingError("a loss is finite; found nan: lower the rate")

    monkeypatch.setattr(stages, "train", diverged)
    done = asked(nights)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "a loss is finite" in done.stderr


def test_another_registry_may_be_named(nights: Nights) -> None:
    done = asked(nights, "--registry", str(nights.home / "other"), "--json")
    assert json.loads(done.stdout)["registry"] == str(nights.home / "other")
    assert not nights.registry.exists()


def test_a_second_process_is_told_of_the_first(nights: Nights) -> None:
    context = multiprocessing.get_context("fork")
    holds, may_end = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(nights.work / LOCK, holds, may_end))
    holder.start()
    assert holds.wait(30)
    second = asked(nights)
    may_end.set()
    holder.join()
    assert (second.exit_code, second.stdout) == (12, "running\n")
    assert f"process {holder.pid} since" in second.stderr
    assert not nights.registry.exists()


def _hold(file: Path, holds: "multiprocessing.synchronize.Event", may_end: "multiprocessing.synchronize.Event") -> None:
    with locked(file):
        holds.set()
        may_end.wait(120)
