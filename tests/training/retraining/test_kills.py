"""A run that is killed at any stage goes on, and the registry ends as if nothing had happened."""

import json
from typing import Any

import pytest

from models.registry import Registry
from tests.training.retraining.nights import Nights, day
from training.retraining.journal import Journal
from training.retraining.stage import Stage

PROMOTING = [
    Stage.FIND, Stage.CHECK, Stage.TRAIN, Stage.EVALUATE, Stage.GATE, Stage.PUBLISH, Stage.PROMOTE, Stage.PRUNE,
    Stage.REPORT,
]  # fmt: skip
DONE_UNTOLD = [(Stage.TRAIN, "ended"), (Stage.PUBLISH, "ended"), (Stage.PROMOTE, "ended"), (Stage.REPORT, "ended")]


class Killed(BaseException):
    """Nothing that a program would catch."""


def killed(nights: Nights, monkeypatch: pytest.MonkeyPatch, stage: Stage, state: str, **changes: Any) -> None:
    """A night whose process dies as it notes a stage; what it did before stays."""
    note = Journal._note

    def noted(self: Journal, now: Stage, what: str) -> None:
        note(self, now, what)
        if (now, what) == (stage, state):
            raise Killed

    with monkeypatch.context() as killing:
        killing.setattr(Journal, "_note", noted)
        with pytest.raises(Killed):
            nights.retrain(**changes)


@pytest.mark.parametrize(("stage", "state"), [*((stage, "begun") for stage in PROMOTING), *DONE_UNTOLD], ids=str)
def test_a_killed_run_is_promoted_once(
    nights: Nights, monkeypatch: pytest.MonkeyPatch, stage: Stage, state: str
) -> None:
    killed(nights, monkeypatch, stage, state)
    assert json.loads((nights.work / "current.json").read_bytes())["stage"] == stage
    is_over = (stage, state) == (Stage.REPORT, "ended")
    assert nights.retrain().decision == ("nothing_new" if is_over else "promoted")
    assert nights.actions() == ["publish", "promote"]
    registry = Registry(nights.registry)
    assert registry.versions() == [registry.version_of("production")]
    (run,) = (nights.work / "runs").iterdir()
    assert json.loads((run / "outcome.json").read_bytes())["decision"] == "promoted"
    assert (run / "report.html").is_file()
    assert not (run / "candidate").exists()
    assert nights.retrain().decision == "nothing_new"


@pytest.mark.parametrize(
    ("stage", "state"), [(Stage.HOLD, "begun"), (Stage.HOLD, "ended"), (Stage.REPORT, "begun")], ids=str
)
def test_a_killed_run_is_held_once(nights: Nights, monkeypatch: pytest.MonkeyPatch, stage: Stage, state: str) -> None:
    nights.write(nights.rows(4)[:1])
    few = {"checks": {"max_age": "never", "min_volume": 0.5}, "first": "hold"}
    killed(nights, monkeypatch, stage, state, **few)
    assert nights.retrain(**few).decision == "held"
    assert nights.actions() == ["hold"]
    assert nights.retrain(**few).decision == "nothing_new"


def test_a_run_that_was_killed_and_one_that_was_not_train_the_same_weights(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(nights, monkeypatch, Stage.EVALUATE, "begun")
    resumed, weights = nights.retrain(), nights.weights()
    nights.registry, nights.work = nights.home / "other registry", nights.home / "other work"
    undisturbed = nights.retrain()
    assert nights.weights() == weights
    assert (resumed.measures, resumed.why) == (undisturbed.measures, undisturbed.why)


def test_a_run_that_newer_days_overtook_is_left_behind(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    killed(nights, monkeypatch, Stage.EVALUATE, "begun")
    nights.arrive(5)
    outcome = nights.retrain()
    assert (outcome.decision, outcome.test) == ("promoted", (day(5),))
    assert nights.actions() == ["publish", "promote"]


def test_seconds_of_all_processes_are_added_up(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    killed(nights, monkeypatch, Stage.GATE, "begun")
    outcome = nights.retrain()
    assert set(outcome.seconds) == {stage.value for stage in PROMOTING} - {"report"}
