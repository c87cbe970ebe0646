"""How far predictions are off where no label is ever seen, on simulated logs that carry the truth.

A head that learns from clicked rows is asked about all rows, and its label says nothing of the others. A simulated log
knows the true mean of every row, so there the bias can be measured: predicted mean / true mean - 1.
"""

import numpy as np

from models.heads import RegressionTask, Task
from training.evaluation.by_kind import Floats, Metrics
from training.evaluation.scored import Scored


def unobserved_metrics(task: Task, scored: Scored, truth: Floats) -> Metrics:
    """The bias on the rows in which the task's label does not count; empty where it always counts.

    A regression's mean may be zero, so it has no bias as a share of it.

    Args:
        task: what is predicted.
        scored: all rows of a window.
        truth: true probability or mean, [rows].
    """
    unseen = np.isnan(scored.labels[task.name])
    if isinstance(task, RegressionTask) or not unseen.any() or not truth[unseen].any():
        return {}
    predicted = scored.predictions[task.prediction_names[0]][unseen]
    return {"unobserved_bias": float(predicted.mean() / truth[unseen].mean() - 1)}
