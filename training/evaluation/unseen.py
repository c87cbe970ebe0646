"""Cold start: each task's numbers apart for rows whose id the model knows and for rows whose id is new to it."""

from collections.abc import Sequence

from models.heads import BinaryTask, Task
from training.evaluation.by_kind import Metrics, task_metrics
from training.evaluation.known import KNOWN, NEW
from training.evaluation.scored import Scored

GROUPS = {"known": KNOWN, "new": NEW}
FEWEST_ROWS = 100
"""Rows in which the label counts; below, only their number is told."""
FEWEST_OF_EACH = 20
"""Positives and negatives of a binary label: the AUC of fewer is off by more than 0.06 at one standard error."""


def unseen_metrics(task: Task, scored: Scored, features: Sequence[str]) -> dict[str, dict[str, Metrics]]:
    """By feature, by group: `num_observed`, and the model's metrics where there are rows enough for them.

    Args:
        task: what is predicted.
        scored: rows in which its label counts.
        features: told apart by; rows without a value are in neither group.
    """
    return {
        feature: {
            group: _metrics(task, scored.rows(scored.knowledge[feature] == code)) for group, code in GROUPS.items()
        }
        for feature in features
    }


def _metrics(task: Task, scored: Scored) -> Metrics:
    counted: Metrics = {"num_observed": float(len(scored))}
    return counted | task_metrics(task, scored) if is_enough(task, scored) else counted


def is_enough(task: Task, scored: Scored) -> bool:
    """Whether there are rows enough, and enough of each outcome, for a number that says something."""
    label = scored.labels[task.name]
    if isinstance(task, BinaryTask):
        positives = int((label > 0).sum())
        return len(label) >= FEWEST_ROWS and min(positives, len(label) - positives) >= FEWEST_OF_EACH
    return len(label) >= FEWEST_ROWS
