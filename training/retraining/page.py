"""The page of a run: one HTML file that loads nothing, in the look of the report."""

from dataclasses import dataclass

from training.comparison.words import duration_words
from training.report.template import template
from training.retraining.observation import Observation
from training.retraining.outcome import RetrainOutcome
from training.retraining.sentence import between
from training.terminal import HEADLINE

TEMPLATE = "retrain.html.jinja"


@dataclass(frozen=True)
class Window:
    """A window in the table of partitions."""

    name: str
    partitions: str
    number: int


def render_page(name: str, outcome: RetrainOutcome) -> str:
    """The page as HTML; every name and value of the user's is escaped."""
    return template("training.retraining", TEMPLATE).render(
        name=name,
        outcome=outcome,
        windows=_windows(outcome),
        sections=[("Gates", _failed_first(outcome.gates)), ("Checks", _failed_first(outcome.checks))],
        metric_words=HEADLINE,
        seconds={stage: duration_words(seconds) for stage, seconds in outcome.seconds.items()},
    )


def _windows(outcome: RetrainOutcome) -> list[Window]:
    named = {"train": outcome.train, "validation": outcome.validation, "test": outcome.test, "new": outcome.new}
    return [Window(name, between(values), len(values)) for name, values in named.items() if values]


def _failed_first(observations: tuple[Observation, ...]) -> list[Observation]:
    return sorted(observations, key=lambda each: each.passed)
