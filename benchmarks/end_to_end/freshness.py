"""How good a version is on a day that it has not seen."""

from pathlib import Path

import pyarrow.dataset as ds

from models.checkpoint import load_checkpoint
from training.data.reader import LogReader, csv_types
from training.data.source import LogSource
from training.data.windows import Window
from training.evaluation.by_kind import task_metrics
from training.evaluation.scored import score_window

LOSSES = {"binary": "normalised_entropy", "duration": "deviance", "regression": "rmse", "value": "deviance"}


def losses(version: Path, day: Path) -> dict[str, float]:
    """By head, the loss on a day's rows: normalised entropy, or a duration's deviance; lower is better."""
    predictor, _ = load_checkpoint(version)
    reader = LogReader(LogSource(str(day), csv_types(predictor.config), 65_536), predictor.config)
    scored = score_window(predictor, reader, Window(day.name, ds.scalar(True), day.name, 0))
    found = {}
    for task in predictor.config.tasks:
        value = task_metrics(task, scored.observed(task)).get(LOSSES[task.kind])
        if value is not None:
            found[task.name] = value
    return found
