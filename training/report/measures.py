"""Which numbers of a head are shown, in which order, and which way is better."""

import math
from dataclasses import dataclass
from typing import Literal

Goal = Literal["higher", "lower", "one"]
GOAL_TEXTS: dict[Goal, str] = {"higher": "higher is better", "lower": "lower is better", "one": "1 is right"}


@dataclass(frozen=True)
class Measure:
    """One number of a head.

    Attributes:
        key: its name in the evaluation.
        title: its name on the page.
        decimals: digits shown.
        goal: which way is better.
        meaning: for the glossary.
        unit: follows the number.
    """

    key: str
    title: str
    decimals: int
    goal: Goal
    meaning: str
    unit: str = ""

    def text(self, value: float | None) -> str:
        """The value for people; a dash where there is none."""
        return "-" if finite(value) is None else f"{value:,.{self.decimals}f}{self.unit}"

    def verdict(self, model: float | None, base: float | None) -> Literal["better", "worse", "same", ""]:
        """How the model compares with the base rate, as far as the digits shown can tell."""
        if model is None or base is None or finite(model) is None or finite(base) is None:
            return ""
        if self.text(model) == self.text(base):
            return "same"
        if self.goal == "one":
            return "better" if _distance(model) < _distance(base) else "worse"
        return "better" if (model > base) == (self.goal == "higher") else "worse"


def finite(value: float | None) -> float | None:
    """The value, or None where it is no number to show."""
    return value if value is not None and math.isfinite(value) else None


def _distance(ratio: float) -> float:
    """From 1, so that twice as much is as far as half."""
    return abs(math.log(ratio)) if ratio > 0 else math.inf


RATIO = Measure(
    "predicted_over_observed", "Predicted / observed", 3, "one",
    "The total that was predicted over the total that happened. 1.05 is 5% too much.",
)  # fmt: skip
BINARY = (
    Measure(
        "auc", "AUC", 4, "higher",
        "Share of pairs of one positive and one negative row that are in the right order. 0.5 is chance.",
    ),
    Measure(
        "gauc", "GAUC", 4, "higher",
        "AUC inside each group, say each user, weighted by the group's rows: what ranking for one user is worth.",
    ),
    Measure("log_loss", "Log loss", 4, "lower", "Mean surprise at what happened, in nats. Sees order and level."),
    Measure(
        "normalised_entropy", "Normalised entropy", 4, "lower",
        "Log loss over that of knowing the window's own rate and nothing else. 0.86: 14% of the uncertainty is gone.",
    ),
    RATIO,
    Measure(
        "expected_calibration_error", "Calibration error (ECE)", 5, "lower",
        "Mean distance between predicted and observed rate over 20 bins of equal size. A constant may score well.",
    ),
)  # fmt: skip
DURATION = (
    Measure(
        "mae_seconds", "MAE", 2, "lower",
        "Mean distance between the predicted median and the duration, in seconds.", unit=" s",
    ),
    Measure(
        "rmse_log1p", "RMSE of log(1+s)", 4, "lower",
        "Root of the mean squared error of log(1 + seconds), by the predicted median: errors count as ratios.",
    ),
    Measure(
        "xauc", "XAUC", 4, "higher",
        "Share of pairs of rows with different durations that are in the right order. 0.5 is chance.",
    ),
    RATIO,
    Measure(
        "deviance", "Deviance", 4, "lower",
        "Mean of log(mean) + seconds / mean: smallest at the true mean. Only differences mean something.",
    ),
)  # fmt: skip
MEASURES = {"binary": BINARY, "duration": DURATION}
