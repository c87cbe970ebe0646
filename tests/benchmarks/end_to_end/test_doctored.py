"""Faulty candidates are faulty in the way that they are called, and kills are aimed at every stage."""

from pathlib import Path
from random import Random

import pytest

from benchmarks.end_to_end.doctored import miscalibrated, not_a_number, truncated
from benchmarks.end_to_end.faults import Caught, fault_table
from benchmarks.end_to_end.planted import DATA_FAULTS
from benchmarks.end_to_end.retrain_kills import MOMENTS, days
from benchmarks.end_to_end.retraining import HELD, PROMOTED, Retrained
from models.calibration import Platt
from models.checkpoint import load_checkpoint
from models.errors import CheckpointError
from tests.service.tiny import save_tiny
from training.retraining.stage import Stage


def test_a_miscalibrated_version_is_whole_and_says_more_clicks(tmp_path: Path) -> None:
    version = save_tiny(tmp_path)
    before = load_checkpoint(version)[0].calibrations
    miscalibrated(version)
    after = load_checkpoint(version)[0].calibrations
    one, other = before.pop("click"), after.pop("click")
    assert isinstance(one, Platt)
    assert isinstance(other, Platt)
    assert (other.slope, other.intercept) == (one.slope, one.intercept + 0.5)
    assert after == before


def test_weights_that_are_no_numbers_pass_every_checksum(tmp_path: Path) -> None:
    version = save_tiny(tmp_path)
    not_a_number(version)
    with pytest.raises(CheckpointError, match="finite"):
        load_checkpoint(version)


def test_a_truncated_version_fails_its_checksum(tmp_path: Path) -> None:
    version = save_tiny(tmp_path)
    truncated(version)
    with pytest.raises(CheckpointError, match=r"weights\.safetensors"):
        load_checkpoint(version)


def test_a_fault_is_caught_when_it_is_held_for_the_right_reason_alone() -> None:
    (fault,) = (each for each in DATA_FAULTS if each.title == "half the rows missing")
    seen = [
        {"name": name, "field": "hour", "observed": 0.5, "limit": 0.6, "passed": name == "schema"}
        for name in ("schema", "drift", "volume")
    ]
    held = Caught(fault, Retrained(HELD, {"checks": seen}), champion_stays=True)
    assert held.is_right
    assert "`volume` of hour | 0.5 | 0.6 | `drift` of hour" in fault_table([held])[-1]
    for run, stays in (
        (Retrained(HELD, {"checks": seen[:2]}), True),
        (Retrained(PROMOTED, {"checks": seen}), True),
        (Retrained(HELD, {"checks": seen}), False),
    ):
        assert not Caught(fault, run, stays).is_right


def test_kills_are_aimed_at_every_stage_and_each_of_its_moments() -> None:
    aims = [aim for day in days(7, Random(0)) for aim in day.aims]
    # The lock is taken before the first stage is noted: it is met by the kills at random moments.
    assert {aim.stage for aim in aims if aim.stage} == set(Stage) - {Stage.LOCK}
    assert {(aim.stage, aim.moment) for aim in aims if aim.stage} == {
        (stage, moment) for stage in set(Stage) - {Stage.LOCK} for moment in MOMENTS
    }
    assert sum(not aim.stage for aim in aims) == 7
    assert all(day.is_faulty == any(aim.stage == Stage.HOLD for aim in day.aims) for day in days(7, Random(0)))
