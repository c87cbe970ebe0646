"""The pictures of each head."""

from dataclasses import dataclass

import numpy as np

from models.heads import BinaryTask, DurationTask, RegressionTask, Task
from training.report.calibration import mean_picture, rate_picture
from training.report.curves import Floats
from training.report.data import ReportData
from training.report.durations import distribution_picture, spread_picture
from training.report.figure import Picture, colour_of
from training.report.ranking import ranking_pictures
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
    calibration = run.calibrations.get(task.name)
    words = calibration_words(calibration) if calibration is not None else ""
    return HeadSection(task, colour, words, pictures, missing)


def _pictures(task: Task, label: Floats, predictions: list[Floats], colour: str) -> tuple[list[Picture], str]:
    if len(label) < MIN_ROWS:
        return [], f"The test window has {len(label)} rows in which this label counts: there is nothing to draw."
    match task:
        case BinaryTask():
            pictures = [rate_picture(label, predictions[0], colour), *ranking_pictures(label, predictions[0], colour)]
            only_one = "Only one outcome occurs in the test window, so there is no order to draw."
            return pictures, "" if len(pictures) > 1 else only_one
        case DurationTask():
            mean, median = predictions
            return _duration_pictures(label, mean, median, colour), ""
        case RegressionTask():
            return value_pictures(label, predictions[0], colour), ""


def _duration_pictures(label: Floats, mean: Floats, median: Floats, colour: str) -> list[Picture]:
    return [
        mean_picture(label, mean, colour),
        spread_picture(label, median, colour),
        distribution_picture(label, mean, median, colour),
    ]
