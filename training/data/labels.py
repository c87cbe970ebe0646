"""Labels of a chunk: checked, in the task's unit, and NaN where nothing was observed."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.errors import DataError
from models.heads import BinaryTask, DurationTask, RegressionTask, Task, ValueTask
from training.data.typed import is_number, numbers

Labels = dict[str, NDArray[np.float64]]
"""By task: 0 or 1, seconds, or a number in the label's unit, [rows]; NaN where the label does not count."""
LARGEST = float(np.finfo(np.float32).max)
"""Batches hold 32-bit floats."""


def check_label_type(task: Task, found: pa.DataType) -> None:
    """Refuse a label column that holds no numbers.

    Raises:
        DataError: naming the task and the type.
    """
    if not is_number(found):
        raise DataError(
            f"a label is a number or null; column '{task.label}' of task '{task.name}' is of type {found}: "
            f"correct the log, or name another column"
        )


def labels(tasks: Sequence[Task], chunk: pa.RecordBatch) -> Labels:
    """Labels of the rows; a label with `observed_when` is NaN unless that task's label is positive.

    Raises:
        DataError: a binary label other than 0 and 1, a duration or a value below zero, or a number that is infinite or
            too large.
    """
    raw = {task.name: _checked(task, numbers(chunk.column(task.label))) for task in tasks}
    return {task.name: _observed(task, raw) for task in tasks}


def _observed(task: Task, raw: Labels) -> NDArray[np.float64]:
    if task.observed_when is None:
        return raw[task.name]
    return np.where(raw[task.observed_when] > 0, raw[task.name], np.nan)


def _checked(task: Task, values: NDArray[np.float64]) -> NDArray[np.float64]:
    present = values[~np.isnan(values)]
    match task:
        case BinaryTask():
            wrong = present[(present != 0) & (present != 1)]
            rule = "a binary label is 0, 1 or null"
        case DurationTask():
            wrong = present[(present < 0) | np.isinf(present)]
            rule = "a duration is zero or more, finite, or null"
        case RegressionTask():
            wrong = present[np.abs(present) > LARGEST]
            rule = f"a regression label is a finite number of at most {LARGEST:.2g}, or null"
        case ValueTask():
            wrong = present[(present < 0) | (present > LARGEST)]
            rule = f"a value is zero or more, at most {LARGEST:.2g}, or null"
    if len(wrong):
        raise DataError(
            f"{rule}; column '{task.label}' of task '{task.name}' holds {wrong[0]:g} "
            f"({len(wrong)} of {len(values)} rows read together): correct the log, or name another column"
        )
    return values * task.seconds_per_unit if isinstance(task, DurationTask) else values
