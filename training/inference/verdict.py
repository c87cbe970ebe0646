"""The verdict on a reduced precision, from the predictions of both precisions for the same held-out rows."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.heads import Task
from models.verdicts import Judged, Verdict
from training.evaluation.by_kind import task_metrics
from training.evaluation.scored import Scored
from training.inference.config import InferenceConfig
from training.inference.measures import MEASURES, ORDER, judged

Floats = NDArray[np.float64]
Predicted = Mapping[str, Floats]
"""By field, [rows]."""


def verdict(
    tasks: Sequence[Task], labels: Mapping[str, Floats], exact: Predicted, reduced: Predicted, limits: InferenceConfig
) -> Verdict:
    """Whether the reduced predictions are as good as the exact ones.

    Args:
        tasks: of the model.
        labels: by task, [rows], NaN where the label does not count.
        exact: in float32.
        reduced: of the precision that is judged.
        limits: what may be lost.
    """
    num_rows = len(next(iter(labels.values())))
    if not all(np.isfinite(values).all() for values in reduced.values()):
        return Verdict(passed=False, reason="it predicted NaN or infinity", num_rows=num_rows)
    found: dict[str, tuple[Judged, ...]] = {}
    for task in tasks:
        before, after = (_metrics(task, labels, predicted) for predicted in (exact, reduced))
        found[task.name] = tuple(judged(task.kind, before, after, limits))
        if not _has_order(task, found[task.name]):
            reason = f"the held-out rows have too few different labels to judge {task.name} by"
            return Verdict(passed=False, reason=reason, num_rows=num_rows, tasks=found)
    broken = [(name, each) for name, measures in found.items() for each in measures if not each.passed]
    return Verdict(passed=not broken, reason=_reason(broken), num_rows=num_rows, tasks=found)


def _metrics(task: Task, labels: Mapping[str, Floats], predicted: Predicted) -> dict[str, float | None]:
    scored = Scored(dict(labels), dict(predicted), pd.DataFrame(index=range(len(labels[task.name]))))
    return task_metrics(task, scored.observed(task))


def _has_order(task: Task, found: Sequence[Judged]) -> bool:
    """Whether its order could be measured: where all labels are equal, nothing of a model shows."""
    wanted = {measure.metric for measure in MEASURES[task.kind] if measure.limit == ORDER}
    return wanted <= {each.measure for each in found}


def _reason(broken: Sequence[tuple[str, Judged]]) -> str:
    if not broken:
        return "every measure is within its limit"
    (task, first), more = broken[0], len(broken) - 1
    others = f", and {more} more" if more else ""
    return f"{first.measure} of {task} is worse by {first.worse_by:.2g}, and may be by {first.limit:g}{others}"
