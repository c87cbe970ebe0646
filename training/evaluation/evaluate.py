"""All numbers of a window: each head against the base rate, by slice, and against the truth where it is known."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from models.errors import DataError
from models.heads import LabelStatistics, Task
from models.predictor import Predictor
from training.config import EvaluationConfig
from training.data.reader import LogReader
from training.data.source import LogSource
from training.data.windows import Window
from training.evaluation.by_kind import Metrics, base_metrics, captured_metrics, task_metrics
from training.evaluation.scored import Scored, score_window
from training.evaluation.unobserved import unobserved_metrics
from training.evaluation.unseen import unseen_metrics

NUM_SLICES = 12
MIN_SLICE_ROWS = 100


@dataclass(frozen=True)
class TaskEvaluation:
    """What was measured of one task.

    Attributes:
        kind: binary, duration, regression or value.
        num_observed: rows in which its label counts.
        metrics: of the model.
        base: of always predicting the training window's rate or mean.
        slices: by column, by value, the model's metrics.
        unseen: by feature, the model's metrics for rows whose value is `known` to it and whose value is `new`.
    """

    kind: str
    num_observed: int
    metrics: Metrics
    base: Metrics
    slices: dict[str, dict[str, Metrics]] = field(default_factory=dict)
    unseen: dict[str, dict[str, Metrics]] = field(default_factory=dict)


@dataclass(frozen=True)
class Evaluation:
    """What was measured of a window.

    Attributes:
        window: its bounds, for people.
        num_rows: its rows.
        tasks: by task.
    """

    window: str
    num_rows: int
    tasks: dict[str, TaskEvaluation]

    def metrics(self) -> dict[str, Metrics]:
        """The model's metrics by task."""
        return {name: task.metrics for name, task in self.tasks.items()}

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries."""
        return asdict(self)


def evaluate(
    predictor: Predictor,
    statistics: Mapping[str, LabelStatistics],
    reader: LogReader,
    window: Window,
    config: EvaluationConfig,
    truth: Mapping[str, str],
) -> tuple[Evaluation, Scored]:
    """Score a window and measure it.

    Args:
        predictor: the model, as it is served.
        statistics: of each label in the training window; what the base rate knows.
        reader: the log; it may know more tasks than the model has.
        window: which rows.
        config: grouping and slices.
        truth: by label column, the column that holds the truth; empty for a real log.

    Returns:
        The measurements, and the scored rows for pictures.
    """
    true_columns = {t.name: truth[t.label] for t in predictor.config.tasks if t.label in truth}
    groups = [config.group_by] if config.group_by else []
    extra = list(dict.fromkeys([*groups, *config.slice_by, *true_columns.values()]))
    check_extra(reader.source, extra)
    scored = score_window(predictor, reader, window, extra, config.unseen)
    tasks = {
        task.name: _evaluate_task(task, statistics[task.name], scored.observed(task), config, true_columns)
        for task in predictor.config.tasks
    }
    for task in predictor.config.tasks:
        if task.name in true_columns:
            unobserved = unobserved_metrics(task, scored, scored.extra[true_columns[task.name]].to_numpy(np.float64))
            tasks[task.name] = replace(tasks[task.name], metrics=tasks[task.name].metrics | unobserved)
    return Evaluation(window.described, len(scored), tasks), scored


def check_extra(source: LogSource, columns: Sequence[str]) -> None:
    """Refuse columns to group, slice or compare by that the log lacks, or that hold lists.

    Raises:
        DataError: naming them.
    """
    types = source.require(columns)
    nested = [name for name, found in types.items() if pa.types.is_nested(found)]
    if nested:
        raise DataError(
            f"rows are grouped and sliced by single values; found lists in {', '.join(nested)}: name another column "
            f"under [evaluation]"
        )


def _evaluate_task(
    task: Task, statistics: LabelStatistics, scored: Scored, config: EvaluationConfig, truth: Mapping[str, str]
) -> TaskEvaluation:
    metrics = task_metrics(task, scored, config.group_by)
    if task.name in truth and len(scored):
        metrics |= captured_metrics(task, scored, scored.extra[truth[task.name]].to_numpy(np.float64))
    return TaskEvaluation(
        kind=task.kind,
        num_observed=len(scored),
        metrics=metrics,
        base=base_metrics(task, statistics, scored, config.group_by),
        slices={column: _slices(task, scored, column) for column in config.slice_by},
        unseen=unseen_metrics(task, scored, config.unseen),
    )


def _slices(task: Task, scored: Scored, column: str) -> dict[str, Metrics]:
    """Metrics for the most frequent values of a column."""
    values = scored.text(column)
    counts = values.value_counts().head(NUM_SLICES)
    frequent = [str(value) for value, rows in counts.items() if rows >= MIN_SLICE_ROWS]
    slices = {value: scored.rows((values == value).to_numpy(dtype=bool)) for value in frequent}
    return {value: {"num_observed": float(len(rows)), **task_metrics(task, rows)} for value, rows in slices.items()}
