"""What is compared of a task between two precisions: its order, its loss and its level, each in its own way.

`task_metrics` has the numbers; here is which of them count, and what of a difference is worse.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from models.verdicts import Judged
from training.evaluation.by_kind import Metrics
from training.inference.config import InferenceConfig


@dataclass(frozen=True)
class Measure:
    """A metric, and by how much one value of it is worse than another.

    Attributes:
        metric: of `task_metrics`.
        worse_by: of (exact, reduced, metrics in float32).
        limit: which setting bounds it.
    """

    metric: str
    worse_by: Callable[[float, float, Metrics], float]
    limit: str


def _lower(exact: float, reduced: float, _: Metrics) -> float:
    return exact - reduced


def _higher_in_parts(exact: float, reduced: float, _: Metrics) -> float:
    return (reduced - exact) / exact if exact > 0 else reduced - exact


def _higher(exact: float, reduced: float, _: Metrics) -> float:
    return reduced - exact


def _moved(exact: float, reduced: float, _: Metrics) -> float:
    return abs(reduced - exact)


def _moved_in_deviations(exact: float, reduced: float, metrics: Metrics) -> float:
    return abs(reduced - exact) / (metrics["standard_deviation"] or 1.0)


ORDER, LOSS, LEVEL = "max_auc_loss", "max_loss_increase", "max_calibration_shift"
MEASURES: dict[str, tuple[Measure, ...]] = {
    "binary": (
        Measure("auc", _lower, ORDER),
        Measure("log_loss", _higher_in_parts, LOSS),
        Measure("predicted_over_observed", _moved, LEVEL),
    ),
    "duration": (
        Measure("xauc", _lower, ORDER),
        Measure("rmse_log1p", _higher_in_parts, LOSS),
        Measure("deviance", _higher, LOSS),  # it has no zero of its own: a difference of it is a part of a duration
        Measure("predicted_over_observed", _moved, LEVEL),
        Measure("coverage", _moved, LEVEL),
    ),
    "regression": (
        Measure("xauc", _lower, ORDER),
        Measure("rmse", _higher_in_parts, LOSS),
        Measure("bias", _moved_in_deviations, LEVEL),
    ),
    "value": (
        Measure("normalised_gini", _lower, ORDER),
        Measure("probability_auc", _lower, ORDER),
        Measure("deviance_left", _higher_in_parts, LOSS),
        Measure("predicted_over_observed", _moved, LEVEL),
        Measure("probability_over_observed", _moved, LEVEL),
    ),
}
"""By kind of task. Every field of an answer is in one of them."""


def judged(kind: str, exact: Metrics, reduced: Metrics, limits: InferenceConfig) -> Iterator[Judged]:
    """The measures of a task that both precisions have; a duration without an interval has no coverage."""
    for measure in MEASURES[kind]:
        before, after = exact.get(measure.metric), reduced.get(measure.metric)
        if before is not None and after is not None:
            yield Judged(
                measure=measure.metric,
                exact=before,
                reduced=after,
                worse_by=measure.worse_by(before, after, exact),
                limit=getattr(limits, measure.limit),
            )
