"""The pictures of each head."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.heads import BinaryTask, DurationTask, RegressionTask, Task, ValueTask
from training.report.amounts import amount_pictures
from training.report.calibration import mean_picture, rate_picture
from training.report.coverage import coverage_picture
from training.report.curves import Floats
from training.report.data import ReportData
from training.report.durations import distribution_picture, spread_picture
from training.report.figure import Picture, colour_of
from training.report.ranking import ranking_pictures
from training.report.reliability import reliability_by_value
from training.report.values import value_pictures
from training.report.words import calibration_words

MIN_ROWS = 2


@dataclass(frozen=True)
class HeadSection:
    """One head: its pictures, or why there are none."""

    task: Task
    colour: str
    calibration: str
    pictures: list[Picture]
    missing: str


def head_sections(run: ReportData) -> list[HeadSection]:
    """One a task, in the order of the configuration."""
    return [_section(run, task, colour_of(index)) for index, task in enumerate(run.model.tasks)]


def _section(run: ReportData, task: Task, colour: str) -> HeadSection:
    label = run.scored.labels[task.name]
    seen = ~np.isnan(label)
    predictions = [run.scored.predictions[name][seen] for name in task.prediction_names]
    pictures, missing = _pictures(task, label[seen], predictions, colour)
    if isinstance(task, BinaryTask) and pictures:
        pictures += _by_value(run, task, seen, label, colour)
    calibration = run.calibrations.get(task.name)
    words = calibration_words(calibration) if calibration is not None else ""
    return HeadSection(task, colour, words, pictures, missing)


def _by_value(run: ReportData, task: Task, seen: NDArray[np.bool_], label: Floats, colour: str) -> list[Picture]:
    """The calibration in each slice of the test window, by the columns that it was sliced by."""
    probability = run.scored.predictions[task.name][seen]
    return [
        reliability_by_value(label[seen], probability, column, run.scored.text(column)[seen], list(slices), colour)
        for column, slices in run.measured(task).slices.items()
        if slices
    ]


def _pictures(task: Task, label: Floats, predictions: list[Floats], colour: str) -> tuple[list[Picture], str]:
    if len(label) < MIN_ROWS:
        return [], f"The test window has {len(label)} rows in which this label counts: there is nothing to draw."
    match task:
        case BinaryTask():
            pictures = [rate_picture(label, predictions[0], colour), *ranking_pictures(label, predictions[0], colour)]
            only_one = "Only one outcome occurs in the test window, so there is no order to draw."
            return pictures, "" if len(pictures) > 1 else only_one
        case DurationTask():
            return _duration_pictures(label, predictions, task.coverage, colour), ""
        case RegressionTask():
            return value_pictures(label, predictions[0], colour), ""
        case ValueTask():
            return amount_pictures(label, predictions[0], predictions[1], colour), ""


def _duration_pictures(label: Floats, predictions: list[Floats], wanted: float | None, colour: str) -> list[Picture]:
    mean, median, *ends = predictions
    pictures = [
        mean_picture(label, mean, colour),
        spread_picture(label, median, colour),
        distribution_picture(label, mean, median, colour),
    ]
    if wanted is not None:
        pictures.append(coverage_picture(label, ends[0], ends[1], wanted, colour))
    return pictures
