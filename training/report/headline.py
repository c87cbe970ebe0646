"""Each head against always predicting the base rate, and against the truth where it is known."""

from dataclasses import dataclass

from models.heads import BinaryTask, DurationTask, RegressionTask, Task, ValueTask
from training.evaluation.evaluate import TaskEvaluation
from training.report.coverage import coverage_words
from training.report.data import ReportData
from training.report.figure import colour_of
from training.report.measures import MEASURES, Measure, finite
from training.report.words import (
    base_words,
    binary_sentence,
    duration_sentence,
    regression_sentence,
    value_sentence,
)

ORACLES = {
    "oracle_normalised_entropy": "normalised entropy",
    "oracle_deviance": "deviance",
    "oracle_r2": "an R squared of",
    "oracle_deviance_left": "a share of the deviance left of",
}
"""By what the truth itself was measured, in words."""


@dataclass(frozen=True)
class Line:
    """One number of the model beside the base rate's."""

    measure: Measure
    model: float | None
    base: float | None

    @property
    def verdict(self) -> str:
        """Better, worse or same; empty where they cannot be compared."""
        return self.measure.verdict(self.model, self.base)


@dataclass(frozen=True)
class Known:
    """How much of what can be known a head knows.

    Attributes:
        share: captured share; the truth has 1, the base rate 0.
        text: in words.
    """

    share: float
    text: str

    @property
    def bar_percent(self) -> float:
        """Length of the bar."""
        return round(100 * min(max(self.share, 0.0), 1.0), 2)


@dataclass(frozen=True)
class Headline:
    """What the first look at a head tells."""

    task: Task
    colour: str
    sentence: str
    num_observed: int
    base: str
    lines: list[Line]
    known: Known | None


def headlines(run: ReportData) -> list[Headline]:
    """One a task, in the order of the configuration."""
    return [
        Headline(
            task=task,
            colour=colour_of(index),
            sentence=_sentence(task, run.measured(task)),
            num_observed=run.measured(task).num_observed,
            base=base_words(run.statistics[task.name], run.measured(task).metrics),
            lines=_lines(run.measured(task)),
            known=_known(run.measured(task)),
        )
        for index, task in enumerate(run.model.tasks)
    ]


def _sentence(task: Task, measured: TaskEvaluation) -> str:
    if measured.num_observed == 0:
        return "The test window has no row in which its label counts: nothing can be said."
    match task:
        case BinaryTask():
            return binary_sentence(measured.metrics)
        case DurationTask():
            sentence, inside = duration_sentence(measured.metrics, measured.base), measured.metrics.get("coverage")
            if inside is None or task.coverage is None:
                return sentence
            return f"{sentence} {coverage_words(inside, measured.num_observed, task.coverage)}"
        case RegressionTask():
            return regression_sentence(measured.metrics, measured.base)
        case ValueTask():
            return value_sentence(measured.metrics)


def _lines(measured: TaskEvaluation) -> list[Line]:
    if measured.num_observed == 0:
        return []
    return [
        Line(measure, finite(measured.metrics[measure.key]), finite(measured.base.get(measure.key)))
        for measure in MEASURES[measured.kind]
        if measure.key in measured.metrics
    ]


def _known(measured: TaskEvaluation) -> Known | None:
    share = finite(measured.metrics.get("captured"))
    if share is None:
        return None
    found = ((words, measured.metrics.get(key)) for key, words in ORACLES.items())
    truth = [f"; the truth would have {words} {value:.4f}" for words, value in found if value is not None]
    return Known(share, f"Captured {share:.0%} of what can be known{''.join(truth)}.")
