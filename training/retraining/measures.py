"""Numbers of candidate and champion side by side."""

from training.evaluation.evaluate import Evaluation
from training.retraining.outcome import Measure
from training.terminal import HEADLINE


def compared(candidate: Evaluation, champion: Evaluation | None) -> tuple[Measure, ...]:
    """Headline numbers of each head of the candidate, in their order; the champion's where it has such a head."""
    found: list[Measure] = []
    for name, task in candidate.tasks.items():
        before = champion.tasks.get(name) if champion else None
        metrics = before.metrics if before is not None and before.kind == task.kind else {}
        found += [
            Measure(task=name, metric=metric, candidate=value, champion=metrics.get(metric))
            for metric in HEADLINE
            if (value := task.metrics.get(metric)) is not None
        ]
    return tuple(found)
