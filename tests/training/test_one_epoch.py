"""The collapse that begins with the second pass: named where it is, not named where it is not, and never shipped."""

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from rich.console import Console

from tests.training.planted_ids import IDS, planted_config, write_log
from tests.training.worlds import silent
from training.config import Config
from training.history import History, Validation
from training.pipeline import fit, prepare, run
from training.reporting import METRICS, REPORT, run_files
from training.tally import Mean
from training.telemetry.alarms.one_epoch import DROP, ERRORS, RISE, TIMES, EpochLook, OneEpochRule
from training.telemetry.epochs import EpochWatch

SEEDS = (0, 1, 2)
HEALTHY_START = ((0.97, 0.96), (0.94, 0.94), (0.92, 0.93), (0.91, 0.925))
"""An epoch: training and validation loss at each look."""


def looks(*epochs: Sequence[tuple[float, float]], error: float = 0.002) -> list[EpochLook]:
    found: list[EpochLook] = []
    for epoch, pairs in enumerate(epochs, start=1):
        for training, validation in pairs:
            step = 100 * (len(found) + 1)
            means, losses = {"click": Mean(training, error)}, {"click": validation}
            found.append(EpochLook(epoch, step, means, losses, validation))
    return found


def kinds(history: History) -> list[str]:
    return [alarm.kind for alarm in history.alarms if alarm.kind == OneEpochRule.kind]


def trained(config: Config) -> History:
    return fit(prepare(config, silent()), silent()).history


class TestRule:
    def test_training_down_and_validation_up_at_the_boundary_is_a_collapse(self) -> None:
        finding = OneEpochRule().judge(looks(HEALTHY_START, [(0.85, 0.96)]))
        assert finding is not None
        assert finding.subnet == "embeddings"
        assert "click's training loss fell from 0.910 to 0.850" in finding.evidence
        assert "its validation loss rose from 0.925 to 0.960" in finding.evidence
        assert "max_epochs = 1" in finding.advice
        assert "reset_embeddings" in finding.advice

    def test_what_real_logs_showed_is_a_collapse(self) -> None:
        """Click on KuaiRand by examples/kuairand.toml: four validations of its first epoch, and one more."""
        first = [(0.9641, 0.8988), (0.8677, 0.8641), (0.8457, 0.8550), (0.8430, 0.8503)]
        assert OneEpochRule().judge(looks(first, [(0.7725, 0.8801)], error=0.0035)) is not None

    def test_the_rise_may_come_a_look_later_than_the_drop(self) -> None:
        found = looks(HEALTHY_START, [(0.85, 0.924), (0.82, 0.97)])
        assert OneEpochRule().judge(found[:-1]) is None
        assert OneEpochRule().judge(found) is not None

    def test_the_second_half_of_the_epoch_is_not_right_after_its_boundary(self) -> None:
        found = looks(HEALTHY_START, [(0.85, 0.92), (0.84, 0.92), (0.84, 0.99)])
        assert OneEpochRule().judge(found) is None

    def test_a_later_boundary_is_named_by_its_own_number(self) -> None:
        finding = OneEpochRule().judge(looks(HEALTHY_START, [(0.9, 0.92)] * 4, [(0.7, 0.99)]))
        assert finding is not None
        assert "max_epochs = 2" in finding.advice

    def test_a_collapse_inside_the_first_epoch_has_another_cause(self) -> None:
        assert OneEpochRule().judge(looks([*HEALTHY_START, (0.7, 1.2)])) is None

    @pytest.mark.parametrize(
        "epochs",
        [
            (HEALTHY_START, [(0.85, 0.92)]),
            (HEALTHY_START, [(0.905, 0.97)]),
            ([(0.95, 0.93), (0.92, 0.935), (0.89, 0.945), (0.86, 0.955)], [(0.80, 0.965)]),
            ([(0.95, 0.93), (0.92, 0.93), (0.90, 0.93), (0.82, 0.93)], [(0.745, 0.97)]),
            ([(0.95, 0.93), (0.93, 0.97), (0.92, 0.93), (0.91, 0.93)], [(0.85, 0.96)]),
        ],
        ids=[
            "validation does not rise",
            "training does not drop",
            "validation rises as it did inside the epoch",
            "training falls as it did inside the epoch",
            "validation has always moved as far",
        ],
    )
    def test_half_of_it_and_what_went_on_before_are_no_collapse(
        self, epochs: tuple[Sequence[tuple[float, float]], ...]
    ) -> None:
        assert OneEpochRule().judge(looks(*epochs)) is None

    def test_a_drop_within_the_noise_of_its_batches_is_none(self) -> None:
        found = looks(HEALTHY_START, [(0.85, 0.96)], error=0.02)
        assert OneEpochRule().judge(found) is None

    def test_each_limit_is_where_it_says(self) -> None:
        flat = [(0.9, 0.9)] * 4
        least = max(DROP * 0.1, ERRORS * 0.002 * 2**0.5)
        assert OneEpochRule().judge(looks(flat, [(0.9 - 1.01 * least, 0.9 + 1.01 * RISE * 0.1)])) is not None
        assert OneEpochRule().judge(looks(flat, [(0.9 - 0.99 * least, 0.9 + 1.01 * RISE * 0.1)])) is None
        assert OneEpochRule().judge(looks(flat, [(0.9 - 1.01 * least, 0.9 + 0.99 * RISE * 0.1)])) is None
        wave = [(0.9, 0.9), (0.9, 0.91), (0.9, 0.9), (0.9, 0.91)]
        assert OneEpochRule().judge(looks(wave, [(0.8, 0.91 + 0.99 * TIMES * 0.01)])) is None
        assert OneEpochRule().judge(looks(wave, [(0.8, 0.91 + 1.01 * TIMES * 0.01)])) is not None

    def test_the_best_model_so_far_has_not_collapsed(self) -> None:
        both = [
            replace(look, validation={**look.validation, "dwell": 0.9}, score=score)
            for look, score in zip(looks(HEALTHY_START, [(0.85, 0.96)]), (0.95, 0.94, 0.93, 0.92, 0.91), strict=True)
        ]
        assert OneEpochRule().judge(both) is None


def test_training_losses_of_two_epochs_are_never_averaged() -> None:
    watch = EpochWatch(validate_every=4)
    for loss in (0.9, 0.9, 0.9, 0.9):
        watch.add({"click": torch.tensor(loss)})
    watch.alarms(Validation(4, 4, {"click": 0.9}, 0.9, is_best=True))
    watch.add({"click": torch.tensor(50.0)})  # the epoch's last step
    watch.ended()
    for loss in (0.5, 0.5, 0.5):
        watch.add({"click": torch.tensor(loss)})
    (alarm,) = watch.alarms(Validation(8, 8, {"click": 1.0}, 1.0, is_best=False))
    assert "fell from 0.900 to 0.500" in alarm.evidence


@pytest.mark.parametrize("seed", SEEDS)
class TestPlanted:
    def test_many_ids_with_few_rows_collapse_and_the_alarm_names_it(self, tmp_path: Path, seed: int) -> None:
        history = trained(planted_config(write_log(tmp_path / "log", seed), seed=seed, max_epochs=2))
        assert kinds(history) == ["one_epoch"]
        (alarm,) = [alarm for alarm in history.alarms if alarm.kind == "one_epoch"]
        assert history.epoch_ends[0] < alarm.step <= history.epoch_ends[1]
        assert "click's training loss fell" in alarm.evidence
        assert "max_epochs = 1" in alarm.advice
        best = min(history.validations, key=lambda looked: looked.score)
        assert best.step < alarm.step, "what came after the collapse is never better"

    def test_without_ids_several_epochs_are_healthy(self, tmp_path: Path, seed: int) -> None:
        history = trained(planted_config(write_log(tmp_path / "log", seed), ids=(), seed=seed))
        assert kinds(history) == []
        assert history.validations[-1].score < history.validations[3].score, "later epochs still help"

    def test_ids_with_many_rows_each_are_healthy(self, tmp_path: Path, seed: int) -> None:
        log = write_log(tmp_path / "log", seed, num_ids=60)
        assert kinds(trained(planted_config(log, seed=seed, max_epochs=2))) == []


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_log(tmp_path_factory.mktemp("planted") / "log", 0)


def test_stop_ends_the_run_with_the_weights_from_before(log: Path) -> None:
    going, stopped = (
        fit(prepare(planted_config(log, on_collapse=mode), silent()), silent()) for mode in ("go_on", "stop")
    )
    assert stopped.history.num_steps < going.history.num_steps
    assert "collapse" in stopped.history.stopped_because
    assert stopped.history.validations[-1].step == stopped.history.alarms[-1].step
    kept, expected = (found.predictor.network.state_dict() for found in (stopped, going))
    assert all(bool((kept[name] == expected[name]).all()) for name in expected), "both keep the best validation's"


def test_the_collapse_is_in_the_terminal_the_report_and_the_numbers(log: Path) -> None:
    text = io.StringIO()
    finished = run(planted_config(log, ids=IDS, max_epochs=2), Console(file=text, width=500))
    assert "one-epoch collapse" in text.getvalue()
    files = run_files(finished, "")
    assert "one-epoch collapse" in files[REPORT]
    numbers = json.loads(files[METRICS])["history"]
    assert [alarm["kind"] for alarm in numbers["alarms"]] == ["one_epoch"]
    assert numbers["epoch_ends"] == finished.trained.history.epoch_ends
    assert len(numbers["epoch_ends"]) == 2
