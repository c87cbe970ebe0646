"""What the report shows of subnets and of what lies between tasks."""

from base64 import b64decode
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.training.test_report import SUBNETS, TASKS, history, reading
from training.history import Alarm, History, Reading
from training.report.between_tasks import between_tasks_pictures
from training.report.curves import Curve
from training.report.figure import Picture
from training.report.noisy import last_values, running_median
from training.report.telemetry import telemetry_pictures


def looked_at(step: int, **changes: Any) -> Reading:
    fall = float(np.exp(-step / 300))
    found = replace(
        reading(step),
        gradient_norms={name: 0.1 + 0.05 * n for n, name in enumerate(SUBNETS)},
        update_ratios={name: 0.003 + 0.02 * fall * n for n, name in enumerate(SUBNETS)},
        pull_shares={"click": 0.2, "dwell": 0.5, "conversion": 0.3},
        cosines={"click / dwell": 0.01, "click / conversion": -0.02, "dwell / conversion": 0.1 * fall},
        norm_ratios={"click / dwell": 0.4, "click / conversion": 2 / 3, "dwell / conversion": 5 / 3},
    )
    return replace(found, **changes)


def run(**changes: Any) -> History:
    return history(readings=[looked_at(step, **changes) for step in range(1, 600, 20)])


def titles(pictures: list[Picture]) -> list[str]:
    return [picture.title for picture in pictures]


def drawn(picture: Picture) -> str:
    return b64decode(picture.source.split(",", 1)[1]).decode("utf-8")


def test_every_reading_has_its_picture_with_words_that_say_what_is_good() -> None:
    pictures = [*telemetry_pictures(run()), *between_tasks_pictures(run(), TASKS)]
    assert titles(pictures) == [
        "Learning rates",
        "Updates",
        "Gradient norms",
        "Dead units",
        "Pull of the tasks",
        "Norm ratios",
        "Agreement of the tasks",
    ]
    for picture in pictures:
        assert "Good: " in picture.shows or "healthy" in picture.shows
        assert drawn(picture).startswith("<?xml")


def test_the_words_name_who_pulls_and_who_lies_apart() -> None:
    pull, ratio, cosine = between_tasks_pictures(run(), TASKS)
    assert pull.found == "At the end: dwell 50%, conversion 30%, click 20%."
    assert ratio.found == "Most unequal: dwell pulls 2.5 times as hard as click at the end."
    assert cosine.found == "Lowest at the end: click / conversion with -0.020."


def test_a_frozen_subnet_and_a_single_task_leave_pictures_out_and_break_nothing() -> None:
    frozen = {**looked_at(1).update_ratios, "shared": 0.0}
    updates = telemetry_pictures(run(update_ratios=frozen))[1]
    assert "At the end weighting" not in updates.found, "a log-variance is no part of the network"
    assert titles(telemetry_pictures(run(update_ratios={}, gradient_norms={}))) == ["Learning rates", "Dead units"]
    assert between_tasks_pictures(run(pull_shares={}, cosines={}, norm_ratios={}), TASKS) == []
    assert between_tasks_pictures(history(readings=[]), TASKS) == []
    alone = history(readings=[looked_at(1)])
    assert len(telemetry_pictures(alone)) + len(between_tasks_pictures(alone, TASKS)) == 7


def test_a_running_median_follows_a_step_and_forgets_a_spike() -> None:
    x = np.arange(100.0)
    spiked = np.where(x == 50, 1e6, np.where(x < 20, 3.0, 1.0))
    middle = running_median(Curve(x, spiked)).y
    assert middle[0] == 3.0
    assert middle[50] == middle[99] == 1.0
    assert set(middle) == {3.0, 1.0}


@pytest.mark.parametrize("num_points", [1, 2, 3, 40])
def test_a_running_median_of_a_constant_is_the_constant(num_points: int) -> None:
    curve = Curve(np.arange(float(num_points)), np.full(num_points, 0.7))
    np.testing.assert_array_equal(running_median(curve).y, curve.y)
    assert last_values({"a": curve}) == {"a": 0.7}


def test_an_alarm_of_any_kind_reads_as_a_sentence_with_its_way_out() -> None:
    alarm = Alarm(41, "shared", "conversion has 0.40% of the pull", "Take another weighting", "starved_task")
    assert str(alarm) == "shared: conversion has 0.40% of the pull (step 41). Take another weighting"
